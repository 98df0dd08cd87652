"""git, run through GitPython: the only user of it. Its own environment, and no lock that git can do without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from driftgate.errors import RepoError

# What a hook's environment would point git at: another repo, index or object store than the one asked about.
# `git rev-parse --local-env-vars`, and what hooks of worktrees and submodules set besides.
SCRUBBED = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
})  # fmt: skip

NOT_FOUND = 127  # how `env` says that there is no such program
LONGEST = 300.0
"""Seconds after which git is ended: a server that says nothing, a helper that waits for an answer."""


class GitError(RepoError):
    """git failed. `said` is what it wrote to stderr."""

    def __init__(self, message: str, *, said: str, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.said = said


def git(root: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What git prints in `root`, without the last line end. `env` is set for it besides, and never on a command line.

    Raises GitError when it fails or takes longer than LONGEST, RepoError where git is not there.
    """
    try:
        from git.cmd import Git
        from git.exc import GitCommandNotFound
    except ImportError:  # GitPython looks for git when it is imported
        raise _no_git() from None
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **(env or {})}
    unset = [argument for name in sorted(SCRUBBED - own.keys()) for argument in ("-u", name)]
    try:
        status, output, said = Git(root).execute(
            ["env", *unset, "git", *arguments],
            env=own,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=LONGEST,
        )
    except GitCommandNotFound:
        raise _no_git() from None
    if status == NOT_FOUND:
        raise _no_git()
    if status:
        raise GitError(f"git {_verb(arguments)} failed in {root}: {said.strip()}", said=said)
    return str(output)


def _verb(arguments: tuple[str, ...]) -> str:
    """The command, after options of git itself as `-c name=value`."""
    words = iter(arguments)
    for word in words:
        if word == "-c":
            next(words, None)
        else:
            return word
    return ""


def _no_git() -> RepoError:
    return RepoError("git is not on PATH", next_step="install git")
