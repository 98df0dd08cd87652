"""Files that only their owner may read, written so that a crash leaves all of one or nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

DRAFT = ".new"
"""How the names of files end that are being written; a killed process leaves one behind."""


def private_folder(path: Path) -> None:
    """Make the folder `path` and those above it; what is made is 0700, what is there keeps its mode. Raises OSError."""
    if path.is_dir():
        return
    private_folder(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir():  # else somebody was quicker
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path)) from None
    sync_folder(path.parent)


def create_private(path: Path, data: bytes) -> None:
    """Write `data` to the new file `path`, 0600, whole and on the disk when this returns.

    The bytes are complete before the name appears, and no name is ever taken from another file. Raises
    FileExistsError when `path` exists, OSError when it cannot be written.
    """
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}{DRAFT}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.link(draft, path, follow_symlinks=False)
    finally:
        os.unlink(draft)
    sync_folder(path.parent)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte of `data`, however many calls that takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
