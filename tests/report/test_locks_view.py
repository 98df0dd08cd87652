from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from driftgate.report.locks_view import age, spoken, to_table
from driftgate.state.held_locks import Untold
from driftgate.unit import BackendConfig, Unit

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "seconds"),
    [
        ("2026-01-01T23:59:00.031492355Z", 59.968508),
        ("2026-01-01T00:00:00+00:00", 86400),
        ("2026-01-03T00:00:00Z", 0),
        ("", None),
        ("yesterday", None),
        ("2026-01-01T00:00:00", None),
    ],
)
def test_age(created: str, seconds: float | None) -> None:
    assert age(created, NOW) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (0.4, "0 s"),
        (59, "59 s"),
        (61, "1 min"),
        (7300, "2 h"),
        (86_400, "1 day"),
        (200_000, "2 days"),
    ],
)
def test_spoken(seconds: float | None, said: str) -> None:
    assert spoken(seconds) == said


def test_no_lock_seen_is_not_no_lock_held_where_a_state_could_not_be_looked_at() -> None:
    unit = Unit(PurePosixPath("live/app"), BackendConfig("s3"))

    assert to_table([], [], now=NOW).splitlines()[-1] == "no locks held"
    assert to_table([], [Untold(unit, "no lock")], now=NOW).splitlines()[-1] == "no locks held"
    said = to_table([], [Untold(unit, "refused", "ask", failed=True)], now=NOW).splitlines()[-1]
    assert said == "no locks held, as far as could be seen: 1 state could not be looked at"
