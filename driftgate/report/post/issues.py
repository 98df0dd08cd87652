"""One issue per unit that drifted: opened, kept up to date, and closed when the unit is clean again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from driftgate.finding import Report, UnitResult
from driftgate.report.build import view_of
from driftgate.report.comment import About, comment_with_marker
from driftgate.report.marker import Marker, parse
from driftgate.report.post.client import understood
from driftgate.report.post.upsert import has_news
from driftgate.report.text import clean, clip

KIND = "issue"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that stands at a service."""

    number: int
    title: str
    body: str
    is_open: bool
    url: str


class Issues(Protocol):
    """The issues of one repository. All may raise PostError."""

    def mine(self) -> Iterator[Issue]:
        """Those that this token's user opened, closed ones too."""
        ...

    def create(self, title: str, body: str) -> Issue: ...

    def edit(self, issue: Issue, *, title: str, body: str, is_open: bool) -> Issue: ...


class Did(StrEnum):
    """What became of a unit's issue."""

    OPENED = "opened"
    REOPENED = "reopened"
    UPDATED = "updated"
    CLOSED = "closed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done for which unit."""

    unit: str
    did: Did
    url: str


def sync(issues: Issues, report: Report, about: About) -> Iterator[Outcome]:
    """Bring the issues of the report's units up to date; units that are not in it are left alone. Raises PostError.

    An issue that people closed stays closed until something else drifts in its unit.
    """
    found = _by_name(issues)
    for unit in report.units:
        name = f"{about.name}/{unit.path}@{unit.workspace}"
        outcome = _unit(issues, report, unit, replace(about, kind=KIND, name=name), found.get(name))
        if outcome is not None:
            yield Outcome(clean(unit.path), *outcome)


def _unit(
    issues: Issues, report: Report, unit: UnitResult, about: About, found: tuple[Issue, Marker] | None
) -> tuple[Did, str] | None:
    view = view_of(replace(report, units=(unit,)))
    news = has_news(view)
    title = _title(unit)
    if found is None:
        if not news:
            return None
        return Did.OPENED, issues.create(title, comment_with_marker(view, about)[1]).url
    issue, before = found
    marker, body = comment_with_marker(view, replace(about, before=before))
    if marker.sha == before.sha and (news or not issue.is_open):
        return Did.UNCHANGED, issue.url
    issues.edit(issue, title=title, body=body, is_open=news)
    if not news:
        return (Did.CLOSED if issue.is_open else Did.UPDATED), issue.url
    return (Did.UPDATED if issue.is_open else Did.REOPENED), issue.url


def _by_name(issues: Issues) -> dict[str, tuple[Issue, Marker]]:
    """Our issues by the name in their marker; of twins the one opened first."""
    found: dict[str, tuple[Issue, Marker]] = {}
    for issue in sorted(issues.mine(), key=lambda issue: issue.number, reverse=True):
        marker = parse(issue.body)
        if marker is not None and marker.kind == KIND:
            found[marker.name] = (issue, marker)
    return found


def _title(unit: UnitResult) -> str:
    where = unit.path if unit.workspace == "default" else f"{unit.path} ({unit.workspace})"
    return clip(f"Drift in {clean(where)}", 200)


@understood()
def issue_of(tree: Any) -> Issue:
    """An issue from its JSON, as GitHub spells it."""
    return Issue(
        int(tree["number"]),
        str(tree.get("title") or ""),
        str(tree.get("body") or ""),
        tree.get("state") == "open",
        str(tree.get("html_url") or ""),
    )
