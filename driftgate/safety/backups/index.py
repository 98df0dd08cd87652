"""The labels of a store's backups in SQLite, so that a list costs no download: a copy, made again from the backups."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftgate.safety.backup import BackupError
from driftgate.safety.backups.label import Label, parse_label
from driftgate.safety.private_files import private_folder

VERSION = 1
_WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Index:
    """The index in the file `path`, made when it is first needed, and anew when it is damaged or of another version."""

    path: Path

    def labels(self) -> dict[str, Label]:
        """Every backup known, by the name of its file. Raises BackupError."""
        with self._open() as db:
            try:
                return {name: parse_label(label) for name, label in db.execute("SELECT name, label FROM backups")}
            except ValueError:  # rot that SQLite does not see
                db.execute("DELETE FROM backups")
                return {}

    def add(self, labels: Mapping[str, Label]) -> None:
        """Remember these backups; those that are known stay as they are. Raises BackupError."""
        rows = [(name, label.to_json()) for name, label in labels.items()]
        with self._open() as db:
            db.executemany("INSERT OR IGNORE INTO backups (name, label) VALUES (?, ?)", rows)

    def drop(self, names: Iterable[str]) -> None:
        """Forget these. Raises BackupError."""
        with self._open() as db:
            db.executemany("DELETE FROM backups WHERE name = ?", [(name,) for name in names])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect()) as db, db:
                yield db
        except (sqlite3.Error, OSError) as error:
            raise BackupError(
                f"cannot use the index of backups {self.path}: {error}",
                next_step="make room or mend its permissions; it can be deleted, the next list makes it again",
            ) from None

    def _connect(self) -> sqlite3.Connection:
        try:
            return _prepared(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, no room: nothing that deleting it would mend
                raise
            self.path.unlink(missing_ok=True)
            return _prepared(self.path)


def _prepared(path: Path) -> sqlite3.Connection:
    private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(path, timeout=_WAIT_SECONDS)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] not in (0, VERSION):
            raise sqlite3.DatabaseError("of another version")
        with db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE IF NOT EXISTS backups (name TEXT PRIMARY KEY, label BLOB NOT NULL)")
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("SELECT name, label FROM backups LIMIT 1").fetchone()
    except BaseException:
        db.close()
        raise
    return db
