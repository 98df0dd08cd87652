from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest

from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.aes import AesSealer, KeyFile
from driftgate.safety.backups.age import AgeOpener, AgeSealer
from driftgate.safety.backups.archive import Archive, Condition
from driftgate.safety.backups.index import Index
from driftgate.safety.backups.label import LABEL_SUFFIX
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.backups.seal import InClear, SealedError, Sealer

APP = Subject("s3://states/app.tfstate", "live/app", "default", "lin", 7)
STATE = b'{"version": 4, "serial": 7}'
IDENTITY = pyrage.x25519.Identity.generate()
AES = AesSealer(KeyFile(b"k" * 32))
AGE = AgeSealer((str(IDENTITY.to_public()),))
OPENERS = (AES, AgeOpener((IDENTITY,)))
SEALERS = [pytest.param(InClear(), id="clear"), pytest.param(AES, id="aes"), pytest.param(AGE, id="age")]


def archive(folder: Path, sealer: Sealer | None = None, **more: Any) -> Archive:
    now = more.pop("now", datetime(2026, 11, 26, 1, tzinfo=UTC))
    store = more.pop("store", LocalStore(folder / "backups"))
    return Archive(store, Index(folder / "index.sqlite3"), sealer or InClear(), now=lambda: now)


def files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "backups").rglob("*") if p.is_file())


def test_nothing_saved_is_nothing_listed(tmp_path: Path) -> None:
    assert archive(tmp_path).list() == ()
    assert archive(tmp_path).known() == ()


@pytest.mark.parametrize("sealer", SEALERS)
def test_what_is_saved_can_be_read(tmp_path: Path, sealer: Sealer) -> None:
    kept_here = archive(tmp_path, sealer)
    id_ = kept_here.save(STATE, APP, reason="before state mv")
    (kept,) = kept_here.list()

    assert (kept.id, kept.label.subject, kept.label.reason) == (id_, APP, "before state mv")
    assert (kept.label.created, kept.label.size) == ("2026-11-26T01:00:00.000Z", len(STATE))
    assert kept_here.read(kept, OPENERS) == STATE
    assert kept_here.find(id_[:6]) == kept
    assert kept_here.check(kept, OPENERS).condition is Condition.WHOLE


@pytest.mark.parametrize("sealer", SEALERS)
def test_the_same_bytes_are_kept_once(tmp_path: Path, sealer: Sealer) -> None:
    one = archive(tmp_path, sealer).save(STATE, APP, reason="first")
    before = {p: p.read_bytes() for p in files(tmp_path)}
    two = archive(tmp_path, sealer, now=datetime(2027, 1, 1, tzinfo=UTC)).save(STATE, APP, reason="second")

    assert one == two
    assert {p: p.read_bytes() for p in files(tmp_path)} == before
    assert [k.label.reason for k in archive(tmp_path).list()] == ["first"]
    assert [k.label.stored != "" for k in archive(tmp_path).list()] == [True]


def test_other_bytes_of_the_same_serial_are_kept_too(tmp_path: Path) -> None:
    ids = {archive(tmp_path).save(data, APP, reason="") for data in (STATE, STATE + b"\n")}

    assert {k.id for k in archive(tmp_path).list()} == ids
    assert len(ids) == 2


def test_who_begins_to_encrypt_gets_a_sealed_copy_too(tmp_path: Path) -> None:
    for sealer in (InClear(), AES, AGE):
        archive(tmp_path, sealer).save(STATE, APP, reason="")

    assert sorted(k.name.rpartition(".tfstate")[2] for k in archive(tmp_path).list()) == [
        ".zst",
        ".zst.aes",
        ".zst.age",
    ]


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        archive(tmp_path).save(STATE, APP, reason="")
        archive(tmp_path).list()
    finally:
        os.umask(old)

    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "backups", *(tmp_path / "backups").rglob("*"))}
    assert {m for n, m in modes.items() if ".tfstate" in n and "-lin" not in n and not n.startswith("s3")} == {0o600}
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o700 for p in (tmp_path / "backups").rglob("*") if p.is_dir())
    assert stat.S_IMODE((tmp_path / "index.sqlite3").stat().st_mode) == 0o600


def test_a_reason_with_a_secret_is_masked(tmp_path: Path) -> None:
    archive(tmp_path).save(STATE, APP, reason="token=abcdef123456")

    assert "abcdef123456" not in archive(tmp_path).list()[0].label.reason


