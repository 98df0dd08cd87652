from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state.documents import document, instance, resource, state

from driftgate.finding import Mark
from driftgate.state.diff import Change, diff, value_changes
from driftgate.state.file import StateFile
from driftgate.state.parse import parse_state

A = resource("a", instance())
FLAT = {"schema_version": 0, "attributes_flat": {"id": "1"}}


def told(before: StateFile | None, after: StateFile | None) -> list[tuple[str, str, list[str]]]:
    """Each change as its kind, its label and what differs."""
    found = diff(before, after)
    return [
        (str(i.change), i.instance.label, [*(a.path for a in i.attributes), *(f"({m})" for m in i.metadata)])
        for i in found.instances
    ] + [(str(o.change), f"output {o.name}", []) for o in found.outputs]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(state(A), state(A), [], id="nothing"),
        pytest.param(state(A), state(A, serial=8, terraform_version="1.12.0"), [], id="only written again"),
        pytest.param(state(A, resource("b", instance("2"))), state(resource("b", instance("2")), A), [], id="order of resources"),
        pytest.param(state(A), state(resource("a", instance(tags=None))), [], id="null for absent"),
        pytest.param(state(A), state(resource("a", instance(sensitive_attributes=[], dependencies=None))), [], id="nothing marked, spelled otherwise"),
        pytest.param(state(resource("a", instance(index_key=0))), state(resource("a", instance(index_key=0.0))), [], id="0 and 0.0"),
        pytest.param(state(), state(A), [("added", "aws_x.a", [])], id="added"),
        pytest.param(state(A), state(), [("removed", "aws_x.a", [])], id="removed"),
        pytest.param(None, state(A), [("added", "aws_x.a", [])], id="first apply"),
        pytest.param(state(A), None, [("removed", "aws_x.a", [])], id="state deleted"),
        pytest.param(None, None, [], id="no state, twice"),
        pytest.param(state(A), state(resource("a", instance(tags={"N": "x"}))), [("changed", "aws_x.a", ["tags.N"])], id="attribute"),
        pytest.param(state(A), state(resource("a", instance("2"))), [("replaced", "aws_x.a", ["id"])], id="another id"),
        pytest.param(state(A), state(resource("b", instance())), [("moved", "aws_x.b", [])], id="moved"),
        pytest.param(state(A), state(resource("a", instance(), module='module.m["k"]')), [("moved", 'module.m["k"].aws_x.a', [])], id="moved into a module"),
        pytest.param(state(A), state(resource("a", instance(index_key="k", n=1))), [("moved", 'aws_x.a["k"]', ["n"])], id="moved and changed"),
        pytest.param(state(resource("a", {"attributes": {"id": {"n": 1}}})), state(resource("b", {"attributes": {"id": {"n": 1}}})), [("moved", "aws_x.b", [])], id="an id that is no text"),
        pytest.param(state(A), state(resource("b", instance("2"))), [("removed", "aws_x.a", []), ("added", "aws_x.b", [])], id="another object elsewhere"),
        pytest.param(state(A), state(resource("b", instance(), provider="q")), [("removed", "aws_x.a", []), ("added", "aws_x.b", [])], id="the same id under another provider"),
        pytest.param(state(resource("a", instance(index_key=0))), state(resource("a", instance(index_key="0"))), [("moved", 'aws_x.a["0"]', [])], id="key 0 to key '0'"),
        pytest.param(
            state(A), state(resource("b", instance()), resource("c", instance())),
            [("removed", "aws_x.a", []), ("added", "aws_x.b", []), ("added", "aws_x.c", [])], id="two could be where it went",
        ),
        pytest.param(state(resource("a", {"attributes": {"n": 1}})), state(resource("b", {"attributes": {"n": 1}})), [("moved", "aws_x.b", [])], id="without an id, every byte the same"),
        pytest.param(state(A), state(resource("a", instance(status="tainted"))), [("changed", "aws_x.a", ["(status)"])], id="tainted"),
        pytest.param(state(A), state(resource("a", instance(), provider="q")), [("changed", "aws_x.a", ["(provider)"])], id="provider"),
        pytest.param(
            state(A),
            state(resource("a", instance(schema_version=1, private="eA==", dependencies=["aws_x.b"], create_before_destroy=True, identity={"a": 1},
                                         sensitive_attributes=[[{"type": "get_attr", "value": "id"}]]))),
            [("changed", "aws_x.a", ["(create_before_destroy)", "(dependencies)", "(identity)", "(private)", "(schema_version)", "(sensitive_attributes)"])],
            id="all metadata",
        ),
        pytest.param(state(A), state(resource("a", instance(), instance("0", deposed="0badc0de"))), [("added", "aws_x.a (deposed 0badc0de)", [])], id="deposed object"),
        pytest.param(state(resource("a", FLAT)), state(resource("a", {**FLAT, "attributes_flat": {"id": "1", "n": "2"}})), [("changed", "aws_x.a", ["n"])], id="flat attributes"),
        pytest.param(state(resource("a", FLAT)), state(A), [("changed", "aws_x.a", ["(attributes_flat)"])], id="flat to typed"),
        pytest.param(state(), state(outputs={"o": {"value": 1, "type": "number"}}), [("added", "output o", [])], id="output added"),
        pytest.param(state(outputs={"o": {"value": 1, "type": "number"}}), state(), [("removed", "output o", [])], id="output removed"),
        pytest.param(state(outputs={"o": {"value": 1, "type": "number"}}), state(outputs={"o": {"value": "1", "type": "string"}}), [("changed", "output o", [])], id="output changed"),
        pytest.param(state(outputs={"o": {"value": 1, "type": "number"}}), state(outputs={"o": {"value": 1, "type": "number", "sensitive": True}}), [("changed", "output o", [])], id="output hidden"),
        pytest.param(state(outputs={"o": {"value": 1, "type": "number"}}), state(outputs={"o": {"value": 1, "type": "number", "sensitive": False}}), [], id="output not hidden, said so"),
    ],
)  # fmt: skip
def test_diff(before: StateFile | None, after: StateFile | None, expected: list[Any]) -> None:
    assert told(before, after) == expected
    assert bool(diff(before, after)) is bool(expected)


