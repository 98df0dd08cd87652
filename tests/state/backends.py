"""Backends in memory that go wrong, or can do more, for the tests of the write path."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from driftgate.backends.base import BackendError, Payload
from driftgate.backends.memory import MemoryBackend, MemoryStore


class Failing(MemoryBackend):
    """Fails in `put`, before or after it has stored, and may not answer afterwards."""

    __slots__ = ("after", "before", "failed", "silent")

    def __init__(self, store: MemoryStore, before: bool = False, after: bool = False, silent: bool = False) -> None:
        super().__init__(store)
        for name, value in (("before", before), ("after", after), ("silent", silent), ("failed", False)):
            object.__setattr__(self, name, value)

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        object.__setattr__(self, "failed", True)
        if self.before:
            raise BackendError("connection reset", next_step="check the network")
        super().put(data, replacing=replacing, lock_id=lock_id)
        if self.after:
            raise BackendError("connection reset", next_step="check the network")

    def get(self) -> Payload | None:
        if self.failed and self.silent:
            raise BackendError("no answer", next_step="wait")
        return super().get()


class KeepsLock(MemoryBackend):
    def unlock(self, lock_id: str) -> None:
        raise BackendError("no answer", next_step="wait")


class Conditional(MemoryBackend):
    excludes = True
    asked = 0

    def lock_excludes(self, lock_id: str) -> bool:
        type(self).asked += 1
        return self.excludes


class WithDigest(MemoryBackend):
    __slots__ = ()
    seen: ClassVar[list[Payload | None]] = []

    def digest_fault(self, payload: Payload | None) -> str:
        return "" if payload in self.seen else "the digest is another"

    def write_digest(self, payload: Payload | None) -> None:
        self.seen.append(payload)


class Prints(MemoryBackend):
    """Stores as terraform does: another layout, the serial + 1."""

    change: ClassVar[Any] = staticmethod(lambda data: data)

    @property
    def reprints(self) -> bool:
        return True

    def put(self, data: bytes, **more: Any) -> None:
        document = json.loads(self.change(data))
        document["serial"] += 1
        super().put(json.dumps(document, sort_keys=True).encode(), **more)