@pytest.mark.parametrize("sealer", SEALERS)
@pytest.mark.parametrize("labels", [True, False], ids=["labels there", "labels lost"])
def test_the_index_is_made_again_from_the_backups_alone(tmp_path: Path, sealer: Sealer, labels: bool) -> None:
    for serial in (7, 8):
        archive(tmp_path, sealer).save(STATE, Subject(APP.identity, APP.unit, "default", "lin", serial), reason="r")
    before = archive(tmp_path).list()
    (tmp_path / "index.sqlite3").unlink()
    for file in files(tmp_path):
        if not labels and file.name.endswith(LABEL_SUFFIX):
            file.unlink()
    after = archive(tmp_path).list()

    assert [k.name for k in after] == [k.name for k in before]
    assert [(k.label.subject.lineage, k.label.subject.serial) for k in after] == [("lin", 7), ("lin", 8)]
    assert [archive(tmp_path).read(k, OPENERS) for k in after] == [STATE, STATE]
    if labels:
        assert after == before
    elif sealer is not AGE:  # age hides its header: the name is all there is
        assert [k.label.subject.identity for k in after] == [APP.identity] * 2


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100], ids=["empty", "garbage"])
def test_a_damaged_index_is_made_anew(tmp_path: Path, content: bytes) -> None:
    archive(tmp_path).save(STATE, APP, reason="")
    (tmp_path / "index.sqlite3").write_bytes(content)

    assert len(archive(tmp_path).list()) == 1


def test_an_index_with_a_damaged_label_is_made_anew(tmp_path: Path) -> None:
    saved = archive(tmp_path)
    id_ = saved.save(STATE, APP, reason="")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.sqlite3")) as db, db:
        db.execute("UPDATE backups SET label = '{}'")

    assert [kept.id for kept in saved.list()] == [id_]
    assert [kept.id for kept in saved.known()] == [id_]


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    archive(tmp_path).save(STATE, APP, reason="")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.sqlite3")) as db, db:
        db.execute("PRAGMA user_version = 99")

    assert len(archive(tmp_path).list()) == 1


