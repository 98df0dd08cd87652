"""Backs up the states of many units as they are now, without a lock: what a store gives is always a whole state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from driftgate.backends.base import Payload
from driftgate.errors import DriftgateError
from driftgate.safety.backup import Backups, Subject
from driftgate.state.parse import outer_meta
from driftgate.state.reader import source_of
from driftgate.state.snapshot import SnapshotMeta
from driftgate.threads import in_threads
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit: `backup` is the id, "" where there is no state yet; `error` why there is none."""

    unit: Unit
    backup: str = ""
    serial: int | None = None
    size: int = 0
    error: DriftgateError | None = None


def back_up(
    units: Sequence[Unit],
    read: Callable[[Unit], Payload | None],
    backups: Backups,
    *,
    reason: str,
    parallelism: int = 4,
) -> tuple[Outcome, ...]:
    """A backup of every unit's state as `read` gives it, in unit order; one that fails hides none of the others."""
    return tuple(in_threads(lambda unit: _one(unit, read, backups, reason), units, parallelism=parallelism))


def subject_of(unit: Unit, meta: SnapshotMeta) -> Subject:
    """Whose state it is, and which version."""
    return Subject(identity_of(unit), str(unit.path), unit.backend.workspace, meta.lineage, meta.serial)


def identity_of(unit: Unit) -> str:
    """Where the unit's state is; of backends that cannot be located, their type and the unit's path."""
    return unit.location.identity if unit.location else f"{unit.backend.type}://{unit.path}"


def _one(unit: Unit, read: Callable[[Unit], Payload | None], backups: Backups, reason: str) -> Outcome:
    try:
        payload = read(unit)
        if payload is None:
            return Outcome(unit)
        meta = outer_meta(payload.data, source_of(unit))  # what OpenTofu encrypted is kept as it is
        id_ = backups.save(payload.data, subject_of(unit, meta), reason=reason)
        return Outcome(unit, id_, meta.serial, len(payload.data))
    except DriftgateError as error:
        return Outcome(unit, error=error)
