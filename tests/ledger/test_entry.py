from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from report import samples

from driftgate.finding import Severity
from driftgate.ledger.entry import Ack, Entry, News, remember

MONDAY, TUESDAY, WEDNESDAY = "2026-11-23T01:00:00Z", "2026-11-24T01:00:00Z", "2026-11-25T01:00:00Z"
CLEAN = samples.report(replace(samples.NETWORK, findings=()))
DRIFTED = samples.report(samples.NETWORK)


def addresses(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.address for entry in entries]


def test_nothing_to_remember() -> None:
    assert remember({}, CLEAN, MONDAY) == ({}, News())
    assert News().words == "nothing new"


def test_new_still_resolved_and_back() -> None:
    known, news = remember({}, DRIFTED, MONDAY)
    assert addresses(news.new) == [
        'module.web.aws_security_group.web["blue"]', "aws_iam_role_policy.reader", "aws_s3_bucket_versioning.logs",
    ]  # fmt: skip
    assert all((entry.first_seen, entry.last_seen, entry.times) == (MONDAY, MONDAY, 1) for entry in known.values())

    known, news = remember(known, DRIFTED, TUESDAY)
    assert (news.words, len(news.still)) == ("nothing new", 3)
    assert all((entry.first_seen, entry.last_seen) == (MONDAY, TUESDAY) for entry in known.values())

    known, news = remember(known, CLEAN, WEDNESDAY)
    assert news.words == "3 resolved"
    assert all(entry.resolved == WEDNESDAY for entry in known.values())

    known, news = remember(known, DRIFTED, WEDNESDAY)
    assert news.words == "3 back again"
    assert all((entry.first_seen, entry.resolved, entry.times) == (MONDAY, "", 2) for entry in known.values())


def test_what_comes_again_and_again_flaps() -> None:
    known: dict[str, Entry] = {}
    for _ in range(3):
        known, _ = remember(known, DRIFTED, MONDAY)
        known, _ = remember(known, CLEAN, TUESDAY)
    assert all(entry.flapping for entry in known.values())


def test_a_unit_that_could_not_be_read_resolves_nothing() -> None:
    known, _ = remember({}, DRIFTED, MONDAY)
    failed = samples.report(replace(samples.BROKEN, path="live/network"))
    assert remember(known, failed, TUESDAY) == (known, News())
    assert remember(known, samples.report(samples.STORAGE), TUESDAY) == (known, News())


def test_pending_and_unread_are_not_remembered() -> None:
    known, _ = remember(
        {}, samples.report(replace(samples.APP, findings=(samples.UNREAD, samples.SUBNET_PENDING))), MONDAY
    )
    assert known == {}


def test_who_looks_after_it_is_forgotten_with_it() -> None:
    known, _ = remember({}, DRIFTED, MONDAY)
    acked = {key: replace(entry, ack=Ack("ada", "2026-12-01", "on it")) for key, entry in known.items()}
    still, _ = remember(acked, DRIFTED, TUESDAY)
    assert all(entry.ack for entry in still.values())
    gone, _ = remember(still, CLEAN, WEDNESDAY)
    assert not any(entry.ack for entry in gone.values())


@given(st.lists(st.booleans(), max_size=12))
def test_times_count_the_comings(days: list[bool]) -> None:
    known: dict[str, Entry] = {}
    one = samples.report(replace(samples.NETWORK, findings=(samples.BUCKET,)))
    for drifted in days:
        known, _ = remember(known, one if drifted else CLEAN, MONDAY)
    comings = sum(now and not before for before, now in zip([False, *days], days, strict=False))
    assert [entry.times for entry in known.values()] == ([comings] if comings else [])
    assert all(bool(entry.resolved) is not days[-1] for entry in known.values())
    assert all(entry.severity is Severity.MEDIUM for entry in known.values())
