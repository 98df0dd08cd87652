from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from driftgate.safety.trail.select import Selection, moment

RECORD: dict[str, Any] = {
    "time": "2026-11-26T01:00:00.000Z",
    "action": "state mv",
    "who": {"user": "ada", "ci": {"actor": "bob"}},
    "subject": {"unit": "live/app", "identity": "s3://b/app"},
}


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        pytest.param(Selection(), True, id="anything"),
        pytest.param(Selection(since="2026-11-26T01:00:00.000Z"), True, id="since just then"),
        pytest.param(Selection(since="2026-11-26T01:00:00.001Z"), False, id="since later"),
        pytest.param(Selection(until="2026-11-26T01:00:00.000Z"), False, id="until just before"),
        pytest.param(Selection(action="state *"), True, id="action by pattern"),
        pytest.param(Selection(action="state"), False, id="action in part"),
        pytest.param(Selection(unit="live/*"), True, id="unit"),
        pytest.param(Selection(unit="s3://b/*"), True, id="identity"),
        pytest.param(Selection(unit="live/net"), False, id="another unit"),
        pytest.param(Selection(who="ada"), True, id="user"),
        pytest.param(Selection(who="bob"), True, id="CI actor"),
        pytest.param(Selection(who="eve"), False, id="somebody else"),
        pytest.param(Selection(action="state *", who="eve"), False, id="all must fit"),
    ],
)
def test_selection(selection: Selection, taken: bool) -> None:
    assert selection.takes(RECORD) is taken


def test_a_record_without_subject_or_people() -> None:
    bare = {"time": "t", "action": "doctor", "subject": None}

    assert Selection().takes(bare)
    assert not Selection(unit="*").takes(bare)


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("7d", NOW - timedelta(days=7), id="days"),
        pytest.param("90m", NOW - timedelta(minutes=90), id="minutes"),
        pytest.param("2w", NOW - timedelta(days=14), id="weeks"),
        pytest.param("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), id="date"),
        pytest.param("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC), id="time"),
        pytest.param("2026-11-01T10:00:00+02:00", datetime(2026, 11, 1, 10, tzinfo=timezone(timedelta(hours=2))), id="zone"),
    ],
)  # fmt: skip
def test_moment(text: str, expected: datetime) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7y", "d", "99999999d", "99999999999999d"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text, NOW)
