"""git as hooks need it: without the variables that a hook inherits, which would point it at another repo or index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driftgate.discover.git import SCRUBBED
from driftgate.process import Runner


def scrubbed(env: Mapping[str, str]) -> dict[str, str]:
    """`env` as it would be outside of a git hook."""
    return {name: value for name, value in env.items() if name not in SCRUBBED}


def git_in(root: Path, env: Mapping[str, str], run: Runner) -> Callable[[Sequence[str]], str | None]:
    """A function that runs git in `root` and gives what it printed, None when it failed or is not there."""

    def git(arguments: Sequence[str]) -> str | None:
        try:
            done = run(["git", *arguments], cwd=root, env={**env, "GIT_OPTIONAL_LOCKS": "0"})
        except FileNotFoundError:
            return None
        return done.stdout.decode("utf-8", "replace") if done.ok else None

    return git
