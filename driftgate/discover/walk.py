"""Finds the folders of a repo and the files in them: one `scandir` each, no symbolic link followed to a folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})
MODULE_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, relative to the repo root (`.` is the root itself), with its file names sorted.

    `initialised` says that it has a `.terraform` folder; `error` why it could not be read.
    """

    path: str
    files: tuple[str, ...]
    initialised: bool = False
    error: str | None = None

    @property
    def is_module(self) -> bool:
        """Whether there is any Terraform or OpenTofu source in it."""
        return any(name.endswith(MODULE_SUFFIXES) and not is_ignored(name) for name in self.files)

    def join(self, name: str) -> str:
        """The path of a file in this folder, relative to the repo root."""
        return name if self.path == "." else f"{self.path}/{name}"


def walk(root: Path, data_dir: str, start: str = ".") -> dict[str, Folder]:
    """Every folder at or below `start` by its path. Hidden folders are not entered.

    Symbolic links to folders are not followed: what they point to in the repo is found where it really is.
    """
    found: dict[str, Folder] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        folder, below = _scan(root, path, data_dir)
        found[path] = folder
        waiting.extend(below)
    return found


def scan(root: Path, path: str, data_dir: str) -> Folder:
    """One folder, wherever it is: `path` is relative to `root` and may lead out of it."""
    return _scan(root, path, data_dir)[0]


def is_ignored(name: str) -> bool:
    """Whether Terraform skips a file of this name: hidden, or an editor's backup."""
    return name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#"))


def _scan(root: Path, path: str, data_dir: str) -> tuple[Folder, list[str]]:
    files: list[str] = []
    below: list[str] = []
    initialised = False
    prefix = "" if path == "." else f"{path}/"  # plain text: pathlib would cost more than the scan itself
    try:
        with os.scandir(f"{root}/{path}") as entries:
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    initialised = initialised or name == data_dir
                    if not name.startswith(".") and name not in SKIPPED and name != data_dir:
                        below.append(prefix + name)
                elif _is_file(entry):
                    files.append(name)
    except OSError as error:
        return Folder(path, (), error=f"cannot read the folder: {error.strerror}"), []
    return Folder(path, tuple(sorted(files)), initialised), below


def _is_file(entry: os.DirEntry[str]) -> bool:
    """A regular file or a link to one. A link to nowhere counts too: whoever reads it says so."""
    if entry.is_file(follow_symlinks=False) or not entry.is_symlink():
        return entry.is_file(follow_symlinks=False)
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return True