def test_a_backup_is_safe_even_if_the_index_is_not(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite3").mkdir()
    id_ = archive(tmp_path).save(STATE, APP, reason="")
    with pytest.raises(BackupError, match="cannot use the index"):
        archive(tmp_path).list()
    (tmp_path / "index.sqlite3").rmdir()

    assert [k.id for k in archive(tmp_path).list()] == [id_]


def test_the_list_follows_the_store(tmp_path: Path) -> None:
    archive(tmp_path).save(STATE, APP, reason="")
    elsewhere = Archive(LocalStore(tmp_path / "backups"), Index(tmp_path / "other.sqlite3"))
    seen = elsewhere.list()
    (tmp_path / "backups" / "note.txt").write_text("not ours")
    archive(tmp_path).remove(seen[0])

    assert len(seen) == 1
    assert elsewhere.list() == archive(tmp_path).list() == ()
    assert [p.name for p in files(tmp_path)] == ["note.txt"]


@pytest.mark.parametrize("sealer", SEALERS)
@pytest.mark.parametrize("keys", [OPENERS, ()], ids=["with keys", "without"])
def test_a_rotten_file_is_found(tmp_path: Path, sealer: Sealer, keys: Any) -> None:
    archive(tmp_path, sealer).save(STATE, APP, reason="")
    body = next(p for p in files(tmp_path) if not p.name.endswith(LABEL_SUFFIX))
    data = bytearray(body.read_bytes())
    data[-1] ^= 1
    body.write_bytes(data)
    (kept,) = archive(tmp_path).list()

    assert archive(tmp_path).check(kept, keys).condition is Condition.DAMAGED


@pytest.mark.parametrize("sealer", SEALERS[1:])
def test_without_a_key_a_sound_file_stays_unopened(tmp_path: Path, sealer: Sealer) -> None:
    archive(tmp_path, sealer).save(STATE, APP, reason="")
    (kept,) = archive(tmp_path).list()
    check = archive(tmp_path).check(kept)

    assert (check.condition, "sealed with" in check.reason) == (Condition.UNOPENED, True)
    with pytest.raises(SealedError, match=f"backup {kept.id} cannot be opened: it is sealed with"):
        archive(tmp_path).read(kept)


@pytest.mark.parametrize("sealer", SEALERS)
def test_without_key_and_hash_nobody_can_tell(tmp_path: Path, sealer: Sealer) -> None:
    archive(tmp_path, sealer).save(STATE, APP, reason="")
    for file in files(tmp_path):
        if file.name.endswith(LABEL_SUFFIX):
            file.unlink()
    (tmp_path / "index.sqlite3").unlink()
    (kept,) = archive(tmp_path).list()
    expected = Condition.WHOLE if isinstance(sealer, InClear) else Condition.UNPROVEN

    assert archive(tmp_path).check(kept).condition is expected
    assert archive(tmp_path).check(kept, OPENERS).condition is Condition.WHOLE


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    archive(tmp_path).save(STATE, APP, reason="")
    (kept,) = archive(tmp_path).list()
    archive(tmp_path).store.delete(kept.name)

    assert archive(tmp_path).check(kept).condition is Condition.MISSING
    with pytest.raises(BackupError, match="no longer in"):
        archive(tmp_path).read(kept)


def test_a_file_put_in_anothers_place_is_found(tmp_path: Path) -> None:
    for serial, data in ((7, STATE), (8, b"other")):
        archive(tmp_path).save(data, Subject(APP.identity, "", "default", "lin", serial), reason="")
    one, two = archive(tmp_path).list()
    other = archive(tmp_path).file(two)
    archive(tmp_path).store.delete(one.name)
    archive(tmp_path).store.put_new(one.name, other)

    assert archive(tmp_path).check(one).condition is Condition.DAMAGED
    with pytest.raises(BackupError, match="another state than its name says"):
        archive(tmp_path).read(one)


@pytest.mark.parametrize("sealer", SEALERS)
def test_saving_again_mends_a_rotten_copy(tmp_path: Path, sealer: Sealer) -> None:
    archive(tmp_path, sealer).save(STATE, APP, reason="")
    body = next(p for p in files(tmp_path) if not p.name.endswith(LABEL_SUFFIX))
    body.write_bytes(body.read_bytes()[:-3])
    archive(tmp_path, sealer).save(STATE, APP, reason="")
    (kept,) = archive(tmp_path).list()

    assert archive(tmp_path).check(kept, OPENERS).condition is Condition.WHOLE


@dataclass(frozen=True)
class Killed(LocalStore):
    """A folder whose writer is killed after the first file."""

    written: list[str] = field(default_factory=list)

    def put_new(self, name: str, data: bytes) -> bool:
        if self.written:
            raise KeyboardInterrupt
        self.written.append(name)
        return super().put_new(name, data)


@pytest.mark.parametrize("sealer", SEALERS)
def test_a_run_killed_before_the_label_is_made_good_by_the_next(tmp_path: Path, sealer: Sealer) -> None:
    with pytest.raises(KeyboardInterrupt):
        archive(tmp_path, sealer, store=Killed(tmp_path / "backups")).save(STATE, APP, reason="killed")
    killed = archive(tmp_path).list()
    archive(tmp_path, sealer).save(STATE, APP, reason="next")
    (tmp_path / "index.sqlite3").unlink(missing_ok=True)
    (kept,) = archive(tmp_path).list()

    assert len(killed) == 1
    assert (kept.label.subject, kept.label.stored) == (APP, "")
    assert archive(tmp_path).check(kept, OPENERS).condition is Condition.WHOLE


def test_many_at_once(tmp_path: Path) -> None:
    kept_here = archive(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: kept_here.save(STATE + bytes([n % 5]), APP, reason=""), range(40)))

    assert len(set(ids)) == 5
    assert len(kept_here.list()) == 5
    assert {kept_here.check(k).condition for k in kept_here.list()} == {Condition.WHOLE}


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")

    with pytest.raises(BackupError, match="cannot write the backups in"):
        archive(tmp_path).save(STATE, APP, reason="")


@pytest.mark.parametrize(
    ("id_", "said"),
    [("", "there is no backup"), ("zz", "there is no backup zz"), (None, "2 backups have ids that begin with")],
    ids=["nothing", "unknown", "ambiguous"],
)
def test_an_id_that_names_no_single_backup(tmp_path: Path, id_: str | None, said: str) -> None:
    seen: dict[str, int] = {}
    number = 0
    while not any(count > 1 for count in seen.values()) and number < 40:
        first = archive(tmp_path).save(STATE, Subject("s", "", "", "lin", number), reason="")[0]
        seen[first] = seen.get(first, 0) + 1
        number += 1
    wanted = next(c for c, n in seen.items() if n > 1) if id_ is None else id_

    with pytest.raises(BackupError, match=said):
        archive(tmp_path).find(wanted)
