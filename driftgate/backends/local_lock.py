"""Terraform's lock on a local state: a POSIX record lock on the whole file, and a record of the holder beside it.

Source: statemgr.Filesystem of Terraform 1.11, as seen from outside. A lock of the open file (F_OFD_SETLK, Linux) and
the lock of a process that terraform takes exclude each other, and only the former survives that another part of this
process opens and closes the file. Where there is none, the lock of the process is used.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from driftgate.backends.base import BackendError
from driftgate.backends.lock import LockHeldError, LockInfo, recorded

_SET = getattr(fcntl, "F_OFD_SETLK", fcntl.F_SETLK)
_GET = getattr(fcntl, "F_OFD_GETLK", fcntl.F_GETLK)
# struct flock asking for the whole file (length 0): type, whence, start, length, process; the BSDs have another order.
_FLOCK = "hhqqi4x" if sys.platform == "linux" else "qqihh"
_TYPE, _PROCESS = (0, 4) if sys.platform == "linux" else (3, 2)
_WHOLE = struct.pack(_FLOCK, *((fcntl.F_WRLCK, 0, 0, 0, 0) if _TYPE == 0 else (0, 0, 0, fcntl.F_WRLCK, 0)))


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A state file that we hold the lock of; `created` when the lock has made it."""

    descriptor: int
    lock_id: str
    created: bool


def take(path: Path, info: LockInfo) -> HeldFile:
    """Lock the state at `path`, creating it empty as terraform does. Raises LockHeldError and OSError."""
    while True:
        created = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        held = HeldFile(descriptor, info.id, created)
        try:
            if not _try(descriptor):
                raise LockHeldError(str(path), read_record(path))
            if not _is_at(descriptor, path):  # its holder removed it as empty just now: lock the one there is
                os.close(descriptor)
                continue
            _write_record(path, info)
        except BaseException:
            os.close(descriptor)
            raise
        return held


def release(path: Path, held: HeldFile) -> None:
    """Give the lock back; a file that the lock has made and nobody has written to goes."""
    record_path(path).unlink(missing_ok=True)
    try:
        if held.created and os.fstat(held.descriptor).st_size == 0 and _is_at(held.descriptor, path):
            path.unlink()
    finally:
        os.close(held.descriptor)


def holder(path: Path) -> LockInfo | None:
    """Who holds the lock now, None when it is free: a record without a lock was left by a process that was killed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, _GET, _WHOLE))
    finally:
        os.close(descriptor)
    if found[_TYPE] == fcntl.F_UNLCK:
        return None
    who = f"process {found[_PROCESS]}" if found[_PROCESS] > 0 else ""
    return read_record(path) or LockInfo("", "", who, "", str(path))


def read_record(path: Path) -> LockInfo | None:
    """The record beside the state at `path`, whether or not the lock is held."""
    try:
        return recorded(record_path(path).read_bytes())
    except FileNotFoundError:
        return None


def record_path(path: Path) -> Path:
    """Where terraform keeps the record: `.terraform.tfstate.lock.info`."""
    return path.with_name(f".{path.name.removeprefix('.')}.lock.info")


def gone(path: Path, lock_id: str) -> BackendError:
    """The error for a lock that is not held under this id by this process."""
    return BackendError(
        f"the lock of {path} is not held under id {lock_id} by this process",
        next_step="a local lock ends with the process that holds it; `dg state locks` shows which",
    )


def _try(descriptor: int) -> bool:
    try:
        fcntl.fcntl(descriptor, _SET, _WHOLE)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _write_record(path: Path, info: LockInfo) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(record_path(path), flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(replace(info, path=str(path)).to_json())
