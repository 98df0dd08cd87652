"""Overwriting a locked local state in place, so that it is the old or the new one whenever the machine stops.

The file must keep its inode: the lock is on it, and a waiting terraform has it open. So what is about to be written is
first put beside it (`.terraform.tfstate.dg-journal`); whoever finds a half-written state, finishes it from there. The
previous state goes to `terraform.tfstate.backup`, as terraform's own writes do.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path


def read_all(descriptor: int) -> bytes:
    """The bytes of an open file, wherever its position is."""
    size = os.fstat(descriptor).st_size
    parts, at = [], 0
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def overwrite(descriptor: int, path: Path, new: bytes) -> None:
    """Put `new` in the place of what the locked file holds. Raises OSError, the old state being back in place then."""
    old = read_all(descriptor)
    if old:
        _store(backup_path(path), old)
    _store(journal_path(path), _digest(old) + _digest(new) + new)
    try:
        if len(new) > len(old) and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, len(new))  # a full disk shows now, while nothing is lost
        _write(descriptor, new)
    except OSError:
        _write(descriptor, old)
        journal_path(path).unlink()
        raise
    journal_path(path).unlink()


def recover(descriptor: int, path: Path) -> None:
    """Finish, under the lock, a write that was cut short; a journal that is no longer needed goes."""
    with contextlib.suppress(FileNotFoundError):
        whole = unfinished(path, read_all(descriptor))
        if whole is not None:
            _write(descriptor, whole)
        journal_path(path).unlink()


def unfinished(path: Path, data: bytes) -> bytes | None:
    """The whole of the state when `data`, read from `path`, is a half-written one, else None."""
    try:
        journal = journal_path(path).read_bytes()
    except FileNotFoundError:
        return None
    before, after, new = journal[:32], journal[32:64], journal[64:]
    if _digest(new) != after or _digest(data) in (before, after):
        return None
    old = _previous(path, before)
    if old is None or data != _mixed(old, new, data):
        return None  # somebody else has written since
    return new


def backup_path(path: Path) -> Path:
    """Where terraform keeps the previous state."""
    return path.with_name(f"{path.name}.backup")


def journal_path(path: Path) -> Path:
    """Where the state stands that is being written."""
    return path.with_name(f".{path.name.removeprefix('.')}.dg-journal")


def _mixed(old: bytes, new: bytes, data: bytes) -> bytes:
    """What stands in the file after the first bytes of `new`, as many as `data` has, were written over `old`."""
    low, high = 0, min(len(new), len(data))
    while low < high:  # the longest common start, by halves
        middle = (low + high + 1) // 2
        low, high = (middle, high) if new[:middle] == data[:middle] else (low, middle - 1)
    return (new[:low] + old[low:]).ljust(len(data), b"\0")


def _previous(path: Path, digest: bytes) -> bytes | None:
    if digest == _digest(b""):
        return b""
    with contextlib.suppress(FileNotFoundError):
        old = backup_path(path).read_bytes()
        return old if _digest(old) == digest else None
    return None


def _write(descriptor: int, data: bytes) -> None:
    at, view = 0, memoryview(data)
    while at < len(data):
        at += os.pwrite(descriptor, view[at:], at)
    os.ftruncate(descriptor, len(data))  # last: a file that is empty for a moment would read as no state
    os.fsync(descriptor)


def _store(path: Path, data: bytes) -> None:
    """Write a file that is either there whole, and safe on the disk, or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
