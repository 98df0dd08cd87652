from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.trail.log import AuditLog, lines
from driftgate.safety.trail.refer import References, references

APP = Subject("s3://b/k", "app", "default", "lin", 7)


@pytest.mark.parametrize(
    ("events", "states", "backups"),
    [
        pytest.param([], set(), set(), id="empty log"),
        pytest.param([Event("doctor")], set(), set(), id="no subject"),
        pytest.param([Event("apply", Subject("s3://b/k"))], set(), set(), id="no serial known"),
        pytest.param([Event("apply", APP)], {("s3://b/k", "lin", 7)}, set(), id="the subject"),
        pytest.param(
            [Event("apply", APP, details={"serial_before": 7, "serial_after": 8, "backup": "b1"})],
            {("s3://b/k", "lin", 7), ("s3://b/k", "lin", 8)},
            {"b1"},
            id="before, after and the backup",
        ),
        pytest.param([Event("x", APP, details={"restored": "b2"})], {("s3://b/k", "lin", 7)}, {"b2"}, id="restored from"),
        pytest.param([Event("x", APP, details={"serial_after": "8", "backup": 3})], {("s3://b/k", "lin", 7)}, set(), id="odd details"),
    ],
)  # fmt: skip
def test_what_is_referred_to(tmp_path: Path, events: list[Event], states: object, backups: object) -> None:
    for event in events:
        AuditLog(tmp_path / "log").append(event)

    found = references(lines(tmp_path / "log"))

    assert (found.states, found.backups) == (states, backups)


def test_lines_that_are_no_records_refer_to_nothing() -> None:
    assert references([b"garbage\n", b"[]\n", b'{"subject": []}\n']) == References()


def test_joined() -> None:
    one, two = References(frozenset({("i", "l", 1)})), References(backups=frozenset({"b"}))

    assert one | two == References(frozenset({("i", "l", 1)}), frozenset({"b"}))