def test_layout_and_escapes_do_not_count() -> None:
    text = resource("a", instance(policy="<a>&", n=12345678901234567890123))
    one = document(text)
    other = json.dumps(json.loads(one)).replace("<", "\\u003c").encode()
    assert told(parse_state(one), parse_state(other)) == []


def test_counts_and_metas() -> None:
    found = diff(state(A), state(A, resource("b", instance("2")), serial=9))
    assert found.count(Change.ADDED) == 1
    assert found.count(Change.REMOVED) == 0
    assert found.before is not None
    assert found.after is not None
    assert (found.before.serial, found.after.serial) == (7, 9)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, {}, id="same"),
        pytest.param({"a": None}, {}, {}, id="null and absent"),
        pytest.param({"a": True}, {"a": 1}, {"a": (True, 1)}, id="true is not 1"),
        pytest.param({"t": None}, {"t": {"N": "x"}}, {"t.N": (Mark.ABSENT, "x")}, id="map beside nothing"),
        pytest.param({"t": None}, {"t": {}}, {"t": (None, {})}, id="empty map beside nothing"),
        pytest.param({"b": [{"s": 1}]}, {"b": [{"s": 2}]}, {"b[0].s": (1, 2)}, id="single block"),
        pytest.param({"b": [{"s": 1}]}, {"b": []}, {"b": ([{"s": 1}], [])}, id="block gone"),
        pytest.param({"l": [1, 2]}, {"l": [2, 1]}, {"l": ([1, 2], [2, 1])}, id="array is one path"),
    ],
)
def test_value_changes(before: object, after: object, expected: dict[str, Any]) -> None:
    assert {item.path: (item.before, item.after) for item in value_changes(before, after)} == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab.", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=2), inner, max_size=3),
)
RESOURCES = st.lists(
    st.builds(
        lambda name, id_, value: resource(name, instance(id_, a=value)), st.sampled_from("abc"), st.sampled_from("123"), VALUES
    ),
    max_size=3, unique_by=lambda r: r["name"],
)  # fmt: skip


@given(RESOURCES, RESOURCES)
def test_seen_from_the_other_side(left: list[Any], right: list[Any]) -> None:
    forth, back = diff(state(*left), state(*right)), diff(state(*right), state(*left))
    assert diff(state(*left), state(*left)).instances == ()
    assert forth.count(Change.ADDED) == back.count(Change.REMOVED)
    for change in (Change.MOVED, Change.REPLACED, Change.CHANGED):
        assert forth.count(change) == back.count(change)
