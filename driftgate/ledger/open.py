"""Opens the ledger that a repo's settings name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from driftgate.ledger.base import Ledger


def open_ledger(place: str, root: Path, env: Mapping[str, str]) -> Ledger:
    """The ledger at `place`: a folder or `s3://bucket/prefix` (as for backups), a `.sqlite3` file; "" is the user's own
    for the repo at `root`. Nothing is made before the first update. Raises BackupError for a place that cannot be.
    """
    from driftgate.ledger.objects import ObjectLedger
    from driftgate.ledger.sqlite import SqliteLedger
    from driftgate.safety.backups.destination import open_store
    from driftgate.safety.open import state_folder

    if not place:
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
        return SqliteLedger(state_folder(env) / "ledgers" / f"{name}.sqlite3")
    if "://" not in place and place.endswith(".sqlite3"):
        return SqliteLedger(Path(place))
    return ObjectLedger(open_store(place, env))
