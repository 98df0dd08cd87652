"""The Markdown comment on a pull request: what it shows, and how it stays under the platform's size by whole rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgate.finding import DriftClass, Severity
from driftgate.report.fix import fixes, what_to_do
from driftgate.report.marker import Marker, remembered, short
from driftgate.report.public import Change, public_change
from driftgate.report.text import clip, clip_middle
from driftgate.report.view import ReportView, Row, UnitView, plural

BUDGET = 60_000
"""Bytes; GitHub refuses comment bodies over 65,536 characters."""

ROWS = 15
_ATTRIBUTES = 3
_ADDRESS = 120


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text may be: bytes of UTF-8, and what to try in turn: rows of the table, entries of the lists."""

    budget: int
    tries: tuple[tuple[int, int], ...]


COMMENT = Size(BUDGET, ((ROWS, 50), (ROWS, 10), (5, 3), (0, 0)))
STEP_SUMMARY = Size(1_000_000, ((5_000, 1_000), (1_000, 500), (200, 100), (ROWS, 10), (0, 0)))
"""GitHub takes 1 MiB of a step, and drops a longer summary whole."""


@dataclass(frozen=True, slots=True)
class About:
    """What a comment is told beside the report. `name` tells the comments of different root sets apart; `day` is today
    (YYYYMMDD); `before` is the marker of the comment as it stands; `links` are labels and URLs; `since` are days by
    fingerprint from a ledger; `state_diff` is a finished text about what an apply changed."""

    kind: str = "drift"
    name: str = "all"
    day: str = ""
    run: int = 0
    before: Marker | None = None
    links: tuple[tuple[str, str], ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)
    state_diff: str = ""
    show_values: tuple[str, ...] = ()
    template_dirs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the comment's table, its texts raw: the template neutralises them."""

    icon: str
    unit: str
    address: str
    source: str
    cls: str
    severity: str
    changes: tuple[Change, ...]
    more: int
    reason: str
    since: str
    what_to_do: str


def pr_comment(view: ReportView, about: About | None = None, size: Size = COMMENT) -> str:
    """The comment for `view`, never over the bytes of `size`: rows go first from the lists, then from the table.

    Its first line is the marker. The same report, day and marker before give the same bytes. Raises TemplateFailed
    where a user's own template leaves no room.
    """
    return comment_with_marker(view, about or About(), size)[1]


def comment_with_marker(view: ReportView, about: About, size: Size = COMMENT) -> tuple[Marker, str]:
    """The comment and the marker that it begins with."""
    from driftgate.report.render import TemplateFailed, render

    drift = [row for row in view.rows if row.cls.is_drift]
    since = _since(drift, about)
    seen = remembered((short(row.fingerprint), since.get(short(row.fingerprint), "")) for row in drift)
    for rows, listed in size.tries:
        shown = {"view": view, **_shown(view, about, since, rows, listed)}

        def body(links: Sequence[tuple[str, str]], delta: str, shown: dict[str, Any] = shown) -> str:
            dirs = about.template_dirs
            return render("pr_comment.md.j2", template_dirs=dirs, links=links, delta=delta, **shown)

        # What changes from run to run without news in it is left out of what two versions are compared by.
        sha = hashlib.sha256(body((), "").encode()).hexdigest()[:16]
        marker = Marker(about.kind, about.name, about.run, sha, seen)
        text = f"{marker}\n{body(about.links, _delta(seen, about.before))}"
        if len(text.encode()) <= size.budget:
            return marker, text
    raise TemplateFailed(
        f"the comment without a single row is over {size.budget:,} bytes", next_step="shorten your own pr_comment.md.j2"
    )


def _since(drift: Iterable[Row], about: About) -> dict[str, str]:
    """The day of the first sight of each finding: a ledger's, else the last comment's, else today."""
    before = (about.before.seen if about.before else None) or {}
    known = {short(fingerprint): day for fingerprint, day in about.since.items()}
    keys = [short(row.fingerprint) for row in drift]
    return {key: known.get(key) or before.get(key) or about.day for key in keys}


def _delta(seen: Mapping[str, str] | None, before: Marker | None) -> str:
    """`+2 new, −1 resolved`: against the last comment; nothing where nothing changed or it is not known."""
    if before is None or before.seen is None or seen is None:
        return ""
    new, resolved = len(seen.keys() - before.seen.keys()), len(before.seen.keys() - seen.keys())
    words = [f"+{new:,} new"] if new else []
    words += [f"−{resolved:,} resolved"] if resolved else []
    return ", ".join(words)


def _shown(view: ReportView, about: About, since: Mapping[str, str], rows: int, listed: int) -> dict[str, Any]:
    drift = [row for row in view.rows if row.cls.is_drift]
    unread = [row for row in view.rows if not row.cls.is_drift]
    critical = [row for row in drift if row.severity is Severity.CRITICAL]
    failures = view.failures[: rows // 3]
    room = rows - len(failures)

    def line(row: Row) -> Line:
        return _line(row, about, since)

    return {
        "table": (*map(_failed, failures), *map(line, drift[:room])),
        "left": len(drift) - len(drift[:room]),
        "critical": tuple(map(line, critical[: min(rows, 3)])),
        "critical_left": len(critical) - len(critical[: min(rows, 3)]),
        "failures": view.failures[len(failures) :][:listed],
        "failures_left": max(0, len(view.failures) - len(failures) - listed),
        "unread": tuple(map(line, unread[:listed])),
        "unread_left": len(unread) - len(unread[:listed]),
        "groups": view.not_drift[:listed],
        "groups_left": len(view.not_drift) - len(view.not_drift[:listed]),
        "counted": ", ".join(f"{count:,} {cls}" for cls, count in _not_drift(view).items()),
        "fixes": fixes(view, min(listed, 5)),
        "state_diff": about.state_diff if listed else "",
        "plural": plural,
    }


def _not_drift(view: ReportView) -> Counter[DriftClass]:
    counts: Counter[DriftClass] = Counter()
    for group in view.not_drift:
        counts[group.cls] += group.count
    return counts


def _failed(unit: UnitView) -> Line:
    return Line(
        icon="failed",
        unit=clip_middle(_name(unit.path, unit.workspace), _ADDRESS),
        address="",
        source="",
        cls=str(DriftClass.UNREAD),
        severity="not read",
        changes=(),
        more=0,
        reason=clip(unit.error, 300),
        since="",
        what_to_do=clip(unit.next_step, 300),
    )


def _line(row: Row, about: About, since: Mapping[str, str]) -> Line:
    day = since.get(short(row.fingerprint), "")
    return Line(
        icon=str(row.severity),
        unit=clip_middle(_name(row.unit, row.workspace), _ADDRESS),
        address=clip_middle(row.address, _ADDRESS),
        source=clip_middle(row.source.removeprefix(f"{row.unit}/"), _ADDRESS),
        cls=str(row.cls),
        severity=str(row.severity),
        changes=tuple(public_change(a, about.show_values) for a in row.attributes[:_ATTRIBUTES]),
        more=max(0, len(row.attributes) - _ATTRIBUTES),
        reason=clip(row.why, 160),
        since=f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else "",
        what_to_do=what_to_do(row),
    )


def _name(path: str, workspace: str) -> str:
    return path if workspace == "default" else f"{path} ({workspace})"
