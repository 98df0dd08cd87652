"""Finds the Terragrunt units of a repo. Hidden folders count, Terragrunt's and Terraform's own do not.

Rules: https://terragrunt.gruntwork.io/docs/features/units/ and pkg/config/config.go. A `terragrunt.hcl` that other
units include is a root configuration, no unit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from driftgate.terragrunt.files import STACK_FILE, UNIT_FILES

_SKIPPED: Final = frozenset((".git", ".terraform", ".terragrunt-cache", ".venv", "node_modules", "__pycache__"))


def unit_folders(root: str, data_dir: str = ".terraform") -> tuple[list[str], list[str]]:
    """Absolute paths of the folders that hold a unit's configuration, and of those that hold a stack's, sorted.

    Symbolic links to folders are not followed, so that no loop is walked twice.
    """
    units: list[str] = []
    stacks: list[str] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue  # the walk that finds modules tells of folders that cannot be read
        names = {entry.name for entry in entries}
        if names.intersection(UNIT_FILES):
            units.append(folder)
        if STACK_FILE in names:
            stacks.append(folder)
        waiting.extend(
            entry.path
            for entry in entries
            if entry.name not in _SKIPPED and entry.name != data_dir and entry.is_dir(follow_symlinks=False)
        )
    return sorted(units), sorted(stacks)


def without_roots(folders: Iterable[str], included: Iterable[str]) -> list[str]:
    """`folders` without those whose unit file others include."""
    roots = {os.path.dirname(path) for path in included if os.path.basename(path) in UNIT_FILES}
    return [folder for folder in folders if folder not in roots]
