"""Which units a git diff touches: their own files, their local modules', and the files that they name."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from driftgate.discover.git import git
from driftgate.discover.module import Module
from driftgate.discover.repo import Repo
from driftgate.discover.terragrunt import UnitFiles
from driftgate.errors import RepoError
from driftgate.unit import Unit, UnitKind


def changed_units(root: Path, units: Sequence[Unit], ref: str, *, env: Mapping[str, str] | None = None) -> list[Unit]:
    """The units of the repo at `root` that changed since `ref`: committed, staged, unstaged or untracked.

    A Terragrunt unit changed when a file that its configuration reads did; `env` is what that sees of the environment.
    `ref` counts from where this branch left it (its merge base), as a pull request does. Raises RepoError when
    `root` is no git work tree, `ref` is unknown or git is missing.
    """
    return touched_units(root, units, changed_files(root, ref), env=env)


def touched_units(
    root: Path, units: Sequence[Unit], changed: frozenset[str], *, env: Mapping[str, str] | None = None
) -> list[Unit]:
    """The units whose code one of these files, relative to `root`, is part of."""
    repo = Repo.open(root.resolve(), {})
    terragrunt = UnitFiles(root.resolve(), env or {})
    return [unit for unit in units if changed and _touched(repo, terragrunt, unit, changed)]


def changed_files(root: Path, ref: str) -> frozenset[str]:
    """Paths, relative to `root`, that differ from `ref`, deleted ones too."""
    try:
        git(root, "rev-parse", "--is-inside-work-tree")
    except RepoError as error:
        if "not a git repository" not in str(error):
            raise
        raise RepoError(f"{root} is not in a git work tree", next_step="--changed-since needs one") from None
    try:
        commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    except RepoError:
        raise RepoError(
            f"git knows no revision `{ref}`",
            next_step="name a branch, tag or commit; a shallow clone may need `git fetch` first",
        ) from None
    return differing_files(root, _merge_base(root, commit)) | untracked_files(root)


def _merge_base(root: Path, commit: str) -> str:
    try:
        return git(root, "merge-base", commit, "HEAD").strip()
    except RepoError:  # no common history, as in a shallow clone: compare with the revision itself
        return commit


def untracked_files(root: Path) -> frozenset[str]:
    """Paths, relative to `root`, of files that git neither tracks nor ignores."""
    return _names_in(git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", "."))


def differing_files(root: Path, commit: str, *, env: Mapping[str, str] | None = None) -> frozenset[str]:
    """Paths, relative to `root`, of tracked files that are not as in `commit`. `env` is set for git besides.

    `git diff` refreshes the index, which is the user's: it is given a copy.
    """
    index = root / git(root, "rev-parse", "--git-path", "index").strip()
    with TemporaryDirectory(prefix="driftgate-") as folder:
        private = Path(folder) / "index"
        if index.is_file():
            shutil.copyfile(index, private)
        options = ("--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z")
        own = {**(env or {}), "GIT_INDEX_FILE": str(private)}
        return _names_in(git(root, "diff", *options, commit, "--", ".", env=own))


def _names_in(output: str) -> frozenset[str]:
    return frozenset(filter(None, output.split("\0")))


def _touched(repo: Repo, terragrunt: UnitFiles, unit: Unit, changed: frozenset[str]) -> bool:
    folder: str | None = str(unit.path)
    if unit.kind is UnitKind.TERRAGRUNT_UNIT:
        inside = "" if unit.path == PurePosixPath(".") else f"{unit.path}/"
        if any(path.startswith(inside) for path in changed) or changed & terragrunt.of(unit):
            return True
        folder = terragrunt.module_of(unit)
    return folder is not None and _module_touched(repo, folder, unit, changed)


def _module_touched(repo: Repo, folder: str, unit: Unit, changed: frozenset[str]) -> bool:
    modules = repo.closure(folder, unit.tool)
    folders = {module.path for module in modules}
    for path in changed:
        owner = _owner(repo, path)
        if owner in folders or (owner is None and any(_names(module, path) for module in modules)):
            return True
    if any(str(file) in changed for file in unit.backend_files):
        return True
    return any(link in changed for module in modules for link in _links(repo, module))


def _owner(repo: Repo, path: str) -> str | None:
    """The nearest module folder above a file, None when it belongs to no module."""
    folder = posixpath.dirname(path)
    while True:
        known = repo.folders.get(folder or ".")
        if known is not None and known.is_module:
            return folder or "."
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _names(module: Module, path: str) -> bool:
    """Whether the module's code mentions the file, as `file("../policies/x.json")` does."""
    name = posixpath.basename(path)
    return any(name in file.text for file in module.files)


def _links(repo: Repo, module: Module) -> Iterator[str]:
    """Where the module's files that are symbolic links really are."""
    for file in module.files:
        path = repo.root / file.path
        if path.is_symlink():
            yield Path(os.path.relpath(path.resolve(), repo.root)).as_posix()
