"""The ledger of one machine: a SQLite file, private to its user."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftgate.ledger.base import Change
from driftgate.ledger.document import LedgerError, from_tree, to_tree
from driftgate.ledger.entry import Entry
from driftgate.safety.private_files import private_folder

_SCHEMA = "CREATE TABLE IF NOT EXISTS finding (fingerprint TEXT PRIMARY KEY, entry TEXT NOT NULL) STRICT"
_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class SqliteLedger:
    """Findings in the file `path`, which is made with the first update."""

    path: Path

    @property
    def address(self) -> str:
        return str(self.path)

    def load(self) -> dict[str, Entry]:
        if not self.path.exists():
            return {}
        with self._open() as database:
            return _entries(database)

    def update(self, change: Change) -> dict[str, Entry]:
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            entries = change(_entries(database))
            database.execute("DELETE FROM finding")
            rows = [(fingerprint, json.dumps(to_tree(entry))) for fingerprint, entry in sorted(entries.items())]
            database.executemany("INSERT INTO finding VALUES (?, ?)", rows)
            database.execute("COMMIT")
            return entries

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            private_folder(self.path.parent)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            database = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
            try:
                database.execute(_SCHEMA)
                yield database
            finally:
                database.close()  # what was begun and not committed is undone
        except (OSError, sqlite3.Error, ValueError, KeyError, TypeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise LedgerError(
                f"cannot use the ledger {self.path}: {why}", next_step="name another with --ledger, or --no-ledger"
            ) from None


def _entries(database: sqlite3.Connection) -> dict[str, Entry]:
    rows = database.execute("SELECT fingerprint, entry FROM finding")
    return {fingerprint: from_tree(json.loads(text)) for fingerprint, text in rows}
