"""Nested blocks that a `dynamic` block makes: the element of its collection that has to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import after, lay, traced

from driftgate.remediate.trace.site import CannotTraceError

CODE = """locals {
  rules = [
    { port = 80, open = true },  # web
    { port = 443, open = true }, # tls
  ]
  names = ["a", "b"]
  table = {
    one = { value = "x" }
    two = { value = "y" }
  }
}

resource "aws_x" "a" {
  dynamic "rule" {
    for_each = local.rules
    content {
      port  = rule.value.port
      open  = rule.value.open
      proto = "tcp"
    }
  }

  dynamic "tag" {
    for_each = toset(local.names)
    iterator = t
    content {
      name = t.value
    }
  }

  dynamic "setting" {
    for_each = local.table
    content {
      name  = setting.key
      kind  = "k"
      value = setting.value.value
      inner {
        value = setting.value.value
      }
    }
  }
}
"""


def rule(port: int, *, is_open: bool = True, proto: str = "tcp") -> dict[str, Any]:
    return {"port": port, "open": is_open, "proto": proto}


def setting(name: str, value: str, inner: str = "") -> dict[str, Any]:
    return {"name": name, "kind": "k", "value": value, "inner": [{"value": inner or value}]}


@pytest.mark.parametrize(
    ("path", "live", "old", "new"),
    [
        pytest.param("rule", [rule(80), rule(444)], "port = 443", "port = 444", id="an attribute of an element"),
        pytest.param("rule", [rule(443), rule(80, is_open=False)], "port = 80, open = true },  #", "port = 80, open = false }, #", id="in another order"),
        pytest.param("rule", [rule(443)], "    { port = 80, open = true },  # web\n", "", id="one gone"),
        pytest.param("rule", [rule(80), rule(443), rule(22)], "# tls\n", "# tls\n    {\n      port = 22\n      open = true\n    },\n", id="one more"),
        pytest.param("tag", [{"name": "a"}, {"name": "c"}], '"b"', '"c"', id="element of a set"),
        pytest.param("tag", [{"name": "a"}], '["a", "b"]', '["a"]', id="element of a set gone"),
        pytest.param("setting", [setting("one", "z"), setting("two", "y")], '"x"', '"z"', id="value of a map, in two places"),
        pytest.param("setting", [setting("two", "y")], '    one = { value = "x" }\n', "", id="key of a map gone"),
    ],
)  # fmt: skip
def test_the_element_changes(tmp_path: Path, path: str, live: Any, old: str, new: str) -> None:
    lay(tmp_path, {"main.tf": CODE})

    assert CODE.count(old) == 1
    assert after(traced(tmp_path, "aws_x.a", path, live)) == ("main.tf", CODE.replace(old, new))


@pytest.mark.parametrize(
    ("path", "live", "reason"),
    [
        pytest.param("rule", [rule(80), rule(443), rule(22, proto="udp")], "for `proto` cannot be told", id="a new one that the content cannot make"),
        pytest.param("setting", [setting("one", "x"), setting("two", "y"), setting("new", "q")], "the key of a new setting", id="a new key"),
        pytest.param("setting", [setting("uno", "x"), setting("two", "y")], "another key makes another", id="a key"),
    ],
)  # fmt: skip
def test_what_no_element_can_give_is_left(tmp_path: Path, path: str, live: Any, reason: str) -> None:
    lay(tmp_path, {"main.tf": CODE})

    with pytest.raises(CannotTraceError, match=reason):
        traced(tmp_path, "aws_x.a", path, live)
