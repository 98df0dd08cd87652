"""What a run acts through, and what it knows: the table of its units, its journal, what the user allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.finding import Finding
from driftgate.live.plan import Standing
from driftgate.remediate.execute.document import Document, DocumentError, DocumentStep
from driftgate.remediate.execute.group import Group
from driftgate.remediate.execute.journal import Journal
from driftgate.safety.audit import Event
from driftgate.state.parse import outer_meta
from driftgate.state.reader import source_of, stored
from driftgate.state.snapshot import SnapshotMeta
from driftgate.state.writer import Guards, Place
from driftgate.tfexec.plan import Plan
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Seams:
    """The world of a run.

    `standing` gives terraform in a unit. `place` is where dg itself writes a state, `guards` what stands by (backups,
    audit, lock) for an action. `classify` tells the findings of a plan. `blocks` are the gate's reasons against the
    real plan of steps, none where it may be applied. `ignore_lines` are what an ignore step adds. `step` shows
    progress, `redact` masks what must not be written down.
    """

    root: Path
    env: Mapping[str, str]
    standing: Callable[[Unit], AbstractContextManager[Standing]]
    place: Callable[[Unit], Place]
    guards: Callable[[str], Guards]
    open_backup: Callable[[str], bytes]
    classify: Callable[[Unit, Plan], list[Finding]]
    blocks: Callable[[Sequence[DocumentStep], Plan], list[str]]
    ignore_lines: Callable[[DocumentStep], list[str]]
    step: Callable[[str], AbstractContextManager[None]]
    redact: Callable[[str], str]

    def state(self, unit: Unit) -> bytes | None:
        """What is stored of the unit's state now, None for nothing."""
        payload = stored(unit, root=self.root, env=self.env)
        return payload.data if payload is not None and payload.data.strip() else None


@dataclass(slots=True)
class Run:
    """A run under way. `chosen` are its steps, `allowed` the addresses that may be destroyed, `lock_timeout` seconds.

    `at` is the version of each unit's state that the next step expects.
    """

    document: Document
    chosen: tuple[DocumentStep, ...]
    units: Mapping[tuple[str, str], Unit]
    allowed: frozenset[str]
    seams: Seams
    journal: Journal
    lock_timeout: float = 0.0
    at: dict[tuple[str, str], SnapshotMeta | None] = field(default_factory=dict)

    def unit(self, key: tuple[str, str]) -> Unit:
        return self.units[key]

    def audit(self, group: Group, outcome: str, **details: object) -> None:
        """Record an act on the cloud for good; what dg writes itself is recorded where it is written."""
        guards = self.seams.guards("remediate apply")
        subject = self.seams.place(self.unit(group.key)).subject
        addresses = [step.address for step in group.steps]
        what = {"run": self.journal.run, "steps": list(group.numbers), "addresses": addresses, **details}
        guards.audit.append(Event(f"remediate {group.strategy}", subject, outcome, what))


def meta_of(data: bytes | None, unit: Unit) -> SnapshotMeta | None:
    """Serial and lineage of a state's bytes, None for no state."""
    return None if data is None else outer_meta(data, source_of(unit))


def require_unmoved(planned: SnapshotMeta | None, found: SnapshotMeta | None, unit: Unit) -> None:
    """Returns when the state is still the version that was planned for. Raises DocumentError."""
    known = (planned.lineage, planned.serial) if planned else ("", None)
    now = (found.lineage, found.serial) if found else ("", None)
    if known != now:
        was, is_ = known[1] if planned else "none", now[1] if found else "none"
        other = " of another lineage" if planned and found and planned.lineage != found.lineage else ""
        raise DocumentError(
            f"{source_of(unit)} has moved since the plan was made: serial {was} then, {is_}{other} now",
            next_step="plan again: `dg remediate plan -o json`",
        )
