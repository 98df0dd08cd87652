"""GitLab's REST API as far as merge requests and their notes need it (https://docs.gitlab.com/api/notes/)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from driftgate.report.post.client import Client, connect, understood
from driftgate.report.post.requests import Request
from driftgate.report.post.upsert import Posted

API = "https://gitlab.com/api/v4"
_DRAFT = "Draft: "


def gitlab(api: str, token: str, env: Mapping[str, str], sleep: Callable[[float], None]) -> Client:
    """A client for the API at `api`. Raises PostError for one that is not https."""
    return connect(api, {"PRIVATE-TOKEN": token, "User-Agent": "driftgate"}, env, sleep)


@understood()
def user_of(client: Client) -> int:
    """The id of the user that this token writes as. Raises PostError; a job token has none."""
    return int(client.get("user").tree["id"])


@dataclass(frozen=True, slots=True)
class MergeRequestNotes:
    """The notes of the user with id `author` on merge request `number` of `project` (an id or `group/name`)."""

    client: Client
    project: str
    number: int
    author: int
    page: str

    def mine(self) -> Iterator[Posted]:
        """Those that the author wrote, oldest first; what GitLab itself noted is none. Raises PostError."""
        for note in self.client.pages(f"{self._notes}?per_page=100&sort=asc&order_by=created_at"):
            if not note.get("system") and (note.get("author") or {}).get("id") == self.author:
                yield self._posted(note)

    def create(self, body: str) -> Posted:
        """Post a new one. Raises PostError."""
        return self._posted(self.client.send("POST", self._notes, {"body": body}).tree)

    def edit(self, comment: Posted, body: str) -> Posted:
        """Say something else in it. Raises PostError."""
        return self._posted(self.client.send("PUT", f"{self._notes}/{comment.id}", {"body": body}).tree)

    def delete(self, comment: Posted) -> None:
        """Take it back. Raises PostError."""
        self.client.send("DELETE", f"{self._notes}/{comment.id}")

    @property
    def _notes(self) -> str:
        return f"projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"

    @understood()
    def _posted(self, tree: Any) -> Posted:
        url = f"{self.page}#note_{tree['id']}" if self.page else ""
        return Posted(int(tree["id"]), str(tree.get("body") or ""), url)


@dataclass(frozen=True, slots=True)
class MergeRequests:
    """The merge requests of `project`, an id or `group/name` (https://docs.gitlab.com/api/merge_requests/)."""

    client: Client
    project: str

    def of(self, branch: str) -> Iterator[Request]:
        """Those for that branch, the newest first; those of forks are none. Raises PostError."""
        order = "state=all&order_by=created_at&sort=desc&per_page=100"
        for tree in self.client.pages(f"{self._requests}?source_branch={quote(branch, safe='')}&{order}"):
            if tree.get("source_project_id") == tree.get("target_project_id"):
                yield _request(tree)

    def open(self, branch: str, base: str, title: str, body: str, *, draft: bool) -> Request:
        """Open one. Raises PostError; 409 also for a second one of the same branch."""
        named = {"source_branch": branch, "target_branch": base, "title": (_DRAFT if draft else "") + title}
        tree = {**named, "description": body, "remove_source_branch": True}
        return _request(self.client.send("POST", self._requests, tree).tree)

    def edit(self, request: Request, title: str, body: str, *, close: bool = False) -> Request:
        """Say something else in it, or close it; a draft stays one. Raises PostError."""
        draft = _DRAFT if request.title.startswith(_DRAFT) else ""
        tree = {"title": draft + title, "description": body, **({"state_event": "close"} if close else {})}
        return _request(self.client.send("PUT", f"{self._requests}/{request.number}", tree).tree)

    @property
    def _requests(self) -> str:
        return f"projects/{quote(self.project, safe='')}/merge_requests"


@understood()
def _request(tree: Any) -> Request:
    state = tree.get("state")
    title, body, url = (str(tree.get(key) or "") for key in ("title", "description", "web_url"))
    return Request(int(tree["iid"]), title, body, state == "opened", state == "merged", url)
