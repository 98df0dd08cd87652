from __future__ import annotations

import json
from typing import Any

import pytest
from state.documents import document, instance, resource, state

from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.trail.record import Circumstances, Head, line_of, new_record
from driftgate.state.diff import diff
from driftgate.state.file import StateError
from driftgate.state.parse import parse_state
from driftgate.state.rollback import ACTION, check_rollback, consequences, rolled_back, serial_in, to_undo

OLD = document(resource("a", instance(n=12345678901234567890123)), serial=3, terraform_version="1.9.8")
NOW = state(resource("a", instance()), resource("b", instance("2")), serial=9)


def test_the_old_body_under_the_next_serial() -> None:
    assert rolled_back(OLD)(NOW) == OLD.replace(b'"serial": 3', b'"serial": 10')
    check_rollback(parse_state(rolled_back(OLD)(NOW)), NOW)


def test_into_an_empty_place() -> None:
    assert rolled_back(OLD)(None) == OLD.replace(b'"serial": 3', b'"serial": 4')


@pytest.mark.parametrize(
    ("damaged", "serial"),
    [(b"", 0), (b"{broken", 0), (b'{\n  "version": 4,\n  "serial": 412,\n  "lin', 412), (b'{"serial":9', 9)],
)
def test_the_serial_of_a_damaged_state_is_passed(damaged: bytes, serial: int) -> None:
    assert serial_in(damaged) == serial
    assert parse_state(rolled_back(OLD, above=serial)(None)).serial == max(3, serial) + 1


def test_nothing_where_it_is_that_already() -> None:
    same = parse_state(json.dumps({**json.loads(OLD), "serial": 9}).encode())
    assert rolled_back(OLD)(same) == same.data


def test_another_lineage_is_another_state() -> None:
    with pytest.raises(StateError, match="two different states"):
        check_rollback(parse_state(rolled_back(document(lineage="m"))(NOW)), NOW)


def test_consequences() -> None:
    present = state(resource("kept", instance("1", n=1)), resource("new", instance("2")), resource("moved", instance("3")),
                    resource("replaced", instance("4")), resource("d", instance("5"), mode="data"))  # fmt: skip
    older = state(resource("kept", instance("1", n=0)), resource("gone", instance("6")), resource("place", instance("3")),
                  resource("replaced", instance("7")))  # fmt: skip
    found = consequences(diff(present, older))
    assert [(item.what, item.labels) for item in found] == [
        ("forgotten", ("aws_x.new",)),
        ("older object", ("aws_x.replaced",)),
        ("back", ("aws_x.gone",)),
        ("older address", ("aws_x.place",)),
        ("older values", ("aws_x.kept",)),
    ]
    assert consequences(diff(present, present)) == ()


def log(*events: tuple[str, str, str, dict[str, Any]]) -> list[bytes]:
    head, lines = Head(), []
    for action, identity, outcome, details in events:
        event = Event(action, Subject(identity), outcome, details)
        record = new_record(event, Circumstances(), after=head, time="2026-11-26T00:00:00Z")
        head = Head(record["seq"], record["hash"])
        lines.append(line_of(record))
    return lines


def entry(
    serial: int, backup: str | None, *, action: str = ACTION, identity: str = "i", outcome: str = "ok"
) -> tuple[str, str, str, dict[str, Any]]:
    return action, identity, outcome, {"serial_after": serial, "backup": backup}


def failed(serial: int, backup: str) -> tuple[tuple[str, str, str, dict[str, Any]], ...]:
    """A rollback that was begun and did not get to the end."""
    return entry(serial, backup, outcome="begun"), entry(serial, backup, outcome="failed: somebody else wrote")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(log(entry(9, "b1")), id="the last write"),
        pytest.param(log(entry(7, "b0"), entry(8, "x", action="state mv"), entry(9, "b1")), id="after others"),
        pytest.param([*log(entry(9, "b1")), b'torn "state rollback"'], id="with a torn line behind it"),
        pytest.param(log(entry(9, "b1"), entry(12, "b2", identity="other")), id="with another state's behind it"),
        pytest.param(log(entry(9, "b1"), *failed(10, "b2")), id="with one that failed behind it"),
        pytest.param(log(entry(9, "b1", outcome="begun")), id="killed before its end was recorded"),
    ],
)
def test_undo(lines: list[bytes]) -> None:
    assert to_undo(lines, "i", NOW) == "b1"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="an empty log"),
        pytest.param(log(entry(8, "b1")), id="something was written since"),
        pytest.param(log(entry(9, "b1", action="state mv")), id="it was no rollback"),
        pytest.param(log(entry(9, "b1", identity="other")), id="of another state"),
        pytest.param(log(*failed(9, "b1")), id="it failed, and somebody else wrote that serial"),
    ],
)
def test_nothing_to_undo(lines: list[bytes]) -> None:
    with pytest.raises(StateError, match="there is nothing to undo: serial 9 was not written by a rollback"):
        to_undo(lines, "i", NOW)
    with pytest.raises(StateError, match="there is no state"):
        to_undo(lines, "i", None)
