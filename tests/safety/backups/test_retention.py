from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.safety.backup import Subject
from driftgate.safety.backups.archive import Kept
from driftgate.safety.backups.label import Label, body_name
from driftgate.safety.backups.retention import decide
from driftgate.safety.trail.log import timestamp
from driftgate.safety.trail.refer import References

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def kept(
    serial: int | None, days: float = 0, *, copy: str = "a", lineage: str = "lin", created: str | None = None
) -> Kept:
    made = timestamp(NOW - timedelta(days=days)) if created is None else created
    number = "f" if serial is None else str(serial)
    label = Label(f"{number:0>4}{copy * 28}", Subject("s3://b/k", "app", "default", lineage, serial), made)
    return Kept(body_name(label, ".zst"), label)


def gone(
    backups: list[Kept],
    *,
    last: int = 1,
    days: int = 0,
    states: set[int] | None = None,
    ids: set[str] | None = None,
    bad: set[str] | None = None,
) -> set[str]:
    """The names' tails of what goes."""
    referenced = References(frozenset(("s3://b/k", "lin", s) for s in states or ()), frozenset(ids or ()))
    decisions = decide(
        backups,
        keep_last=last,
        keep_days=days,
        now=NOW,
        referenced=referenced,
        good=lambda k: k.id not in (bad or ()),
    )
    assert sorted(d.kept.name for d in decisions) == sorted(k.name for k in backups)
    assert all(d.reason for d in decisions)
    return {f"{d.kept.label.subject.serial}{d.kept.id[-1]}" for d in decisions if d.goes}


FOUR = [kept(4, 1), kept(3, 2), kept(2, 3), kept(1, 4)]


@pytest.mark.parametrize(
    ("backups", "options", "expected"),
    [
        pytest.param([], {}, set(), id="none there"),
        pytest.param(FOUR, {"last": 4}, set(), id="no more than are kept"),
        pytest.param(FOUR, {"days": 30}, set(), id="all young"),
        pytest.param(FOUR, {"days": 10**6}, set(), id="for longer than the calendar goes back"),
        pytest.param(FOUR, {"days": 10**10}, set(), id="for ever"),
        pytest.param(FOUR, {}, {"3a", "2a", "1a"}, id="the newest stays"),
        pytest.param(FOUR, {"last": 3}, {"1a"}, id="by count"),
        pytest.param(FOUR, {"days": 3}, {"1a"}, id="by age, to the moment"),
        pytest.param(
            [kept(5, 1), kept(4, 2), kept(3, 200), kept(2, 201), kept(1, 202)], {"days": 30}, {"2a", "1a"},
            id="what stood until a few days ago, however long it had stood",
        ),
        pytest.param([*FOUR, kept(9, 9, lineage="other")], {"last": 2}, {"2a", "1a"}, id="each state for itself"),
        pytest.param(FOUR, {"states": {2}}, {"3a", "1a"}, id="the audit log speaks of a serial"),
        pytest.param(FOUR, {"states": {7}}, {"3a", "2a", "1a"}, id="it speaks of one that has no backup"),
        pytest.param(FOUR, {"ids": {FOUR[2].id}}, {"3a", "1a"}, id="it speaks of a backup"),
        pytest.param(
            [kept(4, 1), kept(2, 2), kept(2, 3, copy="b"), kept(2, 4, copy="c")], {"states": {2}}, {"2b", "2c"},
            id="the newest of several copies stays",
        ),
        pytest.param(
            [kept(4, 1), kept(2, 2), kept(2, 3, copy="b")], {"states": {2}, "bad": {kept(2).id}}, {"2a"},
            id="the newest good one of several copies",
        ),
        pytest.param(
            [kept(4, 1), kept(2, 2), kept(2, 3, copy="b")],
            {"states": {2}, "bad": {kept(2).id, kept(2, copy="b").id}}, set(),
            id="no copy is good: none goes",
        ),
        pytest.param(FOUR, {"bad": {kept(4).id}}, {"2a", "1a"}, id="the newest good one, when the newest is not"),
        pytest.param(FOUR, {"bad": {k.id for k in FOUR}}, set(), id="none is good: none goes"),
        pytest.param([*FOUR, kept(None, 9)], {}, {"3a", "2a", "1a"}, id="of an unknown serial, another state"),
        pytest.param([*FOUR[:2], kept(1, created="")], {}, {"3a"}, id="of an unknown age"),
    ],
)  # fmt: skip
def test_what_goes(backups: list[Kept], options: dict[str, object], expected: set[str]) -> None:
    found = gone(backups, **options)  # type: ignore[arg-type]

    assert found - {"Nonea"} == expected


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(0, 100), st.sampled_from("abc")), unique_by=lambda t: (t[0], t[2])),
    st.integers(1, 4),
    st.integers(0, 60),
    st.sets(st.integers(1, 5)),
    st.sets(st.tuples(st.integers(1, 5), st.sampled_from("abc"))),
)
def test_what_is_needed_never_goes(
    made: list[tuple[int, float, str]], last: int, days: int, states: set[int], bad: set[tuple[int, str]]
) -> None:
    backups = [kept(serial, age, copy=copy) for serial, age, copy in made]
    bad_ids = {kept(serial, copy=copy).id for serial, copy in bad}
    going = gone(backups, last=last, days=days, states=states, bad=bad_ids)
    left = [k for k in backups if f"{k.label.subject.serial}{k.id[-1]}" not in going]

    assert len(left) >= min(last, len(backups))
    for serial in states & {k.label.subject.serial for k in backups}:
        copies = [k for k in backups if k.label.subject.serial == serial]
        good = [k for k in copies if k.id not in bad_ids]
        assert any(k in left for k in good) if good else all(k in left for k in copies)
    if any(k.id not in bad_ids for k in backups):
        assert any(k.id not in bad_ids for k in left)
    else:
        assert left == backups


def test_nothing_is_opened_when_nothing_would_go() -> None:
    def never(kept: Kept) -> bool:
        raise AssertionError

    assert not any(d.goes for d in decide(FOUR, keep_last=9, keep_days=0, now=NOW, referenced=References(), good=never))
