"""The ledger of a team: a JSON object in a bucket or folder, for runs of CI that keep nothing themselves.

Stores are write-once, so each version has a name of its own and two writers of the same version cannot both win. That
needs no lock and no conditional write that some object stores lack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from driftgate.ledger.base import Change
from driftgate.ledger.document import LedgerError, from_json, to_json
from driftgate.ledger.entry import Entry
from driftgate.safety.backups.store import Store

KEPT = 5
_NAME = re.compile(r"driftgate-ledger-(\d{10})\.json")
_TRIES = 10


@dataclass(frozen=True, slots=True)
class ObjectLedger:
    """Versions `driftgate-ledger-0000000042.json` in `store`; the highest counts, the last five are kept."""

    store: Store

    @property
    def address(self) -> str:
        return self.store.address

    def load(self) -> dict[str, Entry]:
        return self._newest()[1]

    def update(self, change: Change) -> dict[str, Entry]:
        for _ in range(_TRIES):
            version, known = self._newest()
            entries = change(known)
            if self.store.put_new(_name(version + 1), to_json(entries.values()).encode()):
                self._forget(version + 1 - KEPT)
                return entries
        raise LedgerError(
            f"the ledger in {self.address} is written by others all the time", next_step="scan again, or less at once"
        )

    def _newest(self) -> tuple[int, dict[str, Entry]]:
        for version in sorted(self._versions(), reverse=True):
            data = self.store.get(_name(version))
            if data is not None:  # else it was removed as an old one meanwhile
                return version, from_json(data, f"{self.address}/{_name(version)}")
        return 0, {}

    def _versions(self) -> list[int]:
        return [int(match[1]) for name in self.store.names() if (match := _NAME.fullmatch(name))]

    def _forget(self, last: int) -> None:
        for version in self._versions():
            if version <= last:
                self.store.delete(_name(version))


def _name(version: int) -> str:
    return f"driftgate-ledger-{version:010}.json"
