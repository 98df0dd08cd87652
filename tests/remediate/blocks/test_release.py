from __future__ import annotations

from pathlib import Path

import pytest
from remediate.repos import lay

from driftgate.discover.repo import Repo
from driftgate.finding import DriftClass, Finding, Severity
from driftgate.remediate.blocks.item import BlockItem
from driftgate.remediate.blocks.release import release
from driftgate.remediate.patch import patched
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.report.render import render

REMOVED = "removed {\n  from = box.a\n\n  lifecycle {\n    destroy = false\n  }\n}\n"
A = '# What a is.\nresource "box" "a" {\n  size = box.a.id\n}\n'
B = 'resource "box" "b" {\n  size = 1\n}\n'


def released(root: Path, address: str = "box.a") -> BlockItem:
    finding = Finding(".", "default", address, "box", DriftClass.REVERTED_BY_APPLY, Severity.LOW)
    return release(finding, Repo(root, {}).module(".", "terraform"), render)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(A, REMOVED, id="alone"),
        pytest.param(f"{A}\n{B}", f"{REMOVED}\n{B}", id="first"),
        pytest.param(f"{B}\n{A}", f"{B}\n{REMOVED}", id="last"),
        pytest.param(f"{B}\n{A}\n{B.replace('b', 'c')}", f"{B}\n{REMOVED}\n{B.replace('b', 'c')}", id="between"),
    ],
)
def test_the_removed_block_stands_where_the_resource_stood(tmp_path: Path, before: str, after: str) -> None:
    lay(tmp_path, {"main.tf": before})

    item = released(tmp_path)

    assert patched([item.change]) == {"main.tf": after}
    assert item.acts == {"box.a": "forget"}


REFUSED = [
    pytest.param({"main.tf": A, "o.tf": 'output "o" {\n  value = "x${box.a.id}"\n}\n'}, "box.a", "box.a is used at o.tf:2:15", id="output"),
    pytest.param({"main.tf": A + 'resource "box" "b" {\n  depends_on = [box.a]\n}\n'}, "box.a", "used at main.tf:6:17", id="depends-on"),
    pytest.param({"main.tf": A + 'locals {\n  x = { for k, v in box.a[*] : k => v }\n}\n'}, "box.a", "used at main.tf:6:21", id="for"),
    pytest.param({"main.tf": A}, 'box.a["k"]', "forgets every instance", id="one-of-many"),
    pytest.param({"main.tf": A}, "module.m.box.a", "in a module", id="in-a-module"),
    pytest.param({"main.tf": B}, "box.a", "no block resource box a", id="not-there"),
    pytest.param({"main.tf": A, "override.tf": 'resource "box" "a" {\n}\n'}, "box.a", "override file sets", id="override"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "address", "why"), REFUSED)
def test_a_block_that_is_needed_stays(tmp_path: Path, files: dict[str, str], address: str, why: str) -> None:
    lay(tmp_path, files)

    with pytest.raises(CannotTraceError, match=why.replace("[", r"\[")):
        released(tmp_path, address)


def test_what_the_code_has_not_any_more_is_kept_from_being_destroyed(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": B})
    finding = Finding(".", "default", "box.a", "box", DriftClass.PENDING, Severity.NONE, actions=("delete",))

    item = release(finding, Repo(tmp_path, {}).module(".", "terraform"), render)

    assert patched([item.change]) == {"main.tf": f"{B}\n{REMOVED}"}
