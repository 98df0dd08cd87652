"""A remembered finding, and what a new scan makes of what is remembered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from driftgate.finding import DriftClass, Finding, Report, Severity, UnitStatus

FLAPPING = 3
"""Times that a finding came, from which on it is said to flap: it is mended and comes again."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Somebody's word that they look after a finding, until a day (YYYY-MM-DD), with a reason."""

    by: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding over time. Times are RFC 3339; `resolved` is "" while it is there; `times` counts how often it came."""

    fingerprint: str
    unit: str
    workspace: str
    address: str
    cls: DriftClass
    severity: Severity
    first_seen: str
    last_seen: str
    resolved: str = ""
    times: int = 1
    ack: Ack | None = None

    @property
    def flapping(self) -> bool:
        return self.times >= FLAPPING


Entries = Mapping[str, Entry]
"""Remembered findings by fingerprint."""


@dataclass(frozen=True, slots=True)
class News:
    """What a scan changed, each sorted: findings seen for the first time, again, still, and no more."""

    new: tuple[Entry, ...] = ()
    back: tuple[Entry, ...] = ()
    still: tuple[Entry, ...] = ()
    resolved: tuple[Entry, ...] = ()

    @property
    def words(self) -> str:
        """`2 new, 1 back, 3 resolved`, or that nothing changed."""
        counts = ((len(self.new), "new"), (len(self.back), "back again"), (len(self.resolved), "resolved"))
        return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing new"


def remember(known: Entries, report: Report, now: str) -> tuple[dict[str, Entry], News]:
    """What is known after `report`, a redacted one, and what is news in it.

    Only a unit that could be read can resolve its findings; one that failed, or was not scanned, changes nothing.
    """
    entries = dict(known)
    found = {f.fingerprint: f for f in report.findings if f.cls.is_drift}
    new: list[Entry] = []
    back: list[Entry] = []
    still: list[Entry] = []
    for fingerprint, finding in found.items():
        before = entries.get(fingerprint)
        entry = entries[fingerprint] = _seen(before, finding, now)
        (new if before is None else back if before.resolved else still).append(entry)
    read = {(unit.path, unit.workspace) for unit in report.units if unit.status is UnitStatus.OK}
    resolved = []
    for fingerprint, entry in known.items():
        if fingerprint not in found and not entry.resolved and (entry.unit, entry.workspace) in read:
            gone = entries[fingerprint] = replace(entry, resolved=now, ack=None)
            resolved.append(gone)
    return entries, News(*(tuple(sorted(group, key=order)) for group in (new, back, still, resolved)))


def order(entry: Entry) -> tuple[object, ...]:
    """The gravest first, then by unit and address."""
    return (-entry.severity, entry.unit, entry.workspace, entry.address, entry.fingerprint)


def _seen(before: Entry | None, finding: Finding, now: str) -> Entry:
    if before is None:
        return Entry(
            fingerprint=finding.fingerprint,
            unit=finding.unit,
            workspace=finding.workspace,
            address=finding.address,
            cls=finding.cls,
            severity=finding.severity,
            first_seen=now,
            last_seen=now,
        )
    times = before.times + (1 if before.resolved else 0)
    return replace(before, cls=finding.cls, severity=finding.severity, last_seen=now, resolved="", times=times)
