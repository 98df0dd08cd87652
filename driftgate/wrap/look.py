"""Reads the state around a run: its bytes for the backup, its content for the account of what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from driftgate.safety.backup import Subject
from driftgate.state.file import EncryptedStateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.reader import read_state, source_of, stored
from driftgate.wrap.target import Target


@dataclass(frozen=True, slots=True)
class Seen:
    """A state at one moment; both None where there is none."""

    data: bytes | None = None
    state: StateFile | None = None

    @property
    def serial(self) -> int | None:
        return self.state.serial if self.state else None


def look(target: Target, env: Mapping[str, str]) -> Seen:
    """What is stored now. Raises BackendError, StateError, ToolError or MissingExtra."""
    payload = stored(target.unit, root=target.root, env=env)
    if payload is None or not payload.data.strip():
        return Seen()
    try:
        return Seen(payload.data, parse_state(payload.data, source_of(target.unit)))
    except EncryptedStateError:
        if target.unit.tool != "tofu":
            raise
    return Seen(payload.data, read_state(target.unit, root=target.root, env=env))


def subject(target: Target, seen: Seen) -> Subject:
    """Whose state it is and which version, for backups and the audit log."""
    return Subject(
        identity=target.identity,
        unit=target.name.partition(" (")[0],
        workspace=target.unit.backend.workspace,
        lineage=seen.state.lineage if seen.state else "",
        serial=seen.serial,
    )
