"""What is shown of a state, and above all what is not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.address import Address
from driftgate.safety.redact import MASK, Redactor
from driftgate.state.file import StateFile
from driftgate.state.parse import parse_state
from driftgate.state.secrets import learn, masked_attributes
from driftgate.state.view import by_address, details, listing, masked_document, matching

CANARY = "canary-Zq8-value"


def attr(name: str) -> dict[str, Any]:
    return {"type": "get_attr", "value": name}


def index(value: object) -> dict[str, Any]:
    return {"type": "index", "value": {"value": value, "type": "number"}}


def state_of(attributes: dict[str, Any], *marks: list[dict[str, Any]], **more: Any) -> StateFile:
    stored = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": list(marks)}
    resource = {"mode": "managed", "type": "aws_x", "name": "y", "provider": "p", "instances": [stored]}
    return parse_state(
        json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": [resource], **more}).encode()
    )


def masked(state: StateFile) -> dict[str, Any]:
    redactor = Redactor()
    learn(redactor, state)
    (instance,) = state.instances()
    return masked_attributes(redactor, instance)


def test_what_is_not_secret_is_shown_as_it_is() -> None:
    attributes = {
        "id": "sg-0a1b2c3d",
        "n": 12345678901234567890123,
        "ports": [80, 443],
        "tags": {"Name": "web"},
        "x": None,
    }

    assert masked(state_of(attributes)) == attributes


@pytest.mark.parametrize(
    ("attributes", "marks", "expected"),
    [
        pytest.param({"a": CANARY, "b": "open"}, [[attr("a")]], {"a": MASK, "b": "open"}, id="attribute"),
        pytest.param({"a": None}, [[attr("a")]], {"a": None}, id="absent value"),
        pytest.param(
            {"a": {"pw": CANARY, "o": "open"}}, [[attr("a"), attr("pw")]], {"a": {"pw": MASK, "o": "open"}}, id="nested"
        ),
        pytest.param({"a": ["one", CANARY]}, [[attr("a"), index(1)]], {"a": ["one", MASK]}, id="element"),
        pytest.param(
            {"a": {"value": {"pw": CANARY, "o": "open"}, "type": "t"}},
            [[attr("a"), attr("pw")]],
            {"a": {"value": {"pw": MASK, "o": "open"}, "type": "t"}},
            id="value whose type is only known at run time",
        ),
        pytest.param(
            {"a": {"value": CANARY, "type": "string"}}, [[attr("a")]], {"a": MASK}, id="the whole of such a value"
        ),
        pytest.param({"a": [CANARY]}, [[attr("a"), index(5)]], {"a": MASK}, id="a mark that leads nowhere"),
        pytest.param(
            {"a": "open"}, [[attr("gone"), attr("x")]], {"a": "open"}, id="a mark on an attribute that is gone"
        ),
        pytest.param({"a": CANARY, "b": 1}, [[]], {"a": MASK, "b": MASK}, id="a mark on everything"),
        pytest.param(
            {"a": {"b": CANARY}}, [[attr("a")], [attr("a"), attr("b")]], {"a": MASK}, id="a mark inside another"
        ),
        pytest.param(
            {"a": CANARY, "copy": f"https://{CANARY}/"},
            [[attr("a")]],
            {"a": MASK, "copy": f"https://{MASK}/"},
            id="copies",
        ),
        pytest.param({"password": CANARY}, [], {"password": MASK}, id="by name alone"),
    ],
)
def test_what_is_marked_is_masked(attributes: dict[str, Any], marks: Any, expected: dict[str, Any]) -> None:
    assert masked(state_of(attributes, *marks)) == expected


def test_the_state_itself_is_not_changed_by_masking() -> None:
    state = state_of({"a": {"pw": CANARY}}, [attr("a"), attr("pw")])
    masked(state)
    (instance,) = state.instances()

    assert instance.attributes == {"a": {"pw": CANARY}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text("abc", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abvt"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(tree=st.dictionaries(st.sampled_from("abvt"), JSON, max_size=3), data=st.data())
def test_wherever_a_marked_value_stands_it_does_not_come_out(tree: dict[str, Any], data: st.DataObject) -> None:
    path: list[dict[str, Any]] = []
    node: Any = tree
    while isinstance(node, dict | list) and node:
        step: Any = data.draw(
            st.sampled_from(sorted(node)) if isinstance(node, dict) else st.integers(0, len(node) - 1)
        )
        path.append(attr(step) if isinstance(node, dict) else index(step))
        if data.draw(st.booleans()) or not isinstance(node[step], dict | list) or not node[step]:
            node[step] = {"deep": [CANARY]}
            break
        node = node[step]
    shown = masked(state_of(tree, *([path] if path else [])))

    assert CANARY not in json.dumps(shown)


FULL: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 3,
    "lineage": "l",
    "outputs": {
        "pw": {"value": CANARY, "type": "string", "sensitive": True},
        "copy": {"value": {"url": f"x {CANARY} y"}, "type": "string"},
        "open": {"value": 12345678901234567890123, "type": "number"},
    },
    "resources": [
        {
            "module": f'module.m["{CANARY}"]',
            "mode": "managed",
            "type": "aws_x",
            "name": "y",
            "provider": "p",
            "instances": [
                {
                    "index_key": CANARY,
                    "schema_version": 1,
                    "attributes": {"a": CANARY, "policy": json.dumps({"k": CANARY}), "open": "shown"},
                    "sensitive_attributes": [[attr("a")]],
                    "private": base64.b64encode(b"provider's own").decode(),
                    "dependencies": [f'aws_z.k["{CANARY}"]'],
                    "identity": {"secret_id": "x9y8z7x9y8z7"},
                },
                {
                    "index_key": "old",
                    "attributes_flat": {"id": "i", "password": "flat-secret-1"},
                    "deposed": "00000001",
                },
            ],
        }
    ],
    "check_results": [{"object_kind": "check", "status": CANARY}],
    "future": CANARY,
}


def test_no_canary_comes_out_of_a_whole_document_and_the_rest_does() -> None:
    state = parse_state(json.dumps(FULL).encode())
    redactor = Redactor()
    learn(redactor, state)
    document = masked_document(state, redactor)
    text = json.dumps(document)

    assert not [
        secret
        for secret in (CANARY, "flat-secret-1", "x9y8z7x9y8z7", FULL["resources"][0]["instances"][0]["private"])
        if secret in text
    ]
    assert list(document) == list(FULL)
    assert document["outputs"]["open"] == FULL["outputs"]["open"]
    assert document["outputs"]["pw"] == {"value": MASK, "type": "string", "sensitive": True}
    assert document["resources"][0]["instances"][0]["attributes"]["open"] == "shown"
    assert document["resources"][0]["instances"][1]["attributes_flat"]["id"] == "i"
    assert (document["serial"], document["lineage"], document["version"]) == (3, "l", 4)


@pytest.mark.parametrize("version", [1, 3])
def test_no_canary_comes_out_of_an_old_document(version: int) -> None:
    outputs: dict[str, Any] = {"o": {"value": CANARY, "sensitive": True, "type": "string"}}
    if version == 1:
        outputs = {"password": CANARY}
    primary = {"id": "i", "attributes": {"id": "i", "password": CANARY, "size": "7"}}
    module = {"path": ["root"], "outputs": outputs, "resources": {"aws_x.y": {"type": "aws_x", "primary": primary}}}
    state = parse_state(json.dumps({"version": version, "serial": 1, "modules": [module]}).encode())
    redactor = Redactor()
    learn(redactor, state)
    document = masked_document(state, redactor)

    assert CANARY not in json.dumps(document)
    assert document["modules"][0]["resources"]["aws_x.y"]["primary"]["attributes"]["size"] == "7"


def test_an_empty_document_stays_one() -> None:
    state = parse_state(b'{"version":4,"outputs":null,"resources":null}')

    assert masked_document(state, Redactor()) == {"version": 4, "outputs": None, "resources": None}


def many() -> StateFile:
    def stored(key: Any, **more: Any) -> dict[str, Any]:
        return {"index_key": key, "attributes": {"id": str(key)}, **more}

    resources = [
        {"mode": "managed", "type": "aws_x", "name": "count",
         "instances": [stored(10), stored(2), stored(2, deposed="00000001"), stored(0, status="tainted")]},
        {"mode": "data", "type": "aws_ami", "name": "a", "instances": [{"attributes": {}}]},
    ]  # fmt: skip
    return parse_state(json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": resources}).encode())


def test_listing_is_in_the_order_of_addresses_and_holds_no_values() -> None:
    found = listing(many(), Redactor())

    assert [(r["address"], r["deposed"], r["tainted"]) for r in found["resources"]] == [
        ("data.aws_ami.a", None, False),
        ("aws_x.count[0]", None, True),
        ("aws_x.count[2]", None, False),
        ("aws_x.count[2]", "00000001", False),
        ("aws_x.count[10]", None, False),
    ]
    assert (found["format_version"], found["serial"], found["lineage"]) == ("1.0", 1, "l")
    assert "attributes" not in found["resources"][0]


def test_listing_nothing() -> None:
    assert listing(None, Redactor()) == {
        "format_version": "1.0",
        "serial": None,
        "lineage": None,
        "terraform_version": None,
        "resources": [],
    }


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        ("aws_x.gone", []),
        ("aws_x.count[3]", []),
        ("aws_x.count[0]", ["aws_x.count[0]"]),
        ("aws_x.count[2]", ["aws_x.count[2]", "aws_x.count[2] (deposed 00000001)"]),
        ("aws_x.count", ["aws_x.count[0]", "aws_x.count[2]", "aws_x.count[2] (deposed 00000001)", "aws_x.count[10]"]),
        ("data.aws_ami.a", ["data.aws_ami.a"]),
    ],
)
def test_matching(address: str, labels: list[str]) -> None:
    assert [i.label for i in matching(many(), Address.parse(address))] == labels


def test_details_mask_unless_told_not_to() -> None:
    state = state_of({"a": CANARY}, [attr("a")])
    redactor = Redactor()
    learn(redactor, state)

    (hidden,) = details(by_address(state), redactor)["instances"]
    (plain,) = details(by_address(state), None)["instances"]

    assert hidden["attributes"] == {"a": MASK}
    assert plain["attributes"] == {"a": CANARY}
    assert (plain["address"], plain["schema_version"], plain["dependencies"]) == ("aws_x.y", 0, [])
