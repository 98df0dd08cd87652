"""The ledger of a team: a JSON object in a bucket or folder, for runs of CI that keep nothing themselves.

Stores are write-once, so each version has a name of its own and two writers of the same version cannot both win. That
needs no lock and no conditional write that some object stores lack.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass

from driftgate.ledger.base import Change
from driftgate.ledger.document import LedgerError, from_json, to_json
from driftgate.ledger.entry import Entry
from driftgate.safety.backups.store import Store

KEPT = 5
_NAME = re.compile(r"driftgate-ledger-(\d{10})\.json")
_TRIES = 10
_PAUSE = 0.1
"""Seconds by which the longest wait before a try grows from one to the next: who waits as long as others never wins."""


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
        for earlier in range(_TRIES):
            time.sleep(random.uniform(0, _PAUSE * earlier))  # noqa: S311
            version, known = self._newest()
            entries = change(known)
            if self._put(version, to_json(entries.values()).encode()):
                return entries
        raise self._busy()

    def _put(self, base: int, data: bytes) -> bool:
        """Write the version after `base`; False where another writer was faster.

        One that many others overtook finds the name of its version free again. That is seen by the base, which was
        removed before it: the oldest goes first.
        """
        new = base + 1
        if not self.store.put_new(_name(new), data):
            return False
        versions = self._versions()
        overtaken = base not in versions if base else max(versions, default=0) > KEPT
        if overtaken:
            self.store.delete(_name(new))
            return False
        for version in versions:
            if version <= new - KEPT:
                self.store.delete(_name(version))
        return True

    def _newest(self) -> tuple[int, dict[str, Entry]]:
        for _ in range(_TRIES):
            versions = self._versions()
            if not versions:
                return 0, {}
            name = _name(versions[-1])
            data = self.store.get(name)
            if data is not None:  # else it was removed as an old one meanwhile
                return versions[-1], from_json(data, f"{self.address}/{name}")
        raise self._busy()

    def _versions(self) -> list[int]:
        return sorted(int(match[1]) for name in self.store.names() if (match := _NAME.fullmatch(name)))

    def _busy(self) -> LedgerError:
        return LedgerError(
            f"the ledger in {self.address} is written by others all the time", next_step="scan again, or less at once"
        )


def _name(version: int) -> str:
    return f"driftgate-ledger-{version:010}.json"
