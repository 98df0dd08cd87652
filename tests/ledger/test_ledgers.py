"""One contract for every place: the SQLite file of a machine, and the object of a team."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.finding import DriftClass, Severity
from driftgate.ledger.base import Ledger
from driftgate.ledger.document import LedgerError, days, from_json, to_json
from driftgate.ledger.entry import Ack, Entries, Entry
from driftgate.ledger.objects import KEPT, ObjectLedger
from driftgate.ledger.open import open_ledger
from driftgate.ledger.sqlite import SqliteLedger
from driftgate.safety.backups.local_store import LocalStore

ENTRY = Entry(
    "f" * 32,
    "live/app",
    "default",
    "aws_x.y",
    DriftClass.MISSING,
    Severity.HIGH,
    "2026-11-24T01:00:00Z",
    "2026-11-25T01:00:00Z",
)


@pytest.fixture(params=["sqlite", "objects"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "sqlite":
        return SqliteLedger(tmp_path / "deep/ledger.sqlite3")
    return ObjectLedger(LocalStore(tmp_path / "objects"))


def add(name: str) -> object:
    """A change that adds one entry."""

    def change(known: Entries) -> dict[str, Entry]:
        return {**known, name: Entry(name, *(getattr(ENTRY, slot) for slot in Entry.__slots__[1:]))}  # type: ignore[attr-defined]

    return change


def test_nothing_is_remembered_and_nothing_made(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.load() == {}
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_is_there(ledger: Ledger) -> None:
    assert set(ledger.update(add("a"))) == {"a"}  # type: ignore[arg-type]
    assert set(ledger.update(add("b"))) == {"a", "b"}  # type: ignore[arg-type]
    assert set(ledger.load()) == {"a", "b"}


def test_of_many_writers_none_is_lost(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: ledger.update(add(f"{n:02}")), range(12)))  # type: ignore[arg-type]
    assert set(ledger.load()) == {f"{n:02}" for n in range(12)}


@pytest.mark.parametrize("begun", [pytest.param(True, id="there was one"), pytest.param(False, id="there was none")])
def test_a_writer_that_many_others_overtook_is_not_lost(tmp_path: Path, begun: bool) -> None:
    """By then the name of its version was used and has been removed again, so the store takes it once more."""
    ledger = ObjectLedger(LocalStore(tmp_path / "objects"))
    others = [f"{n:02}" for n in range(KEPT + 3)]
    waiting = list(others)
    if begun:
        ledger.update(add("first"))  # type: ignore[arg-type]

    def slow(known: Entries) -> dict[str, Entry]:
        while waiting:
            ledger.update(add(waiting.pop(0)))  # type: ignore[arg-type]
        return add("slow")(known)  # type: ignore[operator, no-any-return]

    assert set(ledger.update(slow)) == set(ledger.load()) == {*others, "slow", *(["first"] if begun else [])}


def test_a_change_that_fails_keeps_what_was(ledger: Ledger) -> None:
    ledger.update(add("a"))  # type: ignore[arg-type]

    def fails(known: Entries) -> dict[str, Entry]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        ledger.update(fails)
    assert set(ledger.load()) == {"a"}


def test_the_file_is_private(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "deep/ledger.sqlite3")
    ledger.update(add("a"))  # type: ignore[arg-type]
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at as one" * 40, b""])
def test_a_file_that_is_no_ledger(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(content)
    if not content:
        assert SqliteLedger(path).load() == {}
        return
    with pytest.raises(LedgerError, match="cannot use the ledger") as failed:
        SqliteLedger(path).load()
    assert "--no-ledger" in failed.value.next_step


@pytest.mark.parametrize("entry", ["{}", "[]", "no json"])
def test_a_damaged_entry(tmp_path: Path, entry: str) -> None:
    ledger = SqliteLedger(tmp_path / "x.sqlite3")
    ledger.update(add("a"))  # type: ignore[arg-type]
    database = sqlite3.connect(ledger.path)
    database.execute("UPDATE finding SET entry = ?", (entry,))
    database.commit()
    database.close()
    with pytest.raises(LedgerError):
        ledger.load()


def test_old_versions_are_forgotten(tmp_path: Path) -> None:
    ledger = ObjectLedger(LocalStore(tmp_path))
    for n in range(12):
        ledger.update(add(str(n)))  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir())[0] == "driftgate-ledger-0000000008.json"
    assert len(list(tmp_path.iterdir())) == KEPT


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"format_version": "2.0", "findings": []}', b'{"format_version": "1.0", "findings": [{}]}'],
)
def test_an_object_that_is_no_ledger(data: bytes) -> None:
    with pytest.raises(LedgerError, match="the ledger x") as failed:
        from_json(data, "x")
    assert failed.value.next_step


acks = st.none() | st.builds(Ack, st.text(max_size=5), st.just("2026-12-01"), st.text(max_size=5))
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
entries = st.builds(
    Entry,
    texts,
    texts,
    texts,
    texts,
    st.sampled_from(DriftClass),
    st.sampled_from(Severity),
    texts,
    texts,
    texts,
    st.integers(1, 99),
    acks,
)


@given(st.lists(entries, max_size=5, unique_by=lambda entry: entry.fingerprint))
def test_the_document_holds_everything(made: list[Entry]) -> None:
    assert from_json(to_json(made).encode(), "x") == {entry.fingerprint: entry for entry in made}


def test_the_day_of_the_first_sight() -> None:
    assert days({"f": ENTRY}) == {"f": "20261124"}


def test_where_it_is_kept(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    own = open_ledger("", tmp_path, env)
    assert isinstance(own, SqliteLedger)
    assert own.path.is_relative_to(tmp_path / "state/driftgate/ledgers")
    assert own != open_ledger("", tmp_path / "other", env)
    assert open_ledger(str(tmp_path / "l.sqlite3"), tmp_path, env) == SqliteLedger(tmp_path / "l.sqlite3")
    assert open_ledger(str(tmp_path / "l"), tmp_path, env) == ObjectLedger(LocalStore(tmp_path / "l"))
