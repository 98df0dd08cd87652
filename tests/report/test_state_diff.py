from __future__ import annotations

from typing import Any

import pytest
from state.documents import instance, resource, state

from driftgate.report.state_diff import full, headline, summary
from driftgate.state.diff import diff
from driftgate.state.diff_view import diff_tree, redactor_of
from driftgate.state.file import StateFile

OUTPUT = {"value": 1, "type": "number"}
BEFORE = state(
    resource("a", instance("1", tags={"N": "x"}, password="hunter2hunter2", ports=[1, 2])),
    resource("b", instance("2")),
    resource("gone", instance("9")),
    resource("p", instance("p")),
    resource("r", instance("r")),
    resource("t", instance("t", status="tainted")),
    outputs={"o": OUTPUT, "s": OUTPUT},
)
AFTER = state(
    resource("a", instance("1", tags={"N": "y", "M": "x"}, password="hunter3hunter3", ports=[1, 3, 2], status="tainted")),
    resource("c", instance("2", z=1)),
    resource("new", instance("7")),
    resource("p", instance("p", private="eA=="), provider="q"),
    resource("r", instance("s")),
    resource("t", instance("t"), instance("u", deposed="0badc0de")),
    serial=8,
    outputs={"o": {**OUTPUT, "value": 2}, "s": {**OUTPUT, "sensitive": True}, "n": OUTPUT},
)  # fmt: skip


def tree(before: StateFile | None, after: StateFile | None) -> dict[str, Any]:
    return diff_tree(diff(before, after), redactor_of(before, after))


def test_full() -> None:
    assert (
        full(tree(BEFORE, AFTER))
        == """\
serial 7 → 8: 2 added, 1 removed, 1 moved, 1 replaced, 3 changed, 3 outputs
  ~ aws_x.a (tainted)
      password  (sensitive) → (sensitive, changed)
      ports     + 3
      tags.M    (absent) → "x"
      tags.N    "x" → "y"
  → aws_x.c (from aws_x.b)
      z  (absent) → 1
  − aws_x.gone (id 9)
  + aws_x.new (id 7)
  ~ aws_x.p (provider["registry.terraform.io/hashicorp/aws"] → q; private)
  ± aws_x.r
      id  "r" → "s"
  ~ aws_x.t (no longer tainted)
  + aws_x.t (deposed 0badc0de) (id u)
  + output n
  ~ output o
      1 → 2
  ~ output s (only its type or sensitive mark)
"""
    )


def test_summary() -> None:
    assert (
        summary(tree(BEFORE, AFTER), lines=6)
        == """\
serial 7 → 8: 2 added, 1 removed, 1 moved, 1 replaced, 3 changed, 3 outputs
  ~ aws_x.a (tainted; password, ports, tags.M and 1 more)
  → aws_x.c (from aws_x.b; z)
  − aws_x.gone (id 9)
  + aws_x.new (id 7)
  … 7 more
"""
    )


@pytest.mark.parametrize(("changes", "lines"), [(0, 1), (8, 9), (9, 10), (10, 10), (500, 10)])
def test_summary_never_grows_past_its_lines(changes: int, lines: int) -> None:
    added = [resource(f"r{i}", instance(str(i))) for i in range(changes)]
    assert len(summary(tree(state(), state(*added))).splitlines()) == lines


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(BEFORE, BEFORE, "serial 7: no differences", id="the same"),
        pytest.param(state(), state(serial=8), "serial 7 → 8: no differences", id="written again"),
        pytest.param(None, state(resource("a", instance())), "no state → serial 7: 1 added", id="first"),
        pytest.param(state(resource("a", instance())), None, "serial 7 → no state: 1 removed", id="deleted"),
        pytest.param(state(), state(lineage="m", serial=2), "two different states, serial 7 and 2: no differences", id="unrelated"),
    ],
)  # fmt: skip
def test_headline(before: StateFile | None, after: StateFile | None, expected: str) -> None:
    assert headline(tree(before, after)) == expected
    assert full(tree(before, after)).startswith(expected + "\n")


def test_long_values_are_cut_to_the_width_and_addresses_are_not() -> None:
    long = "x" * 300
    before, after = (state(resource(long, instance(note=text * 300, **{"n" * 90: text}))) for text in "ab")
    lines = full(tree(before, after), width=80).splitlines()
    assert lines[1] == f"  ~ aws_x.{long}"
    assert max(map(len, (line for line in lines[2:] if "n" * 90 not in line))) <= 80


def test_color() -> None:
    assert "\x1b[32m+\x1b[0m aws_x.a" in full(tree(state(), state(resource("a", instance()))), color=True)
