"""The `http` backend: a state behind any server that speaks Terraform's REST protocol (GitLab, Gitea, …).

The protocol has no way to ask who holds the lock, no conditional write and no history.
Source: https://developer.hashicorp.com/terraform/language/backend/http, and what Terraform 1.11 sends.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from driftgate.backends.base import Backend, BackendError, Fact, Payload, Surroundings
from driftgate.backends.http_settings import HONOURED, http_rest, setting, with_lock_id, without_login
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.rest import Answer, Rest, UnreachableError
from driftgate.backends.rest_facts import NO_HISTORY, asked, transport
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

DONE = (200, 201, 204)
HELD = (409, 423)
REFUSED = range(300, 500)
GITLAB_KEEPS = Fact("versioned", None, "GitLab keeps old versions, which its own pages list")


@dataclass(frozen=True, slots=True)
class HttpBackend:
    """The state at `address`, of a server without locks."""

    rest: Rest
    address: str = field(repr=False)
    update_method: str = "POST"
    notes: tuple[str, ...] = ()

    conditional = False  # only the lock protects

    def get(self) -> Payload | None:
        answer = self.rest.send("GET", self.address, "read", ok=(200, 204, 404))
        return Payload(answer.data) if answer.status == 200 else None

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """Store `data`; the server refuses it under another lock than `lock_id`, which makes repeating harmless."""
        self.rest.send(
            self.update_method,
            with_lock_id(self.address, lock_id),
            "write",
            body=data,
            headers=_describing(data),
            ok=DONE,
            repeat=bool(lock_id),
        )

    def facts(self) -> Iterator[Fact]:
        yield transport(self.address, self.rest.tls)
        yield asked("private", self._private)
        yield GITLAB_KEEPS if "/api/v4/projects/" in self.address else NO_HISTORY

    def _private(self) -> Fact:
        if self.rest.tls.certificate:
            return Fact("private", None, "not tried: the login is a client certificate")
        answer = replace(self.rest, headers=()).send("GET", self.address, "read", ok=range(600))
        if answer.status in (200, 204, 404):
            return Fact(
                "private", False, "whoever reaches the server reads the state without a login",
                "let the server ask for one",
            )  # fmt: skip
        return Fact("private", True, f"without a login the server answers {answer.status}")

    def delete(self, *, lock_id: str | None = None) -> None:
        self.rest.send("DELETE", self.address, "delete", ok=(*DONE, 404), repeat=True)


@dataclass(frozen=True, slots=True)
class LockingHttpBackend(HttpBackend):
    """The same, of a server with locks; `held` are the records of locks taken here, which an unlock repeats."""

    lock_address: str = field(default="", repr=False)
    lock_method: str = "LOCK"
    unlock_address: str = field(default="", repr=False)
    unlock_method: str = "UNLOCK"
    held: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def lock(self, info: LockInfo) -> str:
        record = info.to_json()
        try:
            answer = self.rest.send(
                self.lock_method,
                self.lock_address,
                "lock",
                body=record,
                headers=_describing(record),
                ok=(*DONE, *REFUSED),
                repeat=True,
            )
        except UnreachableError:
            raise
        except BaseException:  # the answer may be lost, and the lock taken
            with suppress(BackendError):
                self.unlock(info.id)
            raise
        if answer.status not in (*DONE, *HELD):  # not taken, and many servers would take an unlock for the holder's
            raise self.rest.refused(answer, self.lock_address, "lock")
        if answer.status in HELD:
            holder = _holder(answer)
            if holder is None or holder.id != info.id:
                raise LockHeldError(self.rest.where, holder)
        self.held[info.id] = record
        return info.id

    def unlock(self, lock_id: str) -> None:
        record = self.held.get(lock_id) or json.dumps({"ID": lock_id}).encode()
        answer = self.rest.send(
            self.unlock_method,
            self.unlock_address,
            "unlock",
            body=record,
            headers=_describing(record),
            ok=(*DONE, *HELD, 404),
        )
        if answer.status not in DONE:
            holder = _holder(answer)
            raise BackendError(
                f"{self.rest.where} is not locked under {lock_id}" + (f", but under {holder.id}" if holder else ""),
                next_step="somebody has unlocked it meanwhile, or it was another lock",
            )
        self.held.pop(lock_id, None)

    def break_lock(self, lock_id: str) -> None:
        """As `unlock`. Whether another id is refused is up to the server: Terraform's own sends no id at all."""
        self.unlock(lock_id)


def open_http(backend: BackendConfig, around: Surroundings) -> Backend:
    """The state at the block's address. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    where = locate(backend, PurePosixPath("."), env=around.env).identity
    rest, notes = http_rest(s, where), s.not_honoured(HONOURED)
    address, update = without_login(setting(s, "address")), setting(s, "update_method", "POST")
    lock, unlock = (without_login(setting(s, name)) for name in ("lock_address", "unlock_address"))
    if lock and unlock:
        methods = setting(s, "lock_method", "LOCK"), setting(s, "unlock_method", "UNLOCK")
        return LockingHttpBackend(rest, address, update, notes, lock, methods[0], unlock, methods[1])
    if lock:
        notes += (
            "backend http: lock_address without unlock_address: a lock could not be given back, so none is taken",
        )
    return HttpBackend(rest, address, update, notes)


def _describing(body: bytes) -> dict[str, str]:
    """The headers that Terraform sends with a body. MD5 is the protocol's checksum and protects nothing."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return {"Content-Type": "application/json", "Content-MD5": base64.b64encode(digest).decode()}


def _holder(answer: Answer) -> LockInfo | None:
    try:
        holder = LockInfo.from_json(answer.data)
    except ValueError:
        return None
    return holder if holder.id else None
