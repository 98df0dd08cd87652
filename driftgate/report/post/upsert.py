"""One comment per pull request and root set: written once, edited in place, left alone when nothing changed.

A comment is ours when its first line is our marker *and* we wrote it: anybody can paste a marker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from driftgate.report.comment import About, comment_with_marker
from driftgate.report.marker import Marker, parse
from driftgate.report.post.client import PostError
from driftgate.report.view import ReportView


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment that stands at a service. `url` is where people see it."""

    id: int
    body: str
    url: str


class Comments(Protocol):
    """The comments on one pull or merge request. All may raise PostError."""

    def mine(self) -> Iterator[Posted]:
        """Those that this token's user wrote, oldest first."""
        ...

    def create(self, body: str) -> Posted: ...

    def edit(self, comment: Posted, body: str) -> Posted: ...

    def delete(self, comment: Posted) -> None: ...


class Did(StrEnum):
    """What became of a comment."""

    CREATED = "created"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    NOTHING_TO_SAY = "nothing to say"
    SUPERSEDED = "a newer run has written already"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and where the comment is."""

    did: Did
    url: str = ""


def upsert(comments: Comments, view: ReportView, about: About, *, always: bool = False) -> Outcome:
    """Bring the comment up to date. Without a finding, and without a comment from before, none is made unless `always`.

    Runs that race leave one comment, and the older run does not overwrite the newer. Raises PostError.
    """
    found = _ours(comments, about.name)
    if not found:
        return _first(comments, view, about) if always or has_news(view) else Outcome(Did.NOTHING_TO_SAY)
    (comment, before), twins = found[0], found[1:]
    newest = max(marker.run for _, marker in found)
    if newest > about.run > 0:
        return Outcome(Did.SUPERSEDED, comment.url)
    for twin, _ in twins:
        _delete(comments, twin)
    marker, body = comment_with_marker(view, replace(about, before=before))
    if marker.sha == before.sha:
        return Outcome(Did.UNCHANGED, comment.url)
    try:
        return Outcome(Did.EDITED, comments.edit(comment, body).url or comment.url)
    except PostError as error:
        if error.status != 404:  # somebody deleted it meanwhile
            raise
        return _first(comments, view, about)


def _first(comments: Comments, view: ReportView, about: About) -> Outcome:
    """Post, then look again: of two runs that posted at once the older comment stays, with what is newer."""
    _, body = comment_with_marker(view, about)
    posted = comments.create(body)
    older = [found for found in _ours(comments, about.name) if found[0].id < posted.id]
    if not older:
        return Outcome(Did.CREATED, posted.url)
    (first, marker), _ = older[0], older[1:]
    if marker.run <= about.run:
        comments.edit(first, body)
    _delete(comments, posted)
    return Outcome(Did.EDITED if marker.run <= about.run else Did.SUPERSEDED, first.url)


def _ours(comments: Comments, name: str) -> list[tuple[Posted, Marker]]:
    """Our comments of that name, the oldest first."""
    marked = ((comment, parse(comment.body)) for comment in comments.mine())
    ours = [(c, marker) for c, marker in marked if marker and marker.kind == "drift" and marker.name == name]
    return sorted(ours, key=lambda pair: pair[0].id)


def has_news(view: ReportView) -> bool:
    """Whether there is drift, or something that could not be read."""
    return view.verdict.level != "clean"


def _delete(comments: Comments, comment: Posted) -> None:
    try:
        comments.delete(comment)
    except PostError as error:
        if error.status != 404:
            raise
