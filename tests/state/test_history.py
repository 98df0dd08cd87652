from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from state.documents import document, instance, resource

from driftgate.backends.base import BackendError, Payload, Version
from driftgate.backends.memory import MemoryBackend, MemoryStore
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.aes import AesSealer, KeyFile
from driftgate.safety.backups.archive import Archive
from driftgate.safety.backups.index import Index
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.backups.seal import InClear
from driftgate.state.file import StateError
from driftgate.state.history import Sources, history
from driftgate.state.past import find_past, read_time

IDENTITY = "memory://default"
AES = AesSealer(KeyFile(b"k" * 32))
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def body(serial: int, *names: str, lineage: str = "l") -> bytes:
    return document(*(resource(name, instance(name)) for name in names), serial=serial, lineage=lineage)


BODIES = [body(1, "a"), body(2, "a", "b"), body(3, "a", "b", "c")]


@dataclass
class Plain:
    """A backend that only reads."""

    data: bytes | None
    notes: tuple[str, ...] = ()

    def get(self) -> Payload | None:
        return None if self.data is None else Payload(self.data)


def versioned(*bodies: bytes) -> MemoryBackend:
    return MemoryBackend(MemoryStore({"default": list(bodies)}))


def archive(folder: Path, *saved: tuple[bytes, int, str], sealer: Any = None) -> Archive:
    """An archive with backups of (bytes, serial, time)."""
    store = LocalStore(folder / "backups")
    for data, serial, time in saved:
        made = Archive(store, Index(folder / "index"), sealer or InClear(), now=lambda: datetime.fromisoformat(time))  # noqa: B023
        made.save(data, Subject(IDENTITY, "u", "default", "l", serial), reason="before apply")
    return Archive(store, Index(folder / "index"), sealer or InClear())


def sources(backend: Any, kept: Archive | None = None, *openers: Any) -> Sources:
    return Sources(backend, Subject(IDENTITY, "u"), kept, openers)


def rows(found: Sources, limit: int = 9) -> list[tuple[Any, ...]]:
    return [(e.serial, e.resources, e.version, len(e.backups), e.current) for e in history(found, limit=limit).entries]


def test_no_state() -> None:
    found = history(sources(Plain(None)), limit=9)
    assert (found.entries, found.notes) == ((), ("the store keeps no versions of this state",))


def test_only_the_present_state() -> None:
    assert rows(sources(Plain(BODIES[0]))) == [(1, 1, "", 0, True)]


def test_versions_of_the_store() -> None:
    assert rows(sources(versioned(*BODIES))) == [(3, 3, "3", 0, True), (2, 2, "2", 0, False), (1, 1, "1", 0, False)]
    assert rows(sources(versioned(*BODIES)), limit=2) == [(3, 3, "3", 0, True), (2, 2, "2", 0, False)]


def test_backups_are_merged_with_the_versions_they_hold(tmp_path: Path) -> None:
    kept = archive(tmp_path, (BODIES[0], 1, "2026-11-01T00:00:00Z"), (BODIES[1], 2, "2026-11-02T00:00:00Z"))
    assert rows(sources(versioned(*BODIES[1:]), kept)) == [
        (3, 3, "2", 0, True), (2, 2, "1", 1, False), (1, 1, "", 1, False),
    ]  # fmt: skip
    last = history(sources(versioned(*BODIES[1:]), kept), limit=9).entries[-1]
    assert (last.written, last.replaced) == ("", "2026-11-01T00:00:00.000Z")


@pytest.mark.parametrize("openers", [(), (AES,)], ids=["without its key", "with its key"])
def test_sealed_backups(tmp_path: Path, openers: tuple[Any, ...]) -> None:
    kept = archive(tmp_path, (BODIES[0], 1, "2026-11-01T00:00:00Z"), (BODIES[1], 2, "2026-11-02T00:00:00Z"), sealer=AES)
    found = history(sources(versioned(*BODIES[1:]), kept, *openers), limit=9).entries
    assert [(e.serial, len(e.backups)) for e in found] == [(3, 0), (2, 1), (1, 1)]
    assert (found[-1].resources, bool(found[-1].unread)) == ((1, False) if openers else (None, True))


def test_backups_of_other_states_and_older_ones_than_wanted_stay_out(tmp_path: Path) -> None:
    kept = archive(tmp_path, (BODIES[0], 1, "2026-11-01T00:00:00Z"), (BODIES[1], 2, "2026-11-02T00:00:00Z"))
    assert rows(sources(Plain(BODIES[2]), kept), limit=1) == [(3, 3, "", 0, True), (2, 2, "", 1, False)]
    other = Sources(Plain(BODIES[2]), Subject("memory://other"), kept)
    assert rows(other) == [(3, 3, "", 0, True)]


def test_another_repos_state_at_the_same_relative_path_stays_out(tmp_path: Path) -> None:
    kept = archive(tmp_path)
    here = Subject("local://u/terraform.tfstate", "u", "default", "l", 1)
    for subject, data in ((here, BODIES[0]), (replace(here, lineage="m"), body(1, "z", lineage="m"))):
        kept.save(data, subject, reason="before apply")
    assert rows(Sources(Plain(BODIES[2]), here, kept)) == [(3, 3, "", 0, True), (1, 1, "", 1, False)]
    assert len(rows(Sources(Plain(None), here, kept))) == 2  # with nothing stored nobody can tell


def test_what_cannot_be_read_is_an_entry_with_its_reason() -> None:
    found = history(sources(versioned(BODIES[0], b"{broken", BODIES[1])), limit=9).entries
    assert [(e.serial, e.unread[:20]) for e in found] == [(2, ""), (1, ""), (None, "it is not valid JSON")]


