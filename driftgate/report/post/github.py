"""GitHub's REST API as far as comments, issues and pull requests need it
(https://docs.github.com/en/rest/issues/comments)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from driftgate.report.post.client import Client, PostError, connect, understood
from driftgate.report.post.issues import Issue, issue_of
from driftgate.report.post.requests import Request
from driftgate.report.post.upsert import Posted

API = "https://api.github.com"
ACTIONS_BOT = "github-actions[bot]"
"""Who writes with a workflow's own GITHUB_TOKEN, which may not ask who it is."""


def github(api: str, token: str, env: Mapping[str, str], sleep: Callable[[float], None]) -> Client:
    """A client for the API at `api`. Raises PostError for one that is not https."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "User-Agent": "driftgate",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return connect(api, headers, env, sleep)


@understood()
def login_of(client: Client) -> str:
    """The login that this token writes as. Raises PostError where the token itself is refused."""
    try:
        return str(client.get("user").tree["login"])
    except PostError as error:
        if error.status not in (403, 404):
            raise
        return ACTIONS_BOT  # installation tokens are refused here


def pull_of(client: Client, repository: str, head: str, sha: str) -> int | None:
    """The open pull request whose branch is `head` (`owner:branch`) and whose newest commit is `sha`, None without one.

    For runs that follow a fork's run: their event names no pull request, and what the fork says is not trusted.
    """
    repository = quote(repository, safe="/")
    for pull in client.pages(f"repos/{repository}/pulls?state=open&head={quote(head, safe='')}&per_page=100"):
        if (pull.get("head") or {}).get("sha") == sha:
            return int(pull["number"])
    return None


@dataclass(frozen=True, slots=True)
class PullRequestComments:
    """The comments of `login` on pull request `number` of `repository` (`owner/name`)."""

    client: Client
    repository: str
    number: int
    login: str

    def mine(self) -> Iterator[Posted]:
        """Those that `login` wrote, oldest first. Raises PostError."""
        for comment in self.client.pages(f"{self._repository}/issues/{self.number}/comments?per_page=100"):
            author = comment.get("user") or {}
            if author.get("login") == self.login:
                yield _posted(comment)

    def create(self, body: str) -> Posted:
        """Post a new one. Raises PostError."""
        return _posted(
            self.client.send("POST", f"{self._repository}/issues/{self.number}/comments", {"body": body}).tree
        )

    def edit(self, comment: Posted, body: str) -> Posted:
        """Say something else in it. Raises PostError."""
        return _posted(
            self.client.send("PATCH", f"{self._repository}/issues/comments/{comment.id}", {"body": body}).tree
        )

    def delete(self, comment: Posted) -> None:
        """Take it back. Raises PostError."""
        self.client.send("DELETE", f"{self._repository}/issues/comments/{comment.id}")

    @property
    def _repository(self) -> str:
        return f"repos/{quote(self.repository, safe='/')}"


@understood()
def _posted(tree: Any) -> Posted:
    return Posted(int(tree["id"]), str(tree.get("body") or ""), str(tree.get("html_url") or ""))


@dataclass(frozen=True, slots=True)
class RepositoryIssues:
    """The issues that `login` opened in `repository`, marked with `labels`
    (https://docs.github.com/en/rest/issues/issues)."""

    client: Client
    repository: str
    login: str
    labels: tuple[str, ...] = ("drift",)

    def mine(self) -> Iterator[Issue]:
        """Those that `login` opened, closed ones too; pull requests are none. Raises PostError."""
        creator = quote(self.login, safe="")
        for tree in self.client.pages(f"{self._issues}?state=all&creator={creator}&per_page=100"):
            if "pull_request" not in tree and (tree.get("user") or {}).get("login") == self.login:
                yield issue_of(tree)

    def create(self, title: str, body: str) -> Issue:
        """Open a new one. Raises PostError."""
        tree = {"title": title, "body": body, "labels": list(self.labels)}
        return issue_of(self.client.send("POST", self._issues, tree).tree)

    def edit(self, issue: Issue, *, title: str, body: str, is_open: bool) -> Issue:
        """Say something else in it, open or closed. Raises PostError."""
        tree = {"title": title, "body": body, "state": "open" if is_open else "closed"}
        return issue_of(self.client.send("PATCH", f"{self._issues}/{issue.number}", tree).tree)

    @property
    def _issues(self) -> str:
        return f"repos/{quote(self.repository, safe='/')}/issues"


@dataclass(frozen=True, slots=True)
class PullRequests:
    """The pull requests of `repository` (https://docs.github.com/en/rest/pulls/pulls)."""

    client: Client
    repository: str

    def of(self, branch: str) -> Iterator[Request]:
        """Those for that branch, the newest first; those of forks are none. Raises PostError."""
        head = quote(f"{self.repository.partition('/')[0]}:{branch}", safe="")
        for tree in self.client.pages(f"{self._pulls}?head={head}&state=all&sort=created&direction=desc&per_page=100"):
            repo = (tree.get("head") or {}).get("repo") or {}
            if str(repo.get("full_name", "")).lower() == self.repository.lower():
                yield _request(tree)

    def open(self, branch: str, base: str, title: str, body: str, *, draft: bool) -> Request:
        """Open one. Raises PostError; 422 also for a second one of the same branch."""
        tree = {"head": branch, "base": base, "title": title, "body": body, "draft": draft}
        return _request(self.client.send("POST", self._pulls, tree).tree)

    def edit(self, request: Request, title: str, body: str, *, close: bool = False) -> Request:
        """Say something else in it, or close it. Raises PostError."""
        tree = {"title": title, "body": body, **({"state": "closed"} if close else {})}
        return _request(self.client.send("PATCH", f"{self._pulls}/{request.number}", tree).tree)

    @property
    def _pulls(self) -> str:
        return f"repos/{quote(self.repository, safe='/')}/pulls"


@understood()
def _request(tree: Any) -> Request:
    merged = bool(tree.get("merged_at"))
    title, body, url = (str(tree.get(key) or "") for key in ("title", "body", "html_url"))
    return Request(int(tree["number"]), title, body, tree.get("state") == "open", merged, url)
