"""The `local` backend: a file in or beside the unit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from driftgate.backends import local_lock, local_write
from driftgate.backends.base import Backend, BackendError, ConflictError, Payload, Surroundings, Version
from driftgate.backends.local_lock import HeldFile
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.unit import BackendConfig

STATE = "terraform.tfstate"
WORKSPACES = "terraform.tfstate.d"


@dataclass(slots=True)
class LocalBackend:
    """A state file at `path`; named workspaces have theirs in folders of `workspace_dir`."""

    path: Path
    workspace_dir: Path
    workspace: str = "default"
    notes: tuple[str, ...] = ()
    _held: HeldFile | None = field(default=None, init=False, repr=False, compare=False)
    _forget: bool = field(default=False, init=False, repr=False, compare=False)
    """Whether the workspace's folder goes with the lock: made by it, or its state was deleted meanwhile."""

    @property
    def conditional(self) -> bool:
        """What is there is compared under the lock, which is the kernel's."""
        return True

    def get(self) -> Payload | None:
        with self._explained("read"):
            try:
                data = local_write.read_all(self._held.descriptor) if self._held else self.path.read_bytes()
            except FileNotFoundError:
                return None
            if self._held and self._held.created and not data:
                return None  # our own lock has made it
            return Payload(local_write.unfinished(self.path, data) or data)

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """In place, as terraform does: the lock is on the file."""
        held = self._holding(lock_id)
        stored = self.get()
        if (stored.data if stored else None) != (replacing.data if replacing else None):
            raise ConflictError(
                f"{self.path} has changed since it was read; nothing was written", next_step="start again"
            )
        with self._explained("write"):
            local_write.overwrite(held.descriptor, self.path, data)

    def lock(self, info: LockInfo) -> str:
        if self._held:
            raise LockHeldError(str(self.path), self.holder())
        self._forget = self.workspace != "default" and not self.path.parent.exists()
        with self._explained("lock"):
            held = local_lock.take(self.path, info)
            try:
                local_write.recover(held.descriptor, self.path)
            except OSError:
                local_lock.release(self.path, held)
                raise
        self._held = held
        return info.id

    def unlock(self, lock_id: str) -> None:
        held, self._held = self._holding(lock_id), None
        with self._explained("unlock"):
            local_lock.release(self.path, held)
            self._forget_folder()

    def holder(self) -> LockInfo | None:
        with self._explained("read the lock of"):
            return local_lock.read_record(self.path) if self._held else local_lock.holder(self.path)

    def versions(self) -> Iterator[Version]:
        """The state and terraform's one backup file."""
        for path in (self.path, local_write.backup_path(self.path)):
            with self._explained("read"), contextlib.suppress(FileNotFoundError):
                found = path.stat()
                if found.st_size:
                    time = datetime.fromtimestamp(found.st_mtime, UTC).isoformat().replace("+00:00", "Z")
                    yield Version(path.name, time, found.st_size, current=path == self.path)

    def get_version(self, version_id: str) -> bytes:
        if version_id not in (self.path.name, local_write.backup_path(self.path).name):
            raise BackendError(f"{self.path} has no version {version_id}", next_step="`dg state history` lists them")
        with self._explained("read"):
            return self.path.with_name(version_id).read_bytes()

    def delete(self, *, lock_id: str | None = None) -> None:
        """The state with its backup file: what `terraform workspace delete` leaves nothing of."""
        if lock_id is not None:
            self._holding(lock_id)
        with self._explained("delete"):
            for path in (self.path, local_write.backup_path(self.path), local_write.journal_path(self.path)):
                path.unlink(missing_ok=True)
            self._forget = self.workspace != "default"
            self._forget_folder()

    def workspaces(self) -> tuple[str, ...]:
        with self._explained("list"):
            try:
                found = {entry.name for entry in os.scandir(self.workspace_dir) if entry.is_dir()}
            except FileNotFoundError:
                found = set()
        return tuple(sorted({"default", *found}))

    def _holding(self, lock_id: str | None) -> HeldFile:
        if self._held is None or self._held.lock_id != lock_id:
            raise local_lock.gone(self.path, str(lock_id))
        return self._held

    def _forget_folder(self) -> None:
        """A workspace is there as long as its folder is."""
        if self._forget:
            with contextlib.suppress(OSError):  # not empty: it is still one
                self.path.parent.rmdir()

    @contextmanager
    def _explained(self, act: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackendError(
                f"cannot {act} {self.path}: {error.strerror}",
                next_step="check the path, its permissions and the space on the disk",
            ) from None


def open_local(backend: BackendConfig, around: Surroundings) -> Backend:
    """The file that Terraform uses: `path` in the default workspace, else one under `workspace_dir` (`path` ignored).

    Source: https://developer.hashicorp.com/terraform/language/backend/local, and run against Terraform 1.11.
    """
    folder = around.unit_dir / str(backend.config.get("workspace_dir") or WORKSPACES)
    if backend.workspace == "default":
        return LocalBackend(around.unit_dir / str(backend.config.get("path") or STATE), folder)
    return LocalBackend(folder / backend.workspace / STATE, folder, backend.workspace)
