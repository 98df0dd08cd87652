"""Stand-ins for GitHub and GitLab: the endpoints that comments, issues and requests use, with paging, authors, limits
and races."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from loopback import Answer, Request, serve

LIMIT = 65_536
TOKEN = "ghs_test"
Tree = Any


def answer(status: int, tree: Tree = None, **headers: str) -> Answer:
    """An answer with a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, b"" if tree is None else json.dumps(tree).encode(), named)


@dataclass
class Forge:
    """What both have: users by token, a queue of faults, a log of requests, and a hook that runs before each."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)
    faults: list[tuple[str, str, Answer]] = field(default_factory=list)
    log: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda method, path: None
    url: str = ""
    _id: int = 100
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def fail(self, method: str, path: str, *answers: Answer) -> None:
        """Give these answers, one each, to the next requests of that method whose path ends so."""
        self.faults += [(method, path, one) for one in answers]

    def writes(self) -> list[str]:
        """The requests so far that wrote, as `POST /path`."""
        return [f"{method} {path}" for method, path in self.log if method != "GET"]

    def next_id(self) -> int:
        self._id += 1
        return self._id

    def __call__(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        self.before(request.method, parts.path)
        with self._lock:
            self.log.append((request.method, parts.path))
            for fault in self.faults:
                if fault[0] == request.method and parts.path.endswith(fault[1]):
                    self.faults.remove(fault)
                    return fault[2]
            token = self.token(request)
            if token not in self.users:
                return answer(401, {"message": "Bad credentials"})
            if request.method != "GET" and token in self.read_only:
                return answer(403, {"message": "Resource not accessible by integration"})
            body = json.loads(request.body) if request.body else {}
            if len(str(body.get("body", ""))) > LIMIT:
                return answer(422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"})
            return self.route(request.method, parts.path, parse_qs(parts.query), body, self.users[token])

    def token(self, request: Request) -> str:
        raise NotImplementedError

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Tree, user: Tree) -> Answer:
        raise NotImplementedError

    def page(self, path: str, query: dict[str, list[str]], items: list[Tree]) -> Answer:
        """One page of a list, with a Link to the next."""
        size, number = min(int(query.get("per_page", ["30"])[0]), 100), int(query.get("page", ["1"])[0])
        shown, left = items[(number - 1) * size : number * size], len(items) > number * size
        others = "&".join(f"{key}={value[0]}" for key, value in query.items() if key != "page")
        link = f'<{self.url}{path}?{others}&page={number + 1}>; rel="next", <{self.url}{path}>; rel="first"'
        return answer(200, shown, **({"Link": link} if left else {}))


@dataclass
class FakeGitHub(Forge):
    """Comments and issues of the repository acme/infra."""

    comments: dict[int, list[Tree]] = field(default_factory=lambda: {7: []})
    issues: list[Tree] = field(default_factory=list)
    pulls: list[Tree] = field(default_factory=list)
    checks: list[Tree] = field(default_factory=list)
    installation: bool = True  # such a token may not ask who it is

    def token(self, request: Request) -> str:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    def add(self, body: str, login: str, number: int = 7) -> Tree:
        """A comment that somebody wrote."""
        id = self.next_id()
        comment = {"id": id, "body": body, "user": {"login": login}, "html_url": f"https://github.test/c/{id}"}
        self.comments[number].append(comment)
        return comment

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Tree, user: Tree) -> Answer:
        words = path.strip("/").split("/")
        if words == ["user"]:
            return self._user(user)
        if words[:3] != ["repos", "acme", "infra"]:
            return answer(404, {"message": "Not Found"})
        match (method, words[3:]):
            case (_, ["check-runs", *id]):
                return self._check(method, id, body)
            case ("GET", ["issues", number, "comments"]) if int(number) in self.comments:
                return self.page(path, query, self.comments[int(number)])
            case ("POST", ["issues", number, "comments"]) if int(number) in self.comments:
                return answer(201, self.add(body["body"], user["login"], int(number)))
            case (_, ["issues", "comments", id]):
                return self._comment(method, int(id), body, user)
            case (_, ["issues", *number]) if len(number) < 2:
                return self._issue(method, path, query, body, user, number)
            case (_, ["pulls", *rest]):
                return self._pulls(method, path, query, body, rest)
        return answer(404, {"message": "Not Found"})

    def _user(self, user: Tree) -> Answer:
        if self.installation:
            return answer(403, {"message": "Resource not accessible by integration"})
        return answer(200, user)

    def _issue(
        self, method: str, path: str, query: dict[str, list[str]], body: Tree, user: Tree, number: list[str]
    ) -> Answer:
        if method == "POST":
            return answer(201, self.open_issue(body, user["login"]))
        if method == "PATCH":
            issue = next(issue for issue in self.issues if [str(issue["number"])] == number)
            issue.update({**body, "labels": [{"name": name} for name in body["labels"]]} if "labels" in body else body)
            return answer(200, issue)
        state, creator = query.get("state", ["open"])[0], query.get("creator", [""])[0]
        found = [issue for issue in self.issues if state in ("all", issue["state"])]
        return self.page(path, query, [one for one in found if not creator or one["user"]["login"] == creator])

    def _check(self, method: str, words: list[str], body: Tree) -> Answer:
        """A check run is made; annotations of later requests are added to those of earlier ones."""
        if len(body["output"]["annotations"]) > 50 or len(body["output"]["summary"]) > 65_535:
            return answer(422, {"message": "Invalid request.\n\nNo more than 50 items are allowed"})
        if method == "POST":
            id = self.next_id()
            self.checks.append({"id": id, "html_url": f"https://github.test/r/{id}", **body})
            return answer(201, self.checks[-1])
        check = next(check for check in self.checks if [str(check["id"])] == words)
        check["output"]["annotations"] += body["output"]["annotations"]
        return answer(200, check)

    def open_issue(self, body: Tree, login: str) -> Tree:
        """An issue that somebody opened."""
        number = self.next_id()
        labels = [{"name": name} for name in body.get("labels", ())]
        issue = {"number": number, "state": "open", "user": {"login": login}, **body, "labels": labels,
                 "html_url": f"https://github.test/i/{number}"}  # fmt: skip
        self.issues.append(issue)
        return issue

    def _pulls(self, method: str, path: str, query: dict[str, list[str]], body: Tree, number: list[str]) -> Answer:
        if method == "GET":
            head, state = query.get("head", [""])[0], query.get("state", ["open"])[0]
            found = [pull for pull in self.pulls if pull["head"]["label"] == head]
            found = [pull for pull in found if state in ("all", pull.get("state", "open"))]
            return self.page(path, query, found[::-1] if query.get("direction") == ["desc"] else found)
        if method == "PATCH":
            pull = next(pull for pull in self.pulls if [str(pull["number"])] == number)
            pull.update(body)
            return answer(200, pull)
        label = f"acme:{body['head']}"
        if any(pull["head"]["label"] == label and pull["state"] == "open" for pull in self.pulls):
            said = [{"message": f"A pull request already exists for {label}."}]
            return answer(422, {"message": "Validation Failed", "errors": said})
        made = {"number": self.next_id(), "state": "open", "merged_at": None, **body}
        made |= {"head": {"label": label, "repo": {"full_name": "acme/infra"}}}
        self.pulls.append(made | {"html_url": f"https://github.test/p/{made['number']}"})
        return answer(201, self.pulls[-1])

    def _comment(self, method: str, id: int, body: Tree, user: Tree) -> Answer:
        for number, comments in self.comments.items():
            for comment in comments:
                if comment["id"] == id:
                    if comment["user"]["login"] != user["login"]:
                        return answer(403, {"message": "Must have admin rights to Repository."})
                    if method == "DELETE":
                        self.comments[number].remove(comment)
                        return answer(204)
                    comment["body"] = body["body"]
                    return answer(200, comment)
        return answer(404, {"message": "Not Found"})


@dataclass
class FakeGitLab(Forge):
    """Issues and merge requests of the project acme/infra, and the notes of number 7."""

    issues: list[Tree] = field(default_factory=list)
    notes: list[Tree] = field(default_factory=list)
    requests: list[Tree] = field(default_factory=list)

    def token(self, request: Request) -> str:
        return request.headers.get("PRIVATE-TOKEN", "")

    def add(self, body: str, author: int, *, system: bool = False) -> Tree:
        """A note that somebody wrote."""
        note = {"id": self.next_id(), "body": body, "author": {"id": author}, "system": system}
        self.notes.append(note)
        return note

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Tree, user: Tree) -> Answer:
        words = path.removeprefix("/api/v4/").split("/")
        if [unquote(word) for word in words[1:3]] == ["acme/infra", "issues"]:
            return self._issue(method, path, query, body, user) if len(words) == 3 else self._edit(int(words[3]), body)
        if words == ["user"]:
            return answer(200, user)
        if [unquote(words[1]), *words[2:3]] == ["acme/infra", "merge_requests"] and len(words) < 5:
            return self._request(method, path, query, body, words[3] if len(words) == 4 else "")
        if [unquote(words[1]), *words[2:5]] != ["acme/infra", "merge_requests", "7", "notes"]:
            return answer(404, {"message": "404 Not found"})
        if len(words) == 6:
            return self._note(method, int(words[5]), body, user)
        return (
            self.page(path, query, self.notes) if method == "GET" else answer(201, self.add(body["body"], user["id"]))
        )

    def _request(self, method: str, path: str, query: dict[str, list[str]], body: Tree, number: str) -> Answer:
        if method == "GET":
            branch = query.get("source_branch", [""])[0]
            return self.page(path, query, [one for one in self.requests if one["source_branch"] == branch][::-1])
        if method == "PUT":
            request = next(one for one in self.requests if one["iid"] == int(number))
            request.update({key: value for key, value in body.items() if key != "state_event"})
            request["state"] = "closed" if body.get("state_event") == "close" else request["state"]
            return answer(200, request)
        if any(one["source_branch"] == body["source_branch"] and one["state"] == "opened" for one in self.requests):
            return answer(409, {"message": ["Another open merge request already exists for this source branch: !7"]})
        made = {"iid": self.next_id(), "state": "opened", "source_project_id": 1, "target_project_id": 1, **body}
        made["web_url"] = f"https://gitlab.test/m/{made['iid']}"
        self.requests.append(made)
        return answer(201, made)

    def open_issue(self, body: Tree, author: int) -> Tree:
        """An issue that somebody opened."""
        number = self.next_id()
        issue = {
            "iid": number,
            "state": "opened",
            "author": {"id": author},
            **body,
            "web_url": f"https://gitlab.test/i/{number}",
        }
        issue["labels"] = body.get("labels", "").split(",")
        self.issues.append(issue)
        return issue

    def _issue(self, method: str, path: str, query: dict[str, list[str]], body: Tree, user: Tree) -> Answer:
        if method == "POST":
            return answer(201, self.open_issue(body, user["id"]))
        state, author = query.get("state", ["opened"])[0], query.get("author_id", [""])[0]
        found = [issue for issue in self.issues if state in ("all", issue["state"])]
        return self.page(path, query, [i for i in found if not author or str(i["author"]["id"]) == author])

    def _edit(self, number: int, body: Tree) -> Answer:
        issue = next(issue for issue in self.issues if issue["iid"] == number)
        event = body.pop("state_event", "")
        issue.update(body | {"state": {"close": "closed", "reopen": "opened", "": issue["state"]}[event]})
        return answer(200, issue)

    def _note(self, method: str, id: int, body: Tree, user: Tree) -> Answer:
        for note in self.notes:
            if note["id"] == id and note["author"]["id"] == user["id"]:
                if method == "DELETE":
                    self.notes.remove(note)
                    return answer(204)
                note["body"] = body["body"]
                return answer(200, note)
        return answer(404, {"message": "404 Not found"})


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """A GitHub with an installation token, whose comments are by github-actions[bot]."""
    forge = FakeGitHub(users={TOKEN: {"login": "github-actions[bot]"}, "human": {"login": "mallory"}})
    with serve(forge) as url:
        forge.url = url
        yield forge


@contextmanager
def fake_gitlab() -> Iterator[FakeGitLab]:
    """A GitLab with a bot's token; the API is at `url` + /api/v4."""
    forge = FakeGitLab(users={TOKEN: {"id": 42, "username": "drift-bot"}, "human": {"id": 66}})
    with serve(forge) as url:
        forge.url = url
        yield forge
