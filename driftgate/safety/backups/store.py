"""Where the files of backups are kept: write-once places by name, one file here for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from driftgate.backends.base import BackendError
from driftgate.safety.backup import BackupError


class Store(Protocol):
    """A flat place of files; a name may hold `/`. All methods raise BackupError when the place cannot be reached."""

    @property
    def durable(self) -> bool:
        """Whether the place itself guards its files against rot and half writes, as object stores do."""
        ...

    @property
    def address(self) -> str:
        """The place for people, as settings spell it, without secrets."""
        ...

    def put_new(self, name: str, data: bytes) -> bool:
        """Keep `data` under `name`, for good when this returns; False when the name is taken, and nothing is changed.

        May need no permission but that to write.
        """
        ...

    def get(self, name: str) -> bytes | None:
        """The whole file, None when there is none."""
        ...

    def names(self) -> Iterator[str]:
        """Every name, in no order."""
        ...

    def delete(self, name: str) -> None:
        """Remove the file, if there is one."""
        ...


@contextmanager
def as_backup_error() -> Iterator[None]:
    """What reaching an object store raises in the block comes out as a BackupError of the same words."""
    try:
        yield
    except BackendError as error:
        raise BackupError(error.message, next_step=error.next_step) from None
