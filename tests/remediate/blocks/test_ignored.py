from __future__ import annotations

from pathlib import Path

import pytest
from remediate.repos import lay, unit

from driftgate.attribute_path import read_steps
from driftgate.finding import AttributeChange, DriftClass, Finding, Severity
from driftgate.remediate.blocks.ignored import ignored, reference
from driftgate.remediate.patch import patched
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.report.render import render


def after(root: Path, source: str, *paths: str, address: str = "box.a") -> str:
    lay(root, {"main.tf": source})
    attributes = tuple(AttributeChange(p, DriftClass.REVERTED_BY_APPLY, Severity.LOW, 1, 2, 1) for p in paths)
    finding = Finding(".", "default", address, "box", DriftClass.REVERTED_BY_APPLY, Severity.LOW, attributes)
    item = ignored(finding, unit(root), render)
    assert item.acts == {address: "no-op"}
    return patched([item.change])["main.tf"]


def box(*lines: str) -> str:
    return 'resource "box" "a" {\n' + "".join(f"  {line}\n" if line else "\n" for line in lines) + "}\n"


LIST = ["lifecycle {", "  ignore_changes = [", "    size, # old", "  ]", "}"]
CASES = [
    pytest.param(box("size = 1"), box("size = 1", "", "lifecycle {", "  ignore_changes = [note, size]", "}"), id="new"),
    pytest.param(
        box("lifecycle {", "  prevent_destroy = true", "}"),
        box("lifecycle {", "  prevent_destroy = true", "  ignore_changes  = [note, size]", "}"),
        id="a-lifecycle",
    ),
    pytest.param(
        box("lifecycle {", "  ignore_changes = [zone] # why", "}"),
        box("lifecycle {", "  ignore_changes = [zone, note, size] # why", "}"),
        id="a-list",
    ),
    pytest.param(
        box("lifecycle {", "  ignore_changes = []", "}"),
        box("lifecycle {", "  ignore_changes = [note, size]", "}"),
        id="an-empty-list",
    ),
    pytest.param(
        box("lifecycle {", "  ignore_changes = [", "    zone,", "  ]", "}"),
        box("lifecycle {", "  ignore_changes = [", "    zone,", "    note,", "    size,", "  ]", "}"),
        id="a-list-of-lines",
    ),
    pytest.param(
        box("lifecycle {", "  ignore_changes = [", "    zone", "  ]", "}"),
        box("lifecycle {", "  ignore_changes = [", "    zone,", "    note,", "    size", "  ]", "}"),
        id="without-a-last-comma",
    ),
]


@pytest.mark.parametrize(("before", "expected"), CASES)
def test_the_list_gets_what_drifted(tmp_path: Path, before: str, expected: str) -> None:
    assert after(tmp_path, before, "size", "note") == expected


def test_in_a_local_module(tmp_path: Path) -> None:
    lay(tmp_path, {"m/main.tf": box()})
    source = 'module "m" {\n  source = "./m"\n}\n'
    finding = Finding(".", "default", "module.m.box.a", "box", DriftClass.REVERTED_BY_APPLY, Severity.LOW, (
        AttributeChange("size", DriftClass.REVERTED_BY_APPLY, Severity.LOW, 1, 2, 1),
    ))  # fmt: skip
    lay(tmp_path, {"main.tf": source})

    assert list(patched([ignored(finding, unit(tmp_path), render).change])) == ["m/main.tf"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("size", "size", id="argument"),
        pytest.param("tags.Name", 'tags["Name"]', id="key-of-a-map"),
        pytest.param('tags["a.b"]', 'tags["a.b"]', id="quoted-key"),
        pytest.param("rule[0].port", "rule[0].port", id="argument-of-a-block"),
    ],
)
def test_an_attribute_is_named_as_terraform_wants_it(path: str, expected: str) -> None:
    assert reference(read_steps(path)) == expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param(box("lifecycle {", "  ignore_changes = all", "}"), "ignores every change already", id="all"),
        pytest.param(box("lifecycle {", "  ignore_changes = concat([], [])", "}"), "no list", id="no-list"),
        pytest.param("", "the code has no box.a", id="not-there"),
    ],
)
def test_what_cannot_be_added_to(tmp_path: Path, source: str, why: str) -> None:
    with pytest.raises(CannotTraceError, match=why):
        after(tmp_path, source, "size")


def test_an_object_as_a_whole_cannot_be_ignored(tmp_path: Path) -> None:
    with pytest.raises(CannotTraceError, match="as a whole"):
        after(tmp_path, box(), "")
