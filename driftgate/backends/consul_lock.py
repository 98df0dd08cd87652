"""A state's lock in Consul: a key held by a session that a thread keeps alive, and Terraform's record beside it.

Both are taken and given back in one transaction, so that the record always fits the holder; a proper release also
spares the next one the lock delay, for which Consul keeps a lock closed whose session merely ended.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace

from driftgate.backends.base import BackendError
from driftgate.backends.consul_kv import LOCK_FLAGS, Kv, Refusal, operation
from driftgate.backends.lock import LockHeldError, LockInfo

RENEW_SECONDS = 5.0  # a third of the session's time to live


class KeptSession:
    """A session that a thread renews until `stop`, or until Consul has forgotten it."""

    def __init__(self, kv: Kv, session: str) -> None:
        self._kv, self._session, self._stopped = kv, session, threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"consul session {session}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._stopped.wait(RENEW_SECONDS):
            with suppress(BackendError):  # the session outlives two renewals that fail; a write checks it
                if not self._kv.renew_session(self._session):
                    return


def lock_key(path: str) -> str:
    """The key that is locked for the state at `path`."""
    return path.rstrip("/") + "/.lock"


def record_key(path: str) -> str:
    return path.rstrip("/") + "/.lockinfo"


@dataclass(frozen=True, slots=True)
class ConsulLock:
    """The lock of the state at `path`; `kept` are the sessions of locks taken here."""

    kv: Kv
    path: str
    kept: dict[str, KeptSession] = field(default_factory=dict, repr=False, compare=False)

    def take(self, info: LockInfo) -> str:
        """The session's id, which is the lock's. Raises LockHeldError."""
        session = self.kv.open_session()
        record = replace(info, id=session, info=f"consul session: {session} {info.info}".strip(), path=self.path)
        operations = [
            operation("lock", lock_key(self.path), session=session, flags=LOCK_FLAGS),
            operation("set", record_key(self.path), value=record.to_json()),
        ]
        try:
            refused = isinstance(self.kv.transact(operations, "lock", repeat=True), Refusal)
        except BaseException:  # the answer may be lost, and the lock taken
            with suppress(BackendError):
                self.give_back(session)
            raise
        if refused:
            self.kv.end_session(session)
            raise self._held()
        self.kept[session] = KeptSession(self.kv, session)
        return session

    def give_back(self, session: str) -> None:
        """Also another client's. Raises BackendError when it is not held by `session`."""
        if session in self.kept:
            self.kept.pop(session).stop()
        operations = [
            operation("unlock", lock_key(self.path), session=session, flags=LOCK_FLAGS),
            operation("delete", record_key(self.path)),
        ]
        try:
            done = self.kv.transact(operations, "unlock")
        finally:
            with suppress(BackendError):  # else it ends by itself
                self.kv.end_session(session)
        if isinstance(done, Refusal):
            raise BackendError(
                f"{self.kv.rest.where} is not locked under {session}",
                next_step="somebody has unlocked it meanwhile, or its session ended; check what is stored now",
            )
        self.kv.delete(lock_key(self.path), index=int(done[0]["KV"]["ModifyIndex"]))

    def holder(self) -> LockInfo | None:
        pair = self.kv.get(lock_key(self.path))
        if pair is None or not pair.session:
            return None
        record = self.kv.get(record_key(self.path))
        with suppress(ValueError):
            found = LockInfo.from_json(record.value if record else b"")
            if found.id == pair.session:
                return found
        return LockInfo(pair.session, "", "", "", self.path)

    def _held(self) -> LockHeldError:
        holder = self.holder()
        delayed = "its last holder ended without unlocking, and Consul keeps it closed for some seconds more: try again"
        return LockHeldError(self.kv.rest.where, holder, next_step="" if holder else delayed)
