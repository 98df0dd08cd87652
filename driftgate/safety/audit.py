"""What an audit record says, and where every act that changes something is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from driftgate.errors import DriftgateError
from driftgate.safety.backup import Subject


class AuditError(DriftgateError):
    """An audit log that cannot be written, read or trusted."""


@dataclass(frozen=True, slots=True)
class Event:
    """One act: `action` (`state mv`, `terraform apply`), on what, and how it ended (`ok`, `failed: why`, `exit 1`).

    `details` is a JSON tree with what else counts (serial before and after, backup id, argv masked, plan hash). The
    log adds who, when, where and the chain.
    """

    action: str
    subject: Subject | None = None
    outcome: str = "ok"
    details: Mapping[str, object] = field(default_factory=dict)


class Audit(Protocol):
    """Where events go; append-only."""

    def append(self, event: Event) -> None:
        """Record the event for good. Raises AuditError."""
        ...
