"""Which states an audit log speaks of: their backups are the proof of what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SERIALS = ("serial", "serial_before", "serial_after")
BACKUPS = ("backup", "restored")


@dataclass(frozen=True, slots=True)
class References:
    """The `states` that records name, each an (identity, lineage, serial), and the `backups`, by id."""

    states: frozenset[tuple[str, str, int]] = frozenset()
    backups: frozenset[str] = frozenset()

    def __or__(self, other: References) -> References:
        return References(self.states | other.states, self.backups | other.backups)


def references(lines: Iterable[bytes]) -> References:
    """What the log's `lines` refer to: subjects, and the SERIALS and BACKUPS in details.

    A line that cannot be read refers to nothing; whether the log is whole is for `verify` to say.
    """
    states: set[tuple[str, str, int]] = set()
    backups: set[str] = set()
    for line in lines:
        record = _read(line)
        subject, details = _table(record.get("subject")), _table(record.get("details"))
        identity, lineage = str(subject.get("identity", "")), str(subject.get("lineage", ""))
        numbers = [subject.get("serial"), *(details.get(name) for name in SERIALS)]
        states |= {(identity, lineage, number) for number in numbers if isinstance(number, int)}
        backups |= {details[name] for name in BACKUPS if isinstance(details.get(name), str)}
    return References(frozenset(states), frozenset(backups))


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        return _table(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
