"""The hidden first line of a comment or issue: whose it is, what it says, and since when each finding is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

VERSION = 1
REMEMBERED = 500
"""Findings that a marker remembers, so that it stays a small part of the comment."""

_SHORT = 12
_LINE = re.compile(r"\A<!-- driftgate:v(\d+)((?: [a-z]+=[\w%./:;,~-]*)+) -->(?=[ \t]*(?:\r?\n|\Z))")
_FIELD = re.compile(r" ([a-z]+)=([\w%./:;,~-]*)")


@dataclass(frozen=True, slots=True)
class Marker:
    """`kind` (drift, issue) and `name` say which comment this is; `sha` is of what it says without links and counts of
    the change; `run` is the number of the CI run that wrote it. `seen` are findings by `short` fingerprint, with the
    day (YYYYMMDD) of the first run that saw each; None where there were too many to remember."""

    kind: str
    name: str
    run: int = 0
    sha: str = ""
    seen: Mapping[str, str] | None = field(default_factory=dict)

    def __str__(self) -> str:
        fields = {"kind": self.kind, "name": _quoted(self.name), "run": str(self.run), "sha": self.sha}
        seen = "~" if self.seen is None else _grouped(self.seen)
        return (
            f"<!-- driftgate:v{VERSION} {' '.join(f'{key}={value}' for key, value in fields.items())} seen={seen} -->"
        )


def parse(body: str) -> Marker | None:
    """The marker that `body` begins with, None where there is none of this version. Anything else in `body` is not
    looked at: a marker quoted further down is somebody's text."""
    found = _LINE.match(body)
    if found is None or int(found[1]) != VERSION:
        return None
    fields = dict(_FIELD.findall(found[2]))
    if not fields.get("kind") or "name" not in fields or not fields.get("run", "").isdecimal():
        return None
    seen = fields.get("seen", "~")
    return Marker(
        fields["kind"],
        unquote(fields["name"]),
        int(fields["run"]),
        fields.get("sha", ""),
        None if seen == "~" else _ungrouped(seen),
    )


def short(fingerprint: str) -> str:
    """The part of a finding's fingerprint that a marker keeps."""
    return fingerprint[:_SHORT]


def remembered(seen: Iterable[tuple[str, str]]) -> Mapping[str, str] | None:
    """The findings (short fingerprint, day) as a marker keeps them; None where they are too many."""
    kept = dict(seen)
    return kept if len(kept) <= REMEMBERED else None


def _quoted(text: str) -> str:
    # A double hyphen would end the comment that the marker stands in.
    return quote(text, safe="/.", errors="replace").replace("-", "%2D").replace("~", "%7E")


def _grouped(seen: Mapping[str, str]) -> str:
    days: dict[str, list[str]] = {}
    for fingerprint, day in sorted(seen.items()):
        days.setdefault(day, []).append(fingerprint)
    return ";".join(f"{day}:{','.join(days[day])}" for day in sorted(days))


def _ungrouped(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in filter(None, text.split(";")):
        day, _, fingerprints = group.partition(":")
        found |= {fingerprint: day for fingerprint in fingerprints.split(",") if fingerprint}
    return found
