"""Consul for tests, as far as a state needs it: keys with check-and-set, transactions, sessions that expire, lock delay.

The rules are those of https://developer.hashicorp.com/consul/api-docs; the size limit counts a request's whole body,
as the agent's does.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from loopback import Answer, Request

LIMIT = 512 * 1024
LONGEST_WAIT = 2.0


class RefusedError(Exception):
    """An operation of a transaction that cannot be done."""


@dataclass
class Key:
    value: bytes
    index: int
    flags: int = 0
    session: str = ""


@dataclass
class Session:
    ttl: float
    delay: float
    renewed: float


@dataclass
class Consul:
    """Answers for `loopback.serve`. `token` is what every request must show; `rules` refuses writes when "read".

    A lock delay lasts `delay_share` of what was asked, for tests that have to sit it out.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    delayed: dict[str, float] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    delay_share: float = 0.1
    token: str = ""
    rules: str = "write"
    index: int = 10
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        _, _, kind, rest = unquote(url.path).split("/", 3) if url.path.count("/") > 2 else (*url.path.split("/"), "")
        with self.changed:
            self.requests.append(request)
            if self.token and {k.lower(): v for k, v in request.headers.items()}.get("x-consul-token") != self.token:
                return Answer(403, b"Permission denied")
            self._expire()
            if len(request.body) > LIMIT:
                return Answer(413, b"Request body is too large")
            answer = _ROUTES[kind](self, request, rest, query)
        index = {"X-Consul-Index": str(self.index), "X-Consul-KnownLeader": "true", "X-Consul-LastContact": "0"}
        return Answer(answer.status, answer.body, {"Content-Type": "application/json", **index, **answer.headers})

    def end(self, session: str) -> None:
        """A session that ends without its locks given back: they are closed for its lock delay."""
        with self.changed:
            ended = self.sessions.pop(session, None)
            for name, key in self.keys.items():
                if ended and key.session == session:
                    key.session, key.index = "", self._next()
                    self.delayed[name] = time.monotonic() + ended.delay * self.delay_share

    def _next(self) -> int:
        self.index += 1
        self.changed.notify_all()
        return self.index

    def _expire(self) -> None:
        now = time.monotonic()
        for name in [name for name, s in self.sessions.items() if now - s.renewed > s.ttl]:
            self.end(name)

    def _acl(self, request: Request, rest: str, query: Mapping[str, str]) -> Answer:
        if not self.token:
            return Answer(401, b"ACL support disabled")
        return _json({"AccessorID": "0c2d5b1e-accessor", "Description": "for tests"})

    def _session(self, request: Request, rest: str, query: Mapping[str, str]) -> Answer:
        verb, _, name = rest.partition("/")
        if verb == "create":
            wanted = json.loads(request.body or b"{}")
            made = Session(
                _seconds(wanted.get("TTL", "1h")), _seconds(wanted.get("LockDelay", "15s")), time.monotonic()
            )
            identity = str(uuid.uuid4())
            self.sessions[identity] = made
            return _json({"ID": identity})
        if verb == "destroy":
            self.end(name)
            return _json(True)
        if name not in self.sessions:
            return Answer(404, b"Session id not found")
        self.sessions[name].renewed = time.monotonic()
        return _json([{"ID": name, "TTL": f"{self.sessions[name].ttl:.0f}s"}])

    def _kv(self, request: Request, name: str, query: Mapping[str, str]) -> Answer:
        if request.method == "GET":
            return self._read(name, query)
        if request.method == "DELETE":
            return _json(self._try("delete-tree" if "recurse" in query else "delete-cas" if "cas" in query else "delete", name, query))  # fmt: skip
        verb = "lock" if "acquire" in query else "unlock" if "release" in query else "cas" if "cas" in query else "set"
        return _json(self._try(verb, name, query, request.body))

    def _try(self, verb: str, name: str, query: Mapping[str, str], value: bytes = b"") -> bool:
        session = query.get("acquire") or query.get("release") or ""
        asked = {"Verb": verb, "Key": name, "Value": base64.b64encode(value).decode(), "Session": session}
        asked |= {"Index": int(query.get("cas", 0)), "Flags": int(query.get("flags", 0))}  # type: ignore[dict-item]
        try:
            self._do(asked)
        except RefusedError:
            return False
        return True

    def _read(self, name: str, query: Mapping[str, str]) -> Answer:
        if "index" in query:
            deadline = time.monotonic() + min(_seconds(query.get("wait", "5m")), LONGEST_WAIT)
            while self.index <= int(query["index"]) and time.monotonic() < deadline:
                self.changed.wait(0.1)
        below = sorted(key for key in self.keys if key.startswith(name))
        if "keys" in query:
            separator = query.get("separator") or "\0"
            found = {name + key.removeprefix(name).partition(separator)[0] + (separator if separator in key.removeprefix(name) else "") for key in below}  # fmt: skip
            return _json(sorted(found)) if found else Answer(404)
        wanted = below if "recurse" in query else [name] if name in self.keys else []
        return _json([_shown(key, self.keys[key]) for key in wanted]) if wanted else Answer(404)

    def _txn(self, request: Request, rest: str, query: Mapping[str, str]) -> Answer:
        kept = {name: Key(key.value, key.index, key.flags, key.session) for name, key in self.keys.items()}
        results, errors = [], []
        for position, asked in enumerate(json.loads(request.body)):
            try:
                if self.rules == "read":
                    raise RefusedError("Permission denied: token lacks permission 'key:write'")
                results += [
                    {"KV": {**_shown(asked["KV"]["Key"], done), "Value": None}} for done in self._do(asked["KV"])
                ]
            except RefusedError as refused:
                errors.append({"OpIndex": position, "What": str(refused)})
        if errors:
            self.keys = kept
            return _json({"Results": None, "Errors": errors}, 409)
        return _json({"Results": results, "Errors": None})

    def _do(self, asked: Mapping[str, Any]) -> list[Key]:
        """One operation; the key as it is then, if there is one. Raises RefusedError."""
        verb, name = asked["Verb"], asked["Key"]
        key, session = self.keys.get(name), asked.get("Session", "")
        if verb in ("cas", "delete-cas") and (key.index if key else 0) != asked.get("Index", 0):
            raise RefusedError(f"failed to set key {name!r}, index is stale")
        if verb == "check-session" and (key is None or key.session != session):
            raise RefusedError(f"failed session check for key {name!r}")
        if verb == "check-index":
            if key is None or key.index != asked.get("Index", 0):
                raise RefusedError(f"failed index check for key {name!r}, current modify index is another")
            return [replace(key, value=b"")]
        if verb == "lock":
            self._may_lock(name, key, session)
        if verb == "unlock" and (key is None or key.session != session or not session):
            raise RefusedError(f"failed to unlock key {name!r}, lock isn't held, or is held by another session")
        if verb.startswith("delete"):
            for gone in [k for k in self.keys if k == name or (verb == "delete-tree" and k.startswith(name))]:
                del self.keys[gone]
                self._next()
            return []
        if verb == "check-session":
            return [self.keys[name]]
        holder = session if verb == "lock" else "" if verb == "unlock" else key.session if key else ""
        self.keys[name] = Key(
            base64.b64decode(asked.get("Value") or ""), self._next(), int(asked.get("Flags") or 0), holder
        )
        return [self.keys[name]]

    def _may_lock(self, name: str, key: Key | None, session: str) -> None:
        if session not in self.sessions:
            raise RefusedError(f"invalid session {session!r}")
        if self.delayed.get(name, 0.0) > time.monotonic():
            raise RefusedError(f"failed to lock key {name!r} due to lock delay")
        if key and key.session not in ("", session):
            raise RefusedError(f"failed to lock key {name!r}, lock is already held")


def _shown(name: str, key: Key) -> dict[str, object]:
    value = base64.b64encode(key.value).decode() if key.value else None
    shown = {
        "Key": name,
        "Value": value,
        "Flags": key.flags,
        "ModifyIndex": key.index,
        "CreateIndex": 1,
        "LockIndex": 0,
    }
    return {**shown, "Session": key.session} if key.session else shown


def _seconds(text: object) -> float:
    """Of Go's durations only what the clients send; a bare number is nanoseconds."""
    words = str(text)
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if words.endswith(unit):
            return float(words.removesuffix(unit)) * factor
    return float(words) / 1e9


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


_ROUTES = {"acl": Consul._acl, "session": Consul._session, "kv": Consul._kv, "txn": Consul._txn}
