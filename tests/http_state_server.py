"""A server of Terraform's `http` protocol for tests: one state, its lock, and what was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from loopback import Answer, Request


@dataclass
class HttpStates:
    """Answers for `loopback.serve`; terraform's force-unlock sends no body, so an empty one unlocks any lock."""

    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Answer:
        name = urlsplit(request.path).path
        with self._mutex:
            self.requests.append(request)
            return _ANSWERS[request.method](self, name, request)

    def _read(self, name: str, request: Request) -> Answer:
        return Answer(200, self.states[name]) if name in self.states else Answer(404)

    def _write(self, name: str, request: Request) -> Answer:
        shown = parse_qs(urlsplit(request.path).query).get("ID", [""])[0]
        if name in self.locks and _id(self.locks[name]) != shown:
            return Answer(423, self.locks[name])
        self.states[name] = request.body
        return Answer(200)

    def _delete(self, name: str, request: Request) -> Answer:
        self.states.pop(name, None)
        return Answer(200)

    def _lock(self, name: str, request: Request) -> Answer:
        if name in self.locks:
            return Answer(423, self.locks[name])
        self.locks[name] = request.body
        return Answer(200)

    def _unlock(self, name: str, request: Request) -> Answer:
        if name not in self.locks:
            return Answer(404)
        if request.body and _id(request.body) != _id(self.locks[name]):
            return Answer(409, self.locks[name])
        del self.locks[name]
        return Answer(200)


_ANSWERS = {
    "GET": HttpStates._read,
    "POST": HttpStates._write,
    "PUT": HttpStates._write,
    "DELETE": HttpStates._delete,
    "LOCK": HttpStates._lock,
    "UNLOCK": HttpStates._unlock,
}


def _id(record: bytes) -> str:
    return str(json.loads(record).get("ID"))
