"""The time for what a command writes down: reports, ledgers, messages."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp() -> str:
    """This moment to the second, as RFC 3339 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
