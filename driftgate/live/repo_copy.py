"""A private copy of a repo for a program that writes beside the code it reads: the user's own tree never sees that."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NEVER_COPIED = frozenset((".terraform", ".terragrunt-cache"))
LARGEST = 1024 * 1024


def copy_repo(root: Path, target: Path) -> None:
    """Copy the repo at `root` to `target`, a folder that is made, 0700. What is downloaded again anyway is left out.

    States and files above `LARGEST` bytes are links: a state must not lie about twice, nothing writes to the others.
    So is `.git`, for what asks git. A link inside the repo leads to the same place of the copy. Raises OSError.
    """
    _copy_folder(root.resolve(), target, root.resolve(), target)


def _copy_folder(folder: Path, copy: Path, root: Path, target: Path) -> None:
    copy.mkdir(mode=0o700)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and entry.name not in NEVER_COPIED and entry.name != ".git":
                _copy_folder(Path(entry.path), copy / entry.name, root, target)
            elif entry.name not in NEVER_COPIED:
                _copy_entry(entry, copy / entry.name, root, target)


def _copy_entry(entry: os.DirEntry[str], copy: Path, root: Path, target: Path) -> None:
    real = Path(os.path.realpath(entry.path))
    if entry.is_symlink() and real.is_relative_to(root):
        copy.symlink_to(target / real.relative_to(root))
    elif entry.name == ".git" or entry.is_dir():
        copy.symlink_to(real)
    elif entry.is_file():  # no socket, no FIFO: to read those could hang
        if ".tfstate" in entry.name or entry.stat().st_size > LARGEST:
            copy.symlink_to(real)
        else:
            shutil.copyfile(real, copy)
            shutil.copymode(real, copy)
