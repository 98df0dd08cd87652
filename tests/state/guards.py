"""Backups and an audit log in memory, for tests of what stands above them."""

from __future__ import annotations

import hashlib
from typing import Any

from contract.sites import new_lock

from driftgate.safety.audit import AuditError, Event
from driftgate.safety.backup import BackupError, Subject
from driftgate.state.writer import Guards


class MemoryBackups:
    def __init__(self) -> None:
        self.saved: dict[str, tuple[bytes, Subject, str]] = {}
        self.broken = False

    def save(self, data: bytes, subject: Subject, *, reason: str) -> str:
        if self.broken:
            raise BackupError("the backup folder is full", next_step="make room")
        name = hashlib.sha256(data).hexdigest()[:12]
        self.saved[name] = (data, subject, reason)
        return name


class MemoryAudit:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken_at: str | None = None

    def append(self, event: Event) -> None:
        if self.broken_at is not None and event.outcome.startswith(self.broken_at):
            raise AuditError("the audit log is full", next_step="make room")
        self.events.append(event)

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.events]


def new_guards(**more: Any) -> Guards:
    return Guards(MemoryBackups(), MemoryAudit(), new_lock("state push"), **more)
