"""What a backup of a state is, and where every write puts one first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from driftgate.errors import DriftgateError


class BackupError(DriftgateError):
    """A backup that could not be made, found or opened."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose state it is: the backend's `identity` (never a secret in it), the unit's path, and which version."""

    identity: str
    unit: str = ""
    workspace: str = "default"
    lineage: str = ""
    serial: int | None = None


class Backups(Protocol):
    """Where backups go. Write-only permission is enough for `save`."""

    def save(self, data: bytes, subject: Subject, *, reason: str) -> str:
        """Keep the state's bytes as stored, for good, and return the backup's id; the same bytes are kept once.

        It returns when the copy is safe (synced, or acknowledged by the store). `reason` is what the backup was made
        for (`before state mv`). Raises BackupError; the caller must not write then.
        """
        ...
