"""One line of an audit log: what stands in it, and how each is chained to the one before. Pure.

    {"v": 1, "seq": …, "time": …, "who": {…}, "run": …, "reason": …, "action": …, "subject": {…}, "outcome": …,
     "details": {…}, "torn": {…}, "prev": HASH, "hash": HASH}

`hash` is the SHA-256 of the record without it, spelled canonically; `prev` is that of the record before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from driftgate.safety.audit import Event
from driftgate.safety.canonical import canonical

VERSION = 1
GENESIS = "0" * 64
"""`prev` of the first record."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that agrees with its own hash. `document` is the whole of it."""

    seq: int
    time: str
    action: str
    prev: str
    hash: str
    document: Mapping[str, Any]

    @property
    def label(self) -> str:
        """The record in a sentence."""
        return f"record {self.seq} ({self.action}, {self.time})"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: its last record's number and hash, and what a crash left behind it."""

    seq: int = 0
    hash: str = GENESIS
    torn: bytes = b""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a record says beside the event: `who` (see actor.py), why (`reason`), and the run it belongs to."""

    who: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""
    run: str = ""


def new_record(event: Event, around: Circumstances, *, after: Head, time: str) -> dict[str, Any]:
    """The record of `event` that follows `after`; `time` is RFC 3339 in UTC.

    What a cut-off write left at the log's end is part of the chain too, by its length and hash.
    """
    record: dict[str, Any] = {
        "v": VERSION,
        "seq": after.seq + 1,
        "time": time,
        "who": dict(around.who),
        "action": event.action,
        "subject": asdict(event.subject) if event.subject else None,
        "outcome": event.outcome,
        "details": dict(event.details),
        "prev": after.hash,
    }
    optional = {"reason": around.reason, "run": around.run, "torn": torn(after.torn) if after.torn else None}
    record |= {name: value for name, value in optional.items() if value}
    return record | {"hash": _hash(record)}


def torn(fragment: bytes) -> dict[str, Any]:
    """How a record speaks of the `fragment` before it."""
    return {"bytes": len(fragment), "sha256": hashlib.sha256(fragment).hexdigest()}


def line_of(record: Mapping[str, Any]) -> bytes:
    """The record as it is stored, with its newline."""
    return canonical(record) + b"\n"


def parse(line: bytes) -> Record | None:
    """The record in `line`, without its newline; None unless it is whole, canonical and agrees with its hash."""
    try:
        document = json.loads(line)
        record = Record(
            int(document["seq"]),
            str(document["time"]),
            str(document["action"]),
            str(document["prev"]),
            str(document["hash"]),
            document,
        )
        honest = canonical(document) == line and _hash(document) == record.hash
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if honest else None


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({k: v for k, v in record.items() if k != "hash"})).hexdigest()
