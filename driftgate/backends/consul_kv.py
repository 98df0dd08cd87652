"""Consul's HTTP API as far as a state needs it: keys, transactions, sessions. Values come and go as bytes.

Source: https://developer.hashicorp.com/consul/api-docs/kv, …/txn, …/session.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from driftgate.backends.base import BackendError
from driftgate.backends.rest import Answer, Rest

# What the Go client marks its locks with; it refuses a lock key with other flags.
LOCK_FLAGS = 0x2DDCCBC058A50C18
TTL = "15s"
LOCK_DELAY = "5s"


@dataclass(frozen=True, slots=True)
class Pair:
    """A key's value, the index of its last change, and the session that has it locked ("": none)."""

    value: bytes
    index: int
    session: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a transaction was rolled back: the position of the first operation that failed, and what Consul says."""

    operation: int
    reason: str


class TooLargeError(Exception):
    """A request larger than the agent takes (512 KiB unless configured)."""


@dataclass(frozen=True, slots=True)
class Kv:
    """The store of one agent; `scope` are its query items: datacenter, namespace, partition."""

    rest: Rest
    url: str
    scope: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> Pair | None:
        """The key as the leader has it, None when there is none."""
        answer = self._send("GET", f"kv/{_path(key)}", "read", {"consistent": ""}, ok=(200, 404))
        if answer.status == 404:
            return None
        return self.rest.json(answer, "read", _pair)

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`; those with a `/` after it are cut there."""
        answer = self._send("GET", f"kv/{_path(prefix)}", "list", {"keys": "", "separator": "/"}, ok=(200, 404))
        return [] if answer.status == 404 else self.rest.json(answer, "list", _keys)

    def put(self, key: str, value: bytes) -> None:
        self._send("PUT", f"kv/{_path(key)}", "write", body=value, repeat=True)

    def delete(self, key: str, *, index: int | None = None) -> None:
        """Delete a key, only as it was at `index` when given; nothing happens otherwise."""
        self._send("DELETE", f"kv/{_path(key)}", "delete", {} if index is None else {"cas": str(index)}, repeat=True)

    def delete_tree(self, prefix: str) -> None:
        self._send("DELETE", f"kv/{_path(prefix)}", "delete", {"recurse": ""}, repeat=True)

    def transact(self, operations: list[dict[str, Any]], doing: str, *, repeat: bool = False) -> list[Any] | Refusal:
        """Do all `operations` (of `operation`) or none. Raises TooLargeError when it is more than the agent takes."""
        body = json.dumps([{"KV": operation} for operation in operations]).encode()
        answer = self._send("PUT", "txn", doing, body=body, ok=(200, 409, 413), repeat=repeat)
        if answer.status == 413:
            raise TooLargeError
        if answer.status == 200:
            return self.rest.json(answer, doing, lambda found: [dict(item) for item in found["Results"] or ()])
        operation, reason = self.rest.json(answer, doing, _first_error)
        if "permission denied" in reason.lower():
            where = self.rest.where
            raise BackendError(f"cannot {doing} {where}: access denied ({reason})", next_step=self.rest.login)
        return Refusal(operation, reason)

    def is_still(self, key: str, index: int) -> bool:
        """Whether the last change of `key` is that with `index`; Consul answers without the value."""
        return isinstance(self.transact([operation("check-index", key, index=index)], "read", repeat=True), list)

    def identity(self) -> str:
        """The token we ask with, as Consul knows it; "" when there is none, or Consul asks for none."""
        answer = self._send("GET", "acl/token/self", "read", ok=(200, 401, 403, 404, 500), repeat=False)
        if answer.status != 200:
            return ""
        names = ("Description", "AccessorID")
        known = self.rest.json(answer, "read", lambda token: [str(token.get(name) or "") for name in names])
        return " ".join(filter(None, known))

    def open_session(self) -> str:
        """A new session, which ends when it is not renewed for some time; its id."""
        wanted = {"Name": "Consul API Lock", "TTL": TTL, "LockDelay": LOCK_DELAY, "Behavior": "release"}
        answer = self._send("PUT", "session/create", "lock", body=json.dumps(wanted).encode(), repeat=True)
        return self.rest.json(answer, "lock", lambda found: str(found["ID"]))

    def renew_session(self, session: str) -> bool:
        """Whether it still lived and will for another while."""
        return self._send("PUT", f"session/renew/{session}", "lock", ok=(200, 404), repeat=True).status == 200

    def end_session(self, session: str) -> None:
        self._send("PUT", f"session/destroy/{session}", "unlock", repeat=True)

    def _send(
        self,
        method: str,
        path: str,
        doing: str,
        query: dict[str, str] | None = None,
        *,
        body: bytes | None = None,
        ok: Container[int] = (200,),
        repeat: bool | None = None,
    ) -> Answer:
        items = urlencode({**(query or {}), **dict(self.scope)})
        url = f"{self.url}/v1/{path}" + (f"?{items}" if items else "")
        return self.rest.send(method, url, doing, body=body, ok=ok, repeat=repeat)


def operation(
    verb: str, key: str, *, value: bytes = b"", index: int | None = None, session: str = "", flags: int = 0
) -> dict[str, Any]:
    """One operation of a transaction; `verb` in Consul's words (`cas`, `lock`, `check-session`, …)."""
    found = {"Verb": verb, "Key": key, "Value": base64.b64encode(value).decode(), "Flags": flags}
    if index is not None:
        found["Index"] = index
    if session:
        found["Session"] = session
    return found


def _pair(found: Any) -> Pair:
    (only,) = found
    return Pair(base64.b64decode(only["Value"] or ""), int(only["ModifyIndex"]), str(only.get("Session") or ""))


def _keys(found: Any) -> list[str]:
    if not (isinstance(found, list) and all(isinstance(key, str) for key in found)):
        raise TypeError("no list of keys")
    return found


def _first_error(found: Any) -> tuple[int, str]:
    return int(found["Errors"][0]["OpIndex"]), str(found["Errors"][0]["What"])


def _path(key: str) -> str:
    return quote(key, safe="/:@")
