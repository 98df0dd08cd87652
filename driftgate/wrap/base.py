"""What a pull request may not decide about itself: settings, ignores and templates, as its base branch has them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from driftgate.settings.load import keys, load, repo_file
from driftgate.wrap.ci import CiError

Git = Callable[[Sequence[str]], str | None]
_FILES = (".driftgate.toml", "pyproject.toml")
_IGNORES = ".driftignore"


def base_commit(git: Git, branch: str) -> str:
    """The commit of the base branch, fetched when the checkout lacks it. Raises CiError when it cannot be had."""
    ref = f"refs/remotes/origin/{branch}"
    if git(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"]) is None:
        git(["fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+refs/heads/{branch}:{ref}"])
    found = git(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"])
    if found is None:
        raise CiError(
            f"the base branch {branch} cannot be read, and a pull request's own settings are not trusted",
            next_step="check out with `fetch-depth: 0`, or let the checkout keep its credentials",
        )
    return found.strip()


def lay_out_base(git: Git, commit: str, into: Path, folder: PurePosixPath, config: str = "") -> tuple[Path, Path]:
    """Write the settings and ignores of `commit`, and what the settings name, into the empty folder `into`.

    Gives the settings file in force for `folder` of the repo, `config` (as seen from there) where it is given, and the
    ignore file; empty ones where there are none. Raises SettingsError for settings that are wrong in the base branch,
    CiError where it has no `config`.
    """
    (into / ".git").mkdir()  # the walk for settings ends here
    for place in (folder, *folder.parents):
        for name in _FILES:
            _extract(git, commit, str(place / name), into)
    _extract(git, commit, _IGNORES, into)
    here = into / folder
    here.mkdir(parents=True, exist_ok=True)
    settings = _chosen(git, commit, into, folder, config) if config else repo_file(here)
    if settings is None:
        settings = into / "none.toml"
        settings.touch(mode=0o600)
    for path in _named(settings, into):
        for name in (git(["ls-tree", "-r", "-z", "--name-only", commit, "--", str(path)]) or "").split("\0"):
            if name:
                _extract(git, commit, name, into)
    ignores = into / _IGNORES
    if not ignores.exists():
        ignores.touch(mode=0o600)
    return settings, ignores


def _chosen(git: Git, commit: str, into: Path, folder: PurePosixPath, config: str) -> Path:
    name = posixpath.normpath(folder / config)
    if not name.startswith(("/", "../")):
        _extract(git, commit, name, into)
        if (into / name).is_file():
            return into / name
    raise CiError(
        f"{config} is not in the base branch, and a pull request's own settings are not trusted",
        next_step="name a file of the repo, and merge it first",
    )


def _named(settings: Path, into: Path) -> Iterator[PurePosixPath]:
    """The paths inside the repo that the settings speak of."""
    loaded = load(into, {}, settings).settings
    for section, key, _, _ in keys():
        value = getattr(getattr(loaded, section), key)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str) and item.startswith(f"{into}/"):
                yield PurePosixPath(item).relative_to(into)


def _extract(git: Git, commit: str, name: str, into: Path) -> None:
    text = git(["show", f"{commit}:{name.removeprefix('./')}"])
    if text is not None:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
