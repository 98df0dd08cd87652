"""The ledger as a JSON document, versioned: what the object of a CI ledger holds, and `dg drift show -o json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Severity
from driftgate.ledger.entry import Ack, Entries, Entry, order

FORMAT_VERSION = "1.0"


class LedgerError(DriftgateError):
    """The ledger cannot be read or written."""


def to_json(entries: Iterable[Entry]) -> str:
    """The document for these entries, sorted."""
    rows = [to_tree(entry) for entry in sorted(entries, key=order)]
    return json.dumps({"format_version": FORMAT_VERSION, "findings": rows}, ensure_ascii=False, indent=1) + "\n"


def from_json(data: bytes, name: str) -> dict[str, Entry]:
    """The entries in the document `data`, which stands at `name`. Raises LedgerError for anything else."""
    try:
        tree = json.loads(data)
        if str(tree["format_version"]).partition(".")[0] != "1":
            raise LedgerError(
                f"the ledger {name} has format version {tree['format_version']}, and this dg reads 1.x",
                next_step="use the dg that wrote it, or another place",
            )
        return {row["fingerprint"]: from_tree(row) for row in tree["findings"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerError(
            f"the ledger {name} is damaged: {error!r}", next_step="remove it: the next scan starts a new one"
        ) from None


def to_tree(entry: Entry) -> dict[str, Any]:
    """One entry as JSON."""
    ack = entry.ack
    return {
        "fingerprint": entry.fingerprint,
        "unit": entry.unit,
        "workspace": entry.workspace,
        "address": entry.address,
        "class": entry.cls.value,
        "severity": str(entry.severity),
        "first_seen": entry.first_seen,
        "last_seen": entry.last_seen,
        "resolved": entry.resolved or None,
        "times": entry.times,
        "flapping": entry.flapping,
        "acknowledged": None if ack is None else {"by": ack.by, "until": ack.until, "reason": ack.reason},
    }


def from_tree(tree: Mapping[str, Any]) -> Entry:
    """The inverse of `to_tree`. Raises KeyError, TypeError or ValueError for what it did not make."""
    ack = tree["acknowledged"]
    return Entry(
        fingerprint=str(tree["fingerprint"]),
        unit=str(tree["unit"]),
        workspace=str(tree["workspace"]),
        address=str(tree["address"]),
        cls=DriftClass(tree["class"]),
        severity=Severity.parse(tree["severity"]),
        first_seen=str(tree["first_seen"]),
        last_seen=str(tree["last_seen"]),
        resolved=tree["resolved"] or "",
        times=int(tree["times"]),
        ack=None if ack is None else Ack(str(ack["by"]), str(ack["until"]), str(ack["reason"])),
    )


def days(entries: Entries) -> dict[str, str]:
    """The day (YYYYMMDD) of the first sight of each finding, by fingerprint."""
    return {fingerprint: entry.first_seen[:10].replace("-", "") for fingerprint, entry in entries.items()}
