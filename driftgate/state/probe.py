"""What we may do with a state, found out without changing it: read, lock, write; and whether its lock excludes."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.backends.base import Backend, BackendError, ConflictError, Described, Fact, Versioned, Writable
from driftgate.backends.lock import ConditionalLock, Locker, LockHeldError, LockInfo
from driftgate.errors import DriftgateError
from driftgate.state.critical import uninterrupted


def look(backend: Backend) -> Iterator[Fact]:
    """What can be seen by reading: whether we reach and may read the state, and how the store keeps it."""
    try:
        stored = backend.get()
    except DriftgateError as error:
        yield Fact("read", False, error.message, error.next_step)
        return
    yield Fact("read", True, f"{len(stored.data):,} bytes" if stored else "may read; there is no state yet")
    yield from backend.facts() if isinstance(backend, Described) else ()
    if not isinstance(backend, Described):
        kept = isinstance(backend, Versioned)
        yield Fact("versioned", kept, "old versions can be read" if kept else "the store keeps no old versions",
                   "" if kept else "`dg backup create` keeps them")  # fmt: skip


def attempt(backend: Backend, info: LockInfo) -> list[Fact]:
    """What shows only when it is tried: the lock is taken, tried again, a write is made that must be refused, and
    the lock given back. The state stays as it is. Raises BackendError when the lock cannot be given back."""
    if not isinstance(backend, Locker):
        return [Fact("lock", False, "the backend has no lock", "switch locking on in the backend block")]
    try:
        lock_id = backend.lock(info)
    except LockHeldError as held:
        return [Fact("lock", None, held.message, "ask again when it is free")]
    except DriftgateError as error:
        return [Fact("lock", False, error.message, error.next_step)]
    with uninterrupted():
        try:
            return [
                Fact("lock", True, "may lock and unlock"),
                _exclusive(backend, lock_id),
                _writable(backend, lock_id),
            ]
        finally:
            backend.unlock(lock_id)


def _exclusive(backend: Backend, lock_id: str) -> Fact:
    if not isinstance(backend, ConditionalLock):
        return Fact("exclusive", True, "the lock is the server's own")
    if backend.lock_excludes(lock_id):
        return Fact("exclusive", True, "a second lock is refused")
    return Fact("exclusive", False, "a second lock is not refused: the store ignores conditions of writes",
                "lock in another way (s3: dynamodb_table), or use another store")  # fmt: skip


def _writable(backend: Backend, lock_id: str) -> Fact:
    if not isinstance(backend, Writable):
        return Fact("write", False, "driftgate only reads states of this backend", "use `terraform state push`")
    if not backend.conditional:
        return Fact("write", None, "not tried: the store has no conditional writes, only the lock protects")
    stored = backend.get()
    if stored is None:
        return Fact("write", None, "not tried: there is no state yet")
    try:
        # As if there were none: to be refused. Another byte, lest it pass for a repeated request; it changes nothing.
        backend.put(stored.data + b"\n", replacing=None, lock_id=lock_id)
        backend.put(stored.data, replacing=backend.get(), lock_id=lock_id)
    except ConflictError:
        return Fact("write", True, "may write, and a write over something else is refused")
    except BackendError as error:
        return Fact("write", False, error.message, error.next_step)
    return Fact("write", False, "may write, but the store ignores the condition: only the lock protects",
                "use a store that honours If-None-Match and If-Match")  # fmt: skip
