"""What `dg state locks` shows: the versioned JSON document, and the table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from driftgate.report.json_report import laid_out
from driftgate.report.render import render
from driftgate.report.view import plural
from driftgate.state.held_locks import Lock, Untold

FORMAT_VERSION = "1.0"


def to_json(held: Sequence[Lock], untold: Sequence[Untold], *, now: datetime) -> str:
    """The document of `dg state locks -o json`; ages are in seconds, null where the record has no time."""
    document = {
        "format_version": FORMAT_VERSION,
        "locks": [_document(lock, now) for lock in held],
        "unread": [{"unit": str(item.unit.path), "reason": item.why, "failed": item.failed} for item in untold],
    }
    return laid_out(document)


def to_table(
    held: Sequence[Lock], untold: Sequence[Untold], *, now: datetime, color: bool = False, width: int = 100
) -> str:
    """The list for a terminal."""
    rows = [{**_document(lock, now), "since": spoken(age(lock.info.created, now))} for lock in held]
    summary = f"{plural(len(held), 'lock')} held" if held else "no locks held"
    failed = sum(item.failed for item in untold)
    if failed:
        summary += f", as far as could be seen: {plural(failed, 'state')} could not be looked at"
    return render("locks.txt.j2", color=color, width=width, rows=rows, untold=untold, summary=summary)


def age(created: str, now: datetime) -> float | None:
    """Seconds since a record's time, None where it is none."""
    try:
        return max(0.0, (now - datetime.fromisoformat(created)).total_seconds())
    except (ValueError, TypeError):
        return None


def spoken(seconds: float | None) -> str:
    """`3 min`, `2 h`, `5 days`: the largest unit that fits."""
    if seconds is None:
        return "unknown"
    for size, name in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return plural(count, "day") if name == "day" else f"{count} {name}"
    return f"{int(seconds)} s"


def _document(lock: Lock, now: datetime) -> dict[str, Any]:
    info = lock.info
    seconds = age(info.created, now)
    return {
        "unit": str(lock.unit.path),
        "workspace": lock.unit.backend.workspace,
        "identity": lock.unit.location.identity if lock.unit.location else None,
        "id": info.id,
        "operation": info.operation,
        "who": info.who,
        "info": info.info,
        "created": info.created or None,
        "age": None if seconds is None else int(seconds),
        "ended": lock.fate.ended,
        "fate": lock.fate.why,
    }
