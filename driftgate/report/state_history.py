"""A state's past for people and programs: what `dg state history` shows."""

from __future__ import annotations

from typing import Any

from driftgate.report.table import table
from driftgate.safety.redact import Redactor
from driftgate.state.history import Entry, History

FORMAT_VERSION = "1.0"
HEADERS = ("SERIAL", "WRITTEN", "RESOURCES", "SIZE", "TERRAFORM", "BY", "BACKUP", "VERSION")
_ID = 12


def history_tree(found: History, redactor: Redactor) -> dict[str, Any]:
    """What `-o json` prints: newest first; null for what is not known, `unread` says why it could not be read."""
    return {
        "format_version": FORMAT_VERSION,
        "entries": [_entry(entry, redactor) for entry in found.entries],
        "notes": [redactor.text(note) for note in found.notes],
    }


def history_table(found: History, redactor: Redactor, *, width: int = 100) -> str:
    """A line for each version, newest first; columns without anything in them are left out.

    Where only a backup tells of a version, its time is when something else took its place.
    """
    rows = [_row(entry, redactor) for entry in found.entries]
    filled = [n for n, _ in enumerate(HEADERS) if n < 2 or any(row[n] for row in rows)]
    headers = [HEADERS[n] for n in filled]
    flexible = headers.index("VERSION") if "VERSION" in headers else 1
    return table(headers, [[row[n] for n in filled] for row in rows], width=width, flexible=flexible)


def _entry(entry: Entry, redactor: Redactor) -> dict[str, Any]:
    meta = entry.meta
    return {
        "serial": entry.serial,
        "lineage": meta.lineage if meta else None,
        "terraform_version": (meta.terraform_version or None) if meta else None,
        "current": entry.current,
        "written": entry.written or None,
        "replaced": entry.replaced or None,
        "size": entry.size,
        "resources": entry.resources,
        "encrypted": entry.encrypted,
        "author": redactor.text(entry.author) or None,
        "version": entry.version or None,
        "backups": [
            {"id": kept.id, "created": kept.label.created, "reason": redactor.text(kept.label.reason)}
            for kept in entry.backups
        ],
        "unread": redactor.text(entry.unread) or None,
    }


def _row(entry: Entry, redactor: Redactor) -> tuple[str, ...]:
    when = entry.written or (f"before {entry.replaced}" if entry.replaced else "")
    return (
        "?" if entry.serial is None else f"{entry.serial}{' (now)' if entry.current else ''}",
        when.replace("T", " ").partition(".")[0].removesuffix("Z"),
        "unread" if entry.unread else "encrypted" if entry.encrypted else _number(entry.resources),
        _size(entry.size),
        entry.meta.terraform_version if entry.meta else "",
        redactor.text(entry.author),
        ", ".join(kept.id[:_ID] for kept in entry.backups),
        entry.version,
    )


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _size(size: int | None) -> str:
    if size is None:
        return ""
    return f"{size:,} B" if size < 10_000 else f"{size / 1000:,.0f} kB"
