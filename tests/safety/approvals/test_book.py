"""Every way in which an approval is none: forged, replayed, expired, one's own, for something else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.safety.approvals.book import Book, State
from driftgate.safety.approvals.statement import ApprovalError, Bound, Kind, Statement, parse_statement, sign
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.signing import SigningKey, generate_key

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BOUND = Bound("ab" * 32, "s3://b/k", "default", "lineage", 7)
ALICE, BOB, CI, EVE = (generate_key() for _ in range(4))


def statement(kind: Kind, key: SigningKey, by: str, hours: float = 24, bound: Bound = BOUND) -> Statement:
    return sign(Statement(kind, bound, by, NOW, NOW + timedelta(hours=hours), "why", {"destroys": ["a.b"]}), key)


REQUEST = statement(Kind.REQUEST, CI, "alice")
GRANT = statement(Kind.GRANT, BOB, "bob")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Alice and Bob approve, CI may ask."""
    return Book(LocalStore(tmp_path), [ALICE.public, BOB.public], [CI.public])


def write(book: Book, *statements: Statement) -> None:
    for said in statements:
        assert book.write(said)


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        pytest.param([], State.NONE, id="nothing was asked"),
        pytest.param([REQUEST], State.REQUESTED, id="asked"),
        pytest.param([REQUEST, GRANT], State.GRANTED, id="granted"),
        pytest.param([GRANT], State.NONE, id="granted without having been asked"),
        pytest.param([statement(Kind.REQUEST, BOB, "bob"), statement(Kind.GRANT, ALICE, "alice")], State.GRANTED, id="an approver asks another"),
        pytest.param([REQUEST, statement(Kind.DENIAL, BOB, "bob")], State.DENIED, id="denied"),
        pytest.param([REQUEST, GRANT, statement(Kind.DENIAL, ALICE, "alice")], State.DENIED, id="granted and then denied"),
        pytest.param([REQUEST, statement(Kind.DENIAL, EVE, "eve"), GRANT], State.GRANTED, id="denied by nobody who may"),
        pytest.param([statement(Kind.REQUEST, EVE, "eve"), GRANT], State.INVALID, id="asked by nobody who may"),
        pytest.param([REQUEST, statement(Kind.GRANT, EVE, "bob")], State.INVALID, id="forged: granted by another key"),
        pytest.param([REQUEST, statement(Kind.GRANT, CI, "bob")], State.INVALID, id="granted by who may only ask"),
        pytest.param([statement(Kind.REQUEST, BOB, "bob"), GRANT], State.INVALID, id="one's own, by the key"),
        pytest.param([statement(Kind.REQUEST, CI, "bob"), GRANT], State.INVALID, id="one's own, by the name"),
        pytest.param([REQUEST, replace(GRANT, expires=NOW + timedelta(days=999))], State.INVALID, id="forged: made longer"),
        pytest.param([replace(REQUEST, reason="harmless"), GRANT], State.INVALID, id="forged: the request was changed"),
        pytest.param([REQUEST, replace(GRANT, key=str(ALICE.public))], State.INVALID, id="forged: under another name"),
        pytest.param([REQUEST, replace(REQUEST, kind=Kind.GRANT)], State.INVALID, id="forged: a request as a grant"),
        pytest.param([REQUEST, statement(Kind.GRANT, BOB, "bob", bound=replace(BOUND, serial=8))], State.INVALID, id="granted for another version"),
        pytest.param([statement(Kind.REQUEST, CI, "alice", -1)], State.EXPIRED, id="the request expired"),
        pytest.param([REQUEST, statement(Kind.GRANT, BOB, "bob", -1)], State.EXPIRED, id="the grant expired"),
        pytest.param([statement(Kind.REQUEST, CI, "alice", -1), GRANT], State.EXPIRED, id="a grant is not longer than its request"),
        pytest.param([REQUEST, GRANT, statement(Kind.USE, EVE, "x")], State.USED, id="used"),
    ],
)  # fmt: skip
def test_how_it_stands(book: Book, statements: list[Statement], state: State) -> None:
    write(book, *statements)

    found = book.check(BOUND, NOW)

    assert found.state is state
    assert found.why


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda b: replace(b, serial=8), id="the state has moved"),
        pytest.param(lambda b: replace(b, lineage="other"), id="another state"),
        pytest.param(lambda b: replace(b, identity="s3://b/other"), id="another place"),
        pytest.param(lambda b: replace(b, workspace="prod"), id="another workspace"),
        pytest.param(lambda b: replace(b, plan_sha256="ab" * 31 + "cd"), id="another plan with the same id"),
        pytest.param(lambda b: replace(b, plan_sha256="cd" * 32), id="another plan"),
    ],
)
def test_it_is_for_one_plan_and_one_version_of_one_state(book: Book, change: Callable[[Bound], Bound]) -> None:
    write(book, REQUEST, GRANT)

    assert book.check(change(BOUND), NOW).state in (State.INVALID, State.NONE)
    with pytest.raises(ApprovalError):
        book.consume(change(BOUND), "ci", NOW)
    assert book.check(BOUND, NOW).state is State.GRANTED


def test_it_is_used_once(book: Book) -> None:
    write(book, REQUEST, GRANT)

    assert book.consume(BOUND, "ci", NOW).answer == GRANT
    with pytest.raises(ApprovalError, match="already used by ci at 2026-01-02 03:04 UTC"):
        book.consume(BOUND, "ci", NOW)


def test_of_many_at_once_one_uses_it(book: Book) -> None:
    write(book, REQUEST, GRANT)

    def use(number: int) -> bool:
        try:
            book.consume(BOUND, f"ci {number}", NOW)
        except ApprovalError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_nothing_is_said_twice(book: Book) -> None:
    write(book, REQUEST)

    assert not book.write(statement(Kind.REQUEST, EVE, "eve"))
    assert book.find(BOUND.id, Kind.REQUEST) == REQUEST


def test_the_plans_are_listed(book: Book) -> None:
    other = replace(BOUND, plan_sha256="01" * 32)
    write(book, REQUEST, GRANT, statement(Kind.REQUEST, CI, "alice", bound=other))
    book.store.put_new("v1/somewhere/backup.zst", b"")

    assert [*book.plans()] == [other.id, BOUND.id]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"v":2}', b'{"v":1,"kind":"grant"}', b"\xff"])
def test_what_is_no_statement(data: bytes, book: Book) -> None:
    assert parse_statement(data) is None
    book.store.put_new(f"approvals/v1/{BOUND.id}.use.json", data)
    write(book, REQUEST, GRANT)

    assert book.check(BOUND, NOW).state is State.USED  # whatever stands there, it was taken


@given(st.text(), st.text(), st.dictionaries(st.text(), st.lists(st.text())), st.integers(0, 2**53))
def test_a_statement_comes_back_as_it_was(by: str, reason: str, details: dict[str, list[str]], serial: int) -> None:
    try:
        said = sign(Statement(Kind.GRANT, replace(BOUND, serial=serial), by, NOW, NOW, reason, details), BOB)
    except UnicodeEncodeError:
        return

    back = parse_statement(said.to_bytes())

    assert back == said
    assert back is not None
    assert back.signed_by([ALICE.public, BOB.public]) == BOB.public
