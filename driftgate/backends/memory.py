"""A store in this process that can do all that a backend can: the contract's reference, and for tests above it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from driftgate.backends.base import BackendError, ConflictError, Payload, Version
from driftgate.backends.lock import LockHeldError, LockInfo


@dataclass(slots=True)
class MemoryStore:
    """What all clients see: by workspace the versions, oldest first (None: deleted), and the lock."""

    bodies: dict[str, list[bytes | None]] = field(default_factory=dict)
    locks: dict[str, LockInfo] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemoryBackend:
    """One client of `store`; its clock counts versions."""

    store: MemoryStore
    workspace: str = "default"
    notes: tuple[str, ...] = ()

    @property
    def conditional(self) -> bool:
        return True

    def get(self) -> Payload | None:
        bodies = self._bodies
        data = bodies[-1] if bodies else None
        return None if data is None else Payload(data, str(len(bodies)))

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        stored = self.get()
        if (stored.token if stored else None) != (replacing.token if replacing else None):
            raise ConflictError(
                f"{self._name} has changed since it was read; nothing was written", next_step="start again"
            )
        self._check_lock(lock_id)
        self.store.bodies.setdefault(self.workspace, []).append(data)

    def lock(self, info: LockInfo) -> str:
        held = self.store.locks.setdefault(self.workspace, replace(info, path=self._name))
        if held.id != info.id:
            raise LockHeldError(self._name, held)
        return info.id

    def unlock(self, lock_id: str) -> None:
        held = self.holder()
        if held is None or held.id != lock_id:
            raise BackendError(
                f"{self._name} is not locked under id {lock_id}", next_step="`dg state locks` shows who holds it"
            )
        del self.store.locks[self.workspace]

    def break_lock(self, lock_id: str) -> None:
        self.unlock(lock_id)

    def holder(self) -> LockInfo | None:
        return self.store.locks.get(self.workspace)

    def versions(self) -> Iterator[Version]:
        bodies = self._bodies
        for number, data in reversed(list(enumerate(bodies, 1))):
            if data is not None:
                time = f"1970-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
                yield Version(str(number), time, len(data), current=number == len(bodies))

    def get_version(self, version_id: str) -> bytes:
        number = int(version_id) if version_id.isdecimal() else 0
        data = self._bodies[number - 1] if 0 < number <= len(self._bodies) else None
        if data is None:
            raise BackendError(f"{self._name} has no version {version_id}", next_step="`dg state history` lists them")
        return data

    def delete(self, *, lock_id: str | None = None) -> None:
        self._check_lock(lock_id)
        if self.get() is not None:
            self._bodies.append(None)

    def workspaces(self) -> tuple[str, ...]:
        present = {name for name, bodies in self.store.bodies.items() if bodies and bodies[-1] is not None}
        return tuple(sorted({"default", *present}))

    @property
    def _bodies(self) -> list[bytes | None]:
        return self.store.bodies.get(self.workspace, [])

    @property
    def _name(self) -> str:
        return f"memory://{self.workspace}"

    def _check_lock(self, lock_id: str | None) -> None:
        held = self.holder()
        if held is not None and held.id != lock_id:
            raise ConflictError(
                f"{self._name} is locked under {held.id}, not {lock_id}", next_step="take the lock first"
            )
