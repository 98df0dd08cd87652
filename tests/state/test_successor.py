from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terraform_cli import needs_terraform, terraform

from driftgate.state.file import StateError
from driftgate.state.parse import parse_state
from driftgate.state.successor import StaleStateError, UnrelatedStateError, check_successor, same_content

ONE = {"mode": "managed", "type": "terraform_data", "name": "a", "provider": 'provider["terraform.io/builtin/terraform"]'}  # fmt: skip
A = {**ONE, "instances": [{"schema_version": 0, "attributes": {"id": "1"}}]}
B = {**ONE, "name": "b", "instances": [{"schema_version": 0, "attributes": {"id": "2"}}]}


def state(serial: int = 5, lineage: str = "l", **more: Any) -> bytes:
    base = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage, "outputs": {}}
    return json.dumps({**base, "resources": [A], "check_results": None, **more}).encode()


CURRENT = state()
ACCEPTED = [
    pytest.param(CURRENT, CURRENT, id="nothing changed"),
    pytest.param(state(6), CURRENT, id="newer"),
    pytest.param(state(9, resources=[B]), CURRENT, id="newer with another content, serials skipped"),
    pytest.param(state(1, "m"), state(5, resources=[]), id="over an empty state, whatever the lineage"),
    pytest.param(state(1, ""), CURRENT, id="legacy over lineage"),
    pytest.param(state(1), state(5, ""), id="lineage over legacy"),
    pytest.param(
        json.dumps(json.loads(CURRENT), indent=2).encode(), CURRENT, id="same serial, only the layout differs"
    ),
    pytest.param(state(resources=[A, B]), state(resources=[B, A]), id="same serial, only the order differs"),
]
REFUSED = [
    pytest.param(state(6, "m"), CURRENT, UnrelatedStateError, "lineage m cannot be written over lineage l", id="unrelated"),
    pytest.param(state(4), CURRENT, StaleStateError, "serial 4 cannot be written over serial 5", id="older"),
    pytest.param(state(resources=[B]), CURRENT, StaleStateError, "serial 5 is stored already", id="same serial, other content"),
    pytest.param(state(4, "m"), state(5, resources=[], outputs={"a": {"value": 1, "type": "number"}}), UnrelatedStateError,
                 "two different states", id="a state with outputs only is not empty"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "current"), ACCEPTED)
def test_accepted(new: bytes, current: bytes) -> None:
    check_successor(parse_state(new), parse_state(current))


def test_nothing_is_stored() -> None:
    check_successor(parse_state(CURRENT), None)


@pytest.mark.parametrize(("new", "current", "error", "message"), REFUSED)
def test_refused(new: bytes, current: bytes, error: type[StateError], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        check_successor(parse_state(new), parse_state(current))
    assert refused.value.next_step


def test_an_older_terraform_does_not_overwrite_a_newer_ones_state() -> None:
    old, newer = parse_state(state(6, terraform_version="1.9.8")), parse_state(state(5))
    with pytest.raises(StaleStateError, match=r"Terraform 1\.9\.8 wrote this state, 1\.11\.4 the stored one"):
        check_successor(old, newer)
    check_successor(old, newer, older_writer=True)
    check_successor(parse_state(state(6)), parse_state(state(5, terraform_version="1.9.8")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(b"1.5", b"1.50000000000000000000001", id="decimals that round to the same double"),
        pytest.param(b"9007199254740993", b"9007199254740992", id="integers past 2**53"),
    ],
)
def test_numbers_are_compared_exactly(one: bytes, other: bytes) -> None:
    first, second = (parse_state(CURRENT.replace(b'"1"', number)) for number in (one, other))
    assert not same_content(first, second)


@needs_terraform
@pytest.mark.acceptance
@pytest.mark.parametrize(("new", "current"), ACCEPTED)
def test_terraform_state_push_accepts_the_same(new: bytes, current: bytes, tmp_path: Path) -> None:
    _push(new, current, tmp_path)


@needs_terraform
@pytest.mark.acceptance
@pytest.mark.parametrize(("new", "current"), [pytest.param(*case.values[:2], id=case.id) for case in REFUSED])
def test_terraform_state_push_refuses_the_same(new: bytes, current: bytes, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Failed to write state"):
        _push(new, current, tmp_path)


def _push(new: bytes, current: bytes, folder: Path) -> None:
    (folder / "terraform.tfstate").write_bytes(current)
    (folder / "new.tfstate").write_bytes(new)
    terraform(folder, "state", "push", "new.tfstate")
