"""What every ledger does, wherever it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from driftgate.ledger.entry import Entries, Entry

Change = Callable[[Entries], dict[str, Entry]]


class Ledger(Protocol):
    """Remembered findings. Both methods raise LedgerError (or BackupError) when the place cannot be used."""

    @property
    def address(self) -> str:
        """Where it is, for people."""
        ...

    def load(self) -> dict[str, Entry]:
        """All that is remembered; nothing for a ledger that is not there yet."""
        ...

    def update(self, change: Change) -> dict[str, Entry]:
        """Keep what `change` makes of what is remembered, as one step: of two at once neither is lost. It may be called
        again, with newer entries, when somebody else was quicker."""
        ...
