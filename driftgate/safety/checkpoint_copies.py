"""Copies of checkpoints away from the log: in a folder or a bucket that its writers can only add to."""

from __future__ import annotations

from driftgate.safety.backups.store import Store
from driftgate.safety.trail.checkpoint import Checkpoint, parse_checkpoints

_FOLDER = "checkpoints/"


def keep(checkpoint: Checkpoint, store: Store) -> None:
    """Put a copy into `store`, which may allow nothing but to add; one place is for one log. Raises BackupError."""
    store.put_new(f"{_FOLDER}{checkpoint.seq:012d}-{checkpoint.hash[:16]}-{checkpoint.key}.json", checkpoint.to_line())


def kept(store: Store) -> tuple[list[Checkpoint], int]:
    """The checkpoints in `store`, and how many files are none. Raises BackupError."""
    names = sorted(name for name in store.names() if name.startswith(_FOLDER))
    read = [parse_checkpoints(store.get(name) or b"-") for name in names]
    return [checkpoint for found, _ in read for checkpoint in found], sum(broken for _, broken in read)
