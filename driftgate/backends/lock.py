"""Locks: Terraform's record, byte for byte, what a backend with locks can do, and how a lock is waited for.

Source: the shape that Terraform 1.11 writes and reads (`terraform force-unlock` refuses what it cannot parse), and its
-lock-timeout, which tries again after 1, 2, 4, 8, 16, 16, … seconds.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from driftgate.errors import DriftgateError, ExitCode

LONGEST_PAUSE = 16.0
_KEYS = ("ID", "Operation", "Info", "Who", "Version", "Created", "Path")
# Go's encoding/json escapes these, so that a record can stand in HTML.
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True, slots=True)
class LockInfo:
    """Who holds a lock and why. `id` is a UUID, `created` RFC 3339: terraform can do nothing with others."""

    id: str
    operation: str
    who: str
    created: str
    path: str = ""
    info: str = ""
    version: str = ""

    def to_json(self) -> bytes:
        """The record as Go marshals it: this order of keys, compact, HTML escaped."""
        values = (self.id, self.operation, self.info, self.who, self.version, self.created, self.path)
        text = json.dumps(dict(zip(_KEYS, values, strict=True)), ensure_ascii=False, separators=(",", ":"))
        return text.translate(_ESCAPED).encode()

    @classmethod
    def from_json(cls, data: bytes) -> LockInfo:
        """The record in `data`. Raises ValueError when it is none; an unknown key is no reason to refuse."""
        try:
            document = json.loads(data)
        except RecursionError:
            raise ValueError("nested too deep") from None
        if not isinstance(document, dict):
            raise ValueError("a lock record is a JSON object")
        lock_id, operation, info, who, version, created, path = (str(document.get(key) or "") for key in _KEYS)
        return cls(lock_id, operation, who, created, path, info, version)


def recorded(data: bytes) -> LockInfo:
    """The record that a store holds, whatever it is: for one that cannot be read an id made from its bytes."""
    try:
        found = LockInfo.from_json(data)
    except ValueError:
        found = LockInfo("", "", "", "")
    return found if found.id else replace(found, id=f"unreadable-{hashlib.sha256(data).hexdigest()[:16]}")


class LockHeldError(DriftgateError):
    """Somebody else holds the lock; `holder` is None where the store does not say who."""

    exit_code = ExitCode.LOCKED

    def __init__(self, where: str, holder: LockInfo | None, *, next_step: str = "") -> None:
        super().__init__(
            f"{where} is locked{by(holder)}",
            next_step=next_step or "wait for it with --lock-timeout; `dg state locks` shows whether it is stale",
        )
        self.where = where
        self.holder = holder


@runtime_checkable
class Locker(Protocol):
    """A backend with Terraform's own lock, so that a running terraform and we exclude each other."""

    def lock(self, info: LockInfo) -> str:
        """Take the lock and return the id that `terraform force-unlock` understands.

        Fails at once with LockHeldError, naming the holder where the store knows it. A request that was repeated by
        the SDK and finds our own `info.id` stored has taken the lock.
        """
        ...

    def unlock(self, lock_id: str) -> None:
        """Give the lock back. Raises BackendError when it is not held under this id (any more)."""
        ...


@runtime_checkable
class LockInspector(Protocol):
    """A backend that can tell who holds the lock."""

    def holder(self) -> LockInfo | None:
        """The present holder, None when the lock is free; its `id` is what `break_lock` takes."""
        ...


@runtime_checkable
class LooksByLocking(Protocol):
    """A LockInspector that can only try to take the lock: while it looks at a free one, nobody else can take it.

    To be asked where somebody wants to know, and not in passing.
    """

    @property
    def looks_by_locking(self) -> bool: ...


@runtime_checkable
class LockBreaker(Protocol):
    """A backend whose lock can be taken from a holder that is gone (`terraform force-unlock`)."""

    def break_lock(self, lock_id: str) -> None:
        """Remove the lock that is held under `lock_id`. Raises BackendError for another id, or when it is free.

        May need more power than `unlock` (break a lease, end a database session).
        """
        ...


@runtime_checkable
class SessionLock(Protocol):
    """A lock that ends with the process that took it: none of our commands can leave it taken."""

    @property
    def ends_with_process(self) -> bool: ...


@runtime_checkable
class ConditionalLock(Protocol):
    """A lock that is a conditional write: it excludes nobody in a store that ignores the condition, as some do."""

    def lock_excludes(self, lock_id: str) -> bool:
        """Whether the store refuses a second lock while we hold ours under `lock_id`, which stays as it is."""
        ...


def acquire(
    locker: Locker,
    info: LockInfo,
    *,
    timeout: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    on_wait: Callable[[LockHeldError], None] = lambda held: None,
) -> str:
    """Take the lock, trying for `timeout` seconds as terraform's -lock-timeout does; `on_wait` hears of each pause.

    Returns the id to unlock with. Raises LockHeldError when it is still held then.
    """
    deadline, pause = monotonic() + timeout, 1.0
    while True:
        try:
            return locker.lock(info)
        except LockHeldError as held:
            left = deadline - monotonic()
            if left <= 0:
                raise
            on_wait(held)
        sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


@contextmanager
def locked(
    locker: Locker,
    info: LockInfo,
    *,
    timeout: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    on_wait: Callable[[LockHeldError], None] = lambda held: None,
) -> Iterator[str]:
    """Hold the lock for the block; it is given back however the block ends. Yields the lock id."""
    lock_id = acquire(locker, info, timeout=timeout, sleep=sleep, on_wait=on_wait)
    try:
        yield lock_id
    finally:
        locker.unlock(lock_id)


def by(holder: LockInfo | None) -> str:
    """` by ann@host for OperationTypeApply since …, lock id …`; "" for nobody known."""
    if holder is None:
        return ""
    since = f" since {holder.created}" if holder.created else ""
    what = f" for {holder.operation}" if holder.operation else ""
    why = f" ({holder.info})" if holder.info else ""
    return f" by {holder.who or 'somebody'}{what}{since}, lock id {holder.id}{why}"
