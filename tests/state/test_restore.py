from __future__ import annotations

import json

import pytest

from driftgate.state.file import StateError
from driftgate.state.parse import parse_state
from driftgate.state.restore import restored
from driftgate.state.successor import check_successor

WORDS = (
    '{{\n  "version": 4,\n  "terraform_version": "{tf}",\n  "serial": {serial},\n  "lineage": "{lineage}",\n'
    '  "outputs": {{{outputs}}},\n  "resources": []\n}}\n'
)


def state(serial: int, content: str = "one", lineage: str = "lin", tf: str = "1.11.4") -> bytes:
    outputs = f'"a": {{"value": "{content}", "type": "string"}}' if content else ""
    return WORDS.format(serial=serial, outputs=outputs, lineage=lineage, tf=tf).encode()


@pytest.mark.parametrize(
    ("current", "serial"),
    [
        pytest.param(None, 4, id="nothing is stored"),
        pytest.param(state(4), None, id="the same is stored"),
        pytest.param(state(9), None, id="the same content is stored under a later serial"),
        pytest.param(state(9, "two"), 10, id="over a later version"),
        pytest.param(state(4, "two"), 5, id="over another content of the same serial"),
        pytest.param(state(2, "two"), 5, id="over an earlier version"),
        pytest.param(state(2, ""), 4, id="over an earlier one without content"),
        pytest.param(state(9, ""), 10, id="over a later one without content"),
        pytest.param(state(9, "", "other"), 4, id="over another state without content"),
        pytest.param(state(9, "two", tf="1.13.0"), 10, id="over one of a later terraform"),
    ],
)
def test_restored(current: bytes | None, serial: int | None) -> None:
    now = parse_state(current) if current else None
    made = restored(state(4), now)

    if serial is None:
        assert made == current
        return
    assert made == state(serial)
    check_successor(parse_state(made), now, older_writer=True)


def test_another_state_with_content_is_for_the_check_to_refuse() -> None:
    now = parse_state(state(1, "two", "other"))
    made = restored(state(4), now)

    assert made == state(4)
    with pytest.raises(StateError, match="two different states"):
        check_successor(parse_state(made), now, older_writer=True)


def test_every_other_byte_stays() -> None:
    odd = b' {"serial":4 ,"version":4,"lineage":"lin","future":12345678901234567890, "outputs":{},"resources":[]}'
    made = restored(odd, parse_state(state(9, "two")))

    assert made == odd.replace(b'"serial":4 ', b'"serial":10 ')
    assert json.loads(made)["future"] == 12345678901234567890


def test_what_opentofu_encrypted_is_not_written() -> None:
    sealed = b'{"serial": 4, "lineage": "lin", "meta": {}, "encrypted_data": "AAAA", "encryption_version": "v0"}'

    with pytest.raises(StateError, match="OpenTofu encrypted") as caught:
        restored(sealed, None)

    assert "dg backup decrypt" in caught.value.next_step


def test_what_is_no_state_is_not_restored() -> None:
    with pytest.raises(StateError):
        restored(b"<html>", None)
