"""GitLab's issues as `issues.py` keeps them (https://docs.gitlab.com/api/issues/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from driftgate.report.post.client import Client, understood
from driftgate.report.post.issues import Issue


@dataclass(frozen=True, slots=True)
class ProjectIssues:
    """The issues that the user with id `author` opened in `project` (an id or `group/name`), marked with `labels`."""

    client: Client
    project: str
    author: int
    labels: tuple[str, ...] = ("drift",)

    def mine(self) -> Iterator[Issue]:
        """Those that the author opened, closed ones too. Raises PostError."""
        chosen = f"state=all&scope=all&author_id={self.author}&order_by=created_at&sort=asc&per_page=100"
        for tree in self.client.pages(f"{self._issues}?{chosen}"):
            if (tree.get("author") or {}).get("id") == self.author:
                yield _issue(tree)

    def create(self, title: str, body: str) -> Issue:
        """Open a new one. Raises PostError."""
        tree = {"title": title, "description": body, "labels": ",".join(self.labels)}
        return _issue(self.client.send("POST", self._issues, tree).tree)

    def edit(self, issue: Issue, *, title: str, body: str, is_open: bool) -> Issue:
        """Say something else in it, open or closed. Raises PostError."""
        event = {} if is_open == issue.is_open else {"state_event": "reopen" if is_open else "close"}
        tree = {"title": title, "description": body, **event}
        return _issue(self.client.send("PUT", f"{self._issues}/{issue.number}", tree).tree)

    @property
    def _issues(self) -> str:
        return f"projects/{quote(self.project, safe='')}/issues"


@understood()
def _issue(tree: Any) -> Issue:
    title, body, url = (str(tree.get(key) or "") for key in ("title", "description", "web_url"))
    return Issue(int(tree["iid"]), title, body, tree.get("state") == "opened", url)
