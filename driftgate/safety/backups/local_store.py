"""Backups in a folder: 0600 files in 0700 folders, synced, no name ever taken twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftgate.safety.backup import BackupError
from driftgate.safety.private_files import DRAFT, create_private


@dataclass(frozen=True, slots=True)
class LocalStore:
    """The files below `root`, which is made with the first one."""

    root: Path
    durable: bool = False

    @property
    def address(self) -> str:
        return str(self.root)

    def put_new(self, name: str, data: bytes) -> bool:
        with self._explained("write"):
            try:
                create_private(self.root / name, data)
            except FileExistsError:
                return False
        return True

    def get(self, name: str) -> bytes | None:
        with self._explained("read"):
            try:
                return (self.root / name).read_bytes()
            except FileNotFoundError:
                return None

    def names(self) -> Iterator[str]:
        with self._explained("list"):
            for folder, _, files in os.walk(self.root, onerror=_unless_absent):
                for file in files:
                    if not file.startswith("."):  # drafts that a crash left
                        yield (Path(folder) / file).relative_to(self.root).as_posix()

    def delete(self, name: str) -> None:
        with self._explained("remove from"):
            (self.root / name).unlink(missing_ok=True)

    def remove_drafts(self, before: float) -> int:
        """Remove what killed writers left half written, if last touched `before` that moment (seconds since 1970).

        Returns how many there were. Raises BackupError.
        """
        with self._explained("remove from"):
            left = [
                Path(folder, file)
                for folder, _, files in os.walk(self.root, onerror=_unless_absent)
                for file in files
                if file.startswith(".") and file.endswith(DRAFT)
            ]
            old = [path for path in left if path.stat().st_mtime < before]
            for path in old:
                path.unlink(missing_ok=True)
        return len(old)

    @contextmanager
    def _explained(self, act: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackupError(
                f"cannot {act} the backups in {self.root}: {error.strerror}",
                next_step="check its permissions and the space left, or name another folder in [backup] destination",
            ) from None


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
