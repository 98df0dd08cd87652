from __future__ import annotations

from typing import Any

import pytest

from driftgate.finding import AttributeChange, DriftClass, Finding, Mark, Severity
from driftgate.remediate.blocks.same_object import pairs, same_object

UNKNOWN, ABSENT = Mark.UNKNOWN, Mark.ABSENT
SAME = [
    pytest.param({}, {}, False, id="nothing-said"),
    pytest.param({"id": "1"}, {"id": UNKNOWN}, False, id="only-unknown"),
    pytest.param({"id": "1", "name": "a"}, {"id": UNKNOWN, "name": "a"}, True, id="equal"),
    pytest.param({"name": "a"}, {"name": "b"}, False, id="another-name"),
    pytest.param({"name": "a", "note": ""}, {"name": "a", "note": None}, True, id="empty-is-null"),
    pytest.param({"name": "a", "on": True}, {"name": "a", "on": False}, False, id="a-flag"),
    pytest.param({"name": "a", "n": 1}, {"name": "a", "n": True}, False, id="one-is-not-true"),
    pytest.param(
        {"name": "a", "r": [{"p": 1, "id": "x"}]}, {"name": "a", "r": [{"p": 1, "id": UNKNOWN}]}, True, id="deep"
    ),
    pytest.param({"name": "a", "r": [{"p": 1}]}, {"name": "a", "r": [{"p": 1}, {"p": 2}]}, False, id="one-more"),
    pytest.param({"name": "a", "tags": {"x": "1"}}, {"name": "a", "tags": {}}, False, id="a-tag-less"),
    pytest.param({"policy": '{"a": [1]}'}, {"policy": '{"a":[1]}'}, True, id="the-same-json"),
    pytest.param({"policy": '{"a": [1]}'}, {"policy": "{"}, False, id="no-json"),
]


@pytest.mark.parametrize(("live", "planned", "expected"), SAME)
def test_what_is_known_has_to_be_equal(live: dict[str, Any], planned: dict[str, Any], expected: bool) -> None:
    assert same_object(live, planned) is expected


def gone(address: str, unit: str = "app", **live: Any) -> Finding:
    return _finding(address, unit, ("delete",), live, live, ABSENT)


def come(address: str, unit: str = "app", **planned: Any) -> Finding:
    return _finding(address, unit, ("create",), ABSENT, ABSENT, {"id": UNKNOWN, **planned})


def _finding(address: str, unit: str, actions: tuple[str, ...], *sides: Any) -> Finding:
    whole = AttributeChange("", DriftClass.PENDING, Severity.NONE, *sides)
    return Finding(unit, "default", address, "box", DriftClass.PENDING, Severity.NONE, (whole,), actions)


PAIRS = [
    pytest.param([], [], [], id="nothing"),
    pytest.param([gone("box.a", name="x")], [], [], id="only-destroyed"),
    pytest.param([gone("box.a", name="x"), come("box.b", name="x")], [("box.a", "box.b")], [], id="renamed"),
    pytest.param([gone("box.a", name="x"), come("box.b", name="y")], [], [], id="another-object"),
    pytest.param([gone("box.a", name="x"), come("box.b", unit="db", name="x")], [], [], id="another-unit"),
    pytest.param(
        [gone("box.a", name="x"), gone("box.c", name="y"), come("box.b", name="y"), come("box.d", name="x")],
        [("box.a", "box.d"), ("box.c", "box.b")],
        [],
        id="two-at-once",
    ),
    pytest.param(
        [gone("box.a", name="x"), come("box.b", name="x"), come("box.c", name="x")],
        [],
        [("box.a", "it could be any of box.b, box.c")],
        id="two-candidates",
    ),
    pytest.param(
        [gone("box.a", name="x"), gone("box.b", name="x"), come("box.c", name="x")],
        [],
        [("box.a", "box.a, box.b could each be box.c"), ("box.b", "box.a, box.b could each be box.c")],
        id="two-rivals",
    ),
    pytest.param([gone("box.a (deposed 1234)", name="x"), come("box.b", name="x")], [], [], id="deposed"),
]


@pytest.mark.parametrize(("findings", "found", "unclear"), PAIRS)
def test_pairs_are_one_to_one_or_named(
    findings: list[Finding], found: list[tuple[str, str]], unclear: list[tuple[str, str]]
) -> None:
    some, others = pairs(findings)

    assert [(pair.old.address, pair.new.address) for pair in some] == found
    assert [(item.finding.address, item.reason) for item in others] == unclear
