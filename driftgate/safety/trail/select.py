"""Which records of an audit log somebody wants to see. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a record must be, "" for anything: not before `since`, before `until`, and like the patterns (`*`).

    `unit` is held against the unit's path and the state's identity, `who` against the OS user and the CI's actor.
    """

    since: str = ""
    until: str = ""
    action: str = ""
    unit: str = ""
    who: str = ""

    def takes(self, record: Mapping[str, Any]) -> bool:
        """Whether this record, a JSON tree, is wanted."""
        time, subject = str(record["time"]), record.get("subject") or {}
        people = record.get("who") or {}
        return (
            (not self.since or time >= self.since)
            and (not self.until or time < self.until)
            and _like(self.action, record["action"])
            and _like(self.unit, subject.get("unit"), subject.get("identity"))
            and _like(self.who, people.get("user"), (people.get("ci") or {}).get("actor"))
        )


def moment(text: str, now: datetime) -> datetime:
    """The time that `7d`, `12h` (before `now`) or an ISO 8601 date or time means, UTC unless it names a zone.

    Raises ValueError.
    """
    ago = re.fullmatch(r"(\d+)([mhdw])", text)
    if ago:
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError(f"{text} ago is before the calendar begins") from None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _like(pattern: str, *texts: object) -> bool:
    return not pattern or any(fnmatchcase(str(text), pattern) for text in texts if text)
