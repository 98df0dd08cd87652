"""Which repo, and which part of it, the user means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driftgate.errors import RepoError


def repo_root(path: Path) -> Path:
    """The nearest folder at or above `path` that holds a `.git`, else `path` itself, resolved."""
    start = path.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)


def repo_of(paths: Sequence[Path], here: Path) -> tuple[Path, list[Path]]:
    """The root of the repo that `paths` (none: `here`) are in, and the paths resolved.

    Raises RepoError for a path that is no folder, and for folders of several repos.
    """
    for path in paths:
        if not path.is_dir():
            what = "is a file, not a folder" if path.exists() else "does not exist"
            raise RepoError(f"{path} {what}", next_step="name a folder with Terraform code")
    under = [path.resolve() for path in paths]
    root = repo_root(under[0] if under else here)
    outside = [path for path in under if not path.is_relative_to(root)]
    if outside:
        raise RepoError(f"{outside[0]} is not in the repo {root}", next_step="ask about one repo at a time")
    return root, under


def no_units(root: Path, under: Sequence[Path]) -> RepoError:
    """The error for a place without units."""
    places = ", ".join(str(path) for path in under) or str(root)
    git = "" if (root / ".git").exists() else " (which is not a git repo either)"
    return RepoError(
        f"no Terraform root modules in {places}{git}",
        next_step="name a folder that holds .tf files with a backend, a provider or resources",
    )
