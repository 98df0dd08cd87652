from __future__ import annotations

import json
from typing import Any

import pytest
from state.documents import instance, resource, state

from driftgate.state.diff import diff
from driftgate.state.diff_view import diff_tree, redactor_of
from driftgate.state.file import StateFile
from driftgate.state.view import FORMAT_VERSION

OLD, NEW = "correct-horse-battery", "staple-gun-harvester"
MARK = [[{"type": "get_attr", "value": "note"}]]


def tree(before: StateFile | None, after: StateFile | None) -> dict[str, Any]:
    return diff_tree(diff(before, after), redactor_of(before, after))


def test_nothing() -> None:
    found = tree(state(), state(serial=8))
    assert found == {
        "format_version": FORMAT_VERSION,
        "before": {"serial": 7, "lineage": "l", "terraform_version": "1.11.4"},
        "after": {"serial": 8, "lineage": "l", "terraform_version": "1.11.4"},
        "relation": "newer",
        "summary": {"added": 0, "removed": 0, "moved": 0, "replaced": 0, "changed": 0, "outputs": 0},
        "resources": [],
        "outputs": [],
    }


def test_a_resource_in_full() -> None:
    before = state(resource("a", instance("i", tags={"N": "x"})))
    after = state(resource("b", instance("i", tags={"N": "y", "M": "z"}, status="tainted")))
    assert tree(before, after)["resources"] == [
        {
            "address": "aws_x.b",
            "previous_address": "aws_x.a",
            "deposed": None,
            "change": "moved",
            "mode": "managed",
            "type": "aws_x",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "previous_provider": None,
            "id": "i",
            "tainted": True,
            "attributes": [{"path": "tags.M", "after": "z"}, {"path": "tags.N", "before": "x", "after": "y"}],
            "metadata": ["status"],
        }
    ]


def test_a_changed_provider_is_told_from_and_to() -> None:
    [found] = tree(state(resource("a", instance())), state(resource("a", instance(), provider="q")))["resources"]
    assert (found["previous_provider"], found["provider"]) == ('provider["registry.terraform.io/hashicorp/aws"]', "q")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"password": OLD}, {"password": NEW}, ("(sensitive)", "(sensitive, changed)"), id="by name"),
        pytest.param({"password": None}, {"password": NEW}, (None, "(sensitive)"), id="set"),
        pytest.param({"password": OLD}, {}, ("(sensitive)", ...), id="unset"),
        pytest.param({"note": OLD}, {"note": NEW, "sensitive_attributes": MARK}, (OLD, "(sensitive)"), id="marked later"),
        pytest.param({"note": OLD, "sensitive_attributes": MARK}, {"note": NEW, "sensitive_attributes": MARK}, ("(sensitive)", "(sensitive, changed)"), id="marked"),
        pytest.param({"note": {"k": OLD}, "sensitive_attributes": MARK}, {"note": {"k": NEW}, "sensitive_attributes": MARK}, ("(sensitive)", "(sensitive, changed)"), id="in what is marked"),
        pytest.param({"note": [{"password": OLD}, {}]}, {"note": [{"password": NEW}, {}]}, ([{"password": "(sensitive)"}, {}], "(sensitive, changed)"), id="only a secret inside differs"),
    ],
)  # fmt: skip
def test_secrets_are_masked(before: dict[str, Any], after: dict[str, Any], expected: tuple[object, object]) -> None:
    [found] = tree(state(resource("a", instance(**before))), state(resource("a", instance(**after))))["resources"]
    [change] = found["attributes"]
    assert (change.get("before", ...), change.get("after", ...)) == expected


@pytest.mark.parametrize("side", [0, 1], ids=["known from the older", "known from the newer"])
def test_a_secret_is_masked_wherever_it_stands(side: int) -> None:
    secret = resource("secret", instance(password=OLD))
    sides = [
        [resource("a", instance(note="x")), resource("k", instance("2", index_key=OLD))],
        [resource("a", instance(note=f"pw is {OLD}")), resource("k", instance(OLD))],
    ]
    sides[side].append(secret)
    found = tree(*(state(*resources, outputs={OLD: {"value": OLD, "type": "string"}}) for resources in sides))
    assert OLD not in json.dumps(found)
    assert found["summary"]["removed"] + found["summary"]["added"] == 3


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"value": 1}, {"value": 2}, (1, 2, False), id="plain"),
        pytest.param({"value": OLD, "sensitive": True}, {"value": NEW, "sensitive": True}, ("(sensitive)", "(sensitive, changed)", True), id="sensitive"),
        pytest.param({"value": OLD, "sensitive": True}, {"value": OLD}, ("(sensitive)", "(sensitive)", True), id="no longer sensitive"),
        pytest.param(None, {"value": 1}, (..., 1, False), id="added"),
        pytest.param({"value": OLD, "sensitive": True}, None, ("(sensitive)", ..., True), id="removed"),
    ],
)  # fmt: skip
def test_outputs(before: dict[str, Any] | None, after: dict[str, Any] | None, expected: tuple[object, ...]) -> None:
    sides = [state(outputs={} if side is None else {"o": {"type": "dynamic", **side}}) for side in (before, after)]
    [found] = tree(*sides)["outputs"]
    assert (found.get("before", ...), found.get("after", ...), found["sensitive"]) == expected
