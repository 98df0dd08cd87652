"""One pull or merge request for each branch of ours: opened, kept up to date, closed when nothing is left to fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from driftgate.report.marker import Marker, parse
from driftgate.report.post.client import PostError

KIND = "fix"
_EXISTS = (409, 422)


@dataclass(frozen=True, slots=True)
class Request:
    """A pull or merge request that stands at a service. `is_merged` is never true of an open one."""

    number: int
    title: str
    body: str
    is_open: bool
    is_merged: bool
    url: str

    @property
    def marker(self) -> Marker | None:
        """The marker of ours that it begins with, None where somebody else opened it or took it out."""
        found = parse(self.body)
        return found if found is not None and found.kind == KIND else None


class Requests(Protocol):
    """The requests of one repository. All may raise PostError."""

    def of(self, branch: str) -> Iterator[Request]:
        """Those for that branch of the repository itself, closed ones too, the newest first."""
        ...

    def open(self, branch: str, base: str, title: str, body: str, *, draft: bool) -> Request: ...

    def edit(self, request: Request, title: str, body: str, *, close: bool = False) -> Request: ...


class Did(StrEnum):
    """What became of a request."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    NOT_WANTED = "closed by people, and says the same: not opened again"
    LEFT = "left as it is"
    NONE = "nothing to open"


@dataclass(frozen=True, slots=True)
class Text:
    """What a request says. `body` begins with `marker`."""

    title: str
    body: str
    marker: Marker


def standing(requests: Requests, branch: str) -> Request | None:
    """The request that counts for the branch: the open one, else the newest. Raises PostError."""
    found = list(requests.of(branch))
    return next((request for request in found if request.is_open), found[0] if found else None)


def is_refused(request: Request | None, text: Text) -> bool:
    """Whether people closed this very proposal without merging it."""
    if request is None or request.is_open or request.is_merged or request.marker is None:
        return False
    return request.marker.sha == text.marker.sha


def keep(
    requests: Requests, request: Request | None, branch: str, base: str, text: Text, *, draft: bool
) -> tuple[Did, Request]:
    """Open a request for the branch, which stands at the remote, or bring the open one up to date. Raises PostError.

    Of two runs at once the second finds the first one's request, and brings that up to date.
    """
    if request is None or not request.is_open:
        try:
            return Did.OPENED, requests.open(branch, base, text.title, text.body, draft=draft)
        except PostError as error:
            request = standing(requests, branch) if error.status in _EXISTS else None
            if request is None or not request.is_open:
                raise
    if request.marker is not None and request.marker.sha == text.marker.sha:
        return Did.UNCHANGED, request
    return Did.UPDATED, requests.edit(request, text.title, text.body)
