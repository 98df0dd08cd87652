"""The `-json` UI stream of plan and init: progress and diagnostics; unknown events are ignored.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or warning as Terraform says it; `address` and `file`/`line` where it names them."""

    severity: str
    summary: str
    detail: str = ""
    address: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """One resource instance has been read."""

    address: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """A resource instance is not as the state has it; a refresh-only plan says so of every one that it would record."""

    address: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many objects the plan wants to change, in whatever way; moves are not among them."""

    changes: int


Event = Diagnostic | Refreshed | Drifted | Summary


def parse_event(line: bytes) -> Event | None:
    """The event on one line of the stream, None for any that does not matter here or is not JSON."""
    if not line.startswith(b"{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    match event.get("type"):
        case "diagnostic":
            return _diagnostic(event.get("diagnostic") or {})
        case "change_summary":
            counts = event.get("changes") or {}
            return Summary(sum(number for number in counts.values() if isinstance(number, int)))
        case "refresh_complete":
            return Refreshed(((event.get("hook") or {}).get("resource") or {}).get("addr", ""))
        case "resource_drift":
            return Drifted(((event.get("change") or {}).get("resource") or {}).get("addr", ""))
    return None


def _diagnostic(found: dict[str, object]) -> Diagnostic:
    where = found.get("range")
    start = where.get("start") if isinstance(where, dict) else None
    return Diagnostic(
        severity=str(found.get("severity", "error")),
        summary=str(found.get("summary", "")),
        detail=str(found.get("detail", "")),
        address=str(found["address"]) if found.get("address") else None,
        file=str(where["filename"]) if isinstance(where, dict) and where.get("filename") else None,
        line=int(start["line"]) if isinstance(start, dict) and start.get("line") else None,
    )