def test_other_lineages_stand_below() -> None:
    found = rows(sources(versioned(body(90, "x", lineage="old"), *BODIES[:2])))
    assert [row[0] for row in found] == [2, 1, 90]


class NoListing(MemoryBackend):
    def versions(self) -> Iterator[Version]:
        raise BackendError("access denied", next_step="ask")


class NoVersion(MemoryBackend):
    def get_version(self, version_id: str) -> bytes:
        raise BackendError("access denied", next_step="ask")


def test_a_store_that_does_not_list_or_give_its_versions() -> None:
    store = MemoryStore({"default": [*BODIES]})
    found = history(sources(NoListing(store)), limit=9)
    assert [e.serial for e in found.entries] == [3]
    assert found.notes == ("the store's versions are not listed: access denied",)
    assert [e.unread for e in history(sources(NoVersion(store)), limit=1).entries] == ["access denied"]


def test_backups_that_are_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Archive) -> None:
        raise BackupError("no such bucket", next_step="make it")

    monkeypatch.setattr(Archive, "list", broken)
    found = history(sources(versioned(*BODIES), archive(tmp_path)), limit=9)
    assert found.notes == ("backups are not listed: no such bucket",)
    assert len(found.entries) == 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("3", BODIES[2], id="the present serial"),
        pytest.param("1", BODIES[0], id="an old serial"),
        pytest.param("1970-01-01T00:00:02Z", BODIES[1], id="the moment it was written"),
        pytest.param("1970-01-01T01:00:02+01:00", BODIES[1], id="in another zone"),
        pytest.param("2026-11-26", BODIES[2], id="a date"),
        pytest.param("3h", BODIES[2], id="hours ago"),
    ],
)
def test_find_in_the_store(wanted: str, expected: bytes) -> None:
    assert find_past(sources(versioned(*BODIES)), wanted, now=NOW).data == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("1", BODIES[0], id="serial"),
        pytest.param("2026-11-01T10:00:00Z", BODIES[1], id="time: what the next backup replaced"),
        pytest.param("2026-10-01", BODIES[0], id="before all of them"),
    ],
)
def test_find_in_backups(tmp_path: Path, wanted: str, expected: bytes) -> None:
    kept = archive(tmp_path, (BODIES[0], 1, "2026-11-01T00:00:00Z"), (BODIES[1], 2, "2026-11-02T00:00:00Z"))
    found = sources(Plain(BODIES[2]), kept)
    assert find_past(found, wanted, now=NOW).data == expected
    assert find_past(found, kept.list()[0].id[:8], now=NOW).data == BODIES[0]


def test_find_by_the_stores_own_id() -> None:
    class Named(MemoryBackend):
        def versions(self) -> Iterator[Version]:
            yield Version("v.abc", "2026-01-01T00:00:00Z")

        def get_version(self, version_id: str) -> bytes:
            return BODIES[0]

    found = find_past(sources(Named(MemoryStore({"default": [*BODIES]}))), "v.abc", now=NOW)
    assert (found.data, found.words) == (BODIES[0], "version v.abc of 2026-01-01T00:00:00Z")


def test_an_id_of_digits_alone_is_found_too(tmp_path: Path) -> None:
    class Generations(MemoryBackend):
        """As Google's, whose ids are numbers."""

        def versions(self) -> Iterator[Version]:
            yield Version("1764155530123456", "2026-01-01T00:00:00Z")

        def get_version(self, version_id: str) -> bytes:
            return BODIES[0]

    found = sources(Generations(MemoryStore({"default": [*BODIES]})))
    assert find_past(found, "1764155530123456", now=NOW).words == "version 1764155530123456 of 2026-01-01T00:00:00Z"

    kept = archive(tmp_path, *((body(1, f"r{n}"), 1, "2026-11-01T00:00:00Z") for n in range(60)))
    digits = next(k for k in kept.list() if k.id[:6].isdecimal())
    assert find_past(sources(Plain(BODIES[2]), kept), digits.id[:6], now=NOW).words.startswith(f"backup {digits.id}")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("9", "no version with serial 9 is kept"),
        ("1969-01-01", "nobody knows what was stored at 1969-01-01"),
        ("nonsense", "no version `nonsense` is kept"),
        ("abcdef", "no version `abcdef` is kept"),
    ],
)
def test_what_is_not_kept(wanted: str, message: str) -> None:
    damaged = versioned(b"{broken", *BODIES)
    with pytest.raises(StateError, match=message) as refused:
        find_past(sources(damaged), wanted, now=NOW)
    assert "dg state history" in refused.value.next_step


def test_a_serial_that_is_kept_twice(tmp_path: Path) -> None:
    kept = archive(tmp_path, (BODIES[0], 1, "2026-11-01T00:00:00Z"), (body(1, "z"), 1, "2026-11-02T00:00:00Z"))
    with pytest.raises(StateError, match="serial 1 is kept more than once") as refused:
        find_past(sources(Plain(BODIES[2]), kept), "1", now=NOW)
    assert refused.value.next_step.startswith("name one: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("90m", "2026-11-26T10:30:00+00:00", id="minutes"),
        pytest.param("2d", "2026-11-24T12:00:00+00:00", id="days"),
        pytest.param("1w", "2026-11-19T12:00:00+00:00", id="weeks"),
        pytest.param("2026-11-01T10:00", "2026-11-01T10:00:00+00:00", id="without a zone"),
        pytest.param("never", None, id="no time"),
    ],
)
def test_read_time(text: str, expected: str | None) -> None:
    found = read_time(text, NOW)
    assert (found.isoformat() if found else None) == expected
