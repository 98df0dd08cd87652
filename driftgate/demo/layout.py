"""Lays out the demo's repo: package data copied to a folder and committed to git as its authors would have."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate.errors import DriftgateError
from driftgate.process import Runner

SOURCE = Path(__file__).parent / "repo"


@dataclass(frozen=True, slots=True)
class RootModule:
    """A root module of the repo, the init options it needs and its workspace."""

    path: str
    init: tuple[str, ...] = ()
    workspace: str = "default"


NETWORK = RootModule("live/network")
APP = RootModule("live/app", init=("-backend-config=prod.s3.tfbackend",))
DATA = RootModule("live/data", workspace="staging")
ROOT_MODULES = (APP, DATA, NETWORK)


@dataclass(frozen=True, slots=True)
class CodeChange:
    """An edit that is committed and not applied: `old` becomes `new` in `file`."""

    sentence: str
    file: str
    old: str
    new: str
    unit: str
    address: str
    attribute: str


PENDING = CodeChange(
    sentence="Keep the worker's logs for 30 days",
    file="live/app/main.tf",
    old="retention_in_days = 14",
    new="retention_in_days = 30",
    unit=APP.path,
    address="aws_cloudwatch_log_group.worker",
    attribute="retention_in_days",
)


def lay_out(repo: Path, *, env: Mapping[str, str], run: Runner) -> None:
    """Make the git repo at `repo`, which must not exist yet. Raises DriftgateError without git."""
    shutil.copytree(SOURCE, repo)
    _git(("init", "--quiet", "--initial-branch=main"), repo, env, run)
    commit(repo, "Lay out the shop's infrastructure", env=env, run=run)


def commit(repo: Path, message: str, *, env: Mapping[str, str], run: Runner) -> None:
    """Commit everything in the work tree."""
    _git(("add", "--all"), repo, env, run)
    _git(("commit", "--quiet", "--message", message), repo, env, run)


def change_code(repo: Path, change: CodeChange, *, env: Mapping[str, str], run: Runner) -> None:
    """Edit the file and commit it, as a pull request that was merged and never applied."""
    file = repo / change.file
    text = file.read_text(encoding="utf-8")
    if text.count(change.old) != 1:
        message = f"{change.file} does not hold `{change.old}` exactly once"
        raise DriftgateError(message, next_step="reinstall driftgate")
    file.write_text(text.replace(change.old, change.new), encoding="utf-8")
    commit(repo, change.sentence, env=env, run=run)


def select_workspaces(repo: Path) -> None:
    """Record the workspaces as `terraform workspace select` does, where no terraform can run."""
    for module in ROOT_MODULES:
        if module.workspace != "default":
            data_dir = repo / module.path / ".terraform"
            data_dir.mkdir()
            (data_dir / "environment").write_text(module.workspace, encoding="utf-8")


def _git(words: tuple[str, ...], repo: Path, env: Mapping[str, str], run: Runner) -> None:
    try:
        result = run(("git", *words), cwd=repo, env={**env, **_GIT})
    except FileNotFoundError:
        raise DriftgateError("git is not on PATH", next_step="install git") from None
    if not result.ok:
        said = result.stderr.decode("utf-8", "replace").strip()
        raise DriftgateError(f"`git {words[0]}` failed in {repo}: {said}", next_step="name another folder with --keep")


# An author of its own, and none of the user's hooks, signing or templates.
_GIT = {
    "GIT_AUTHOR_NAME": "driftgate demo",
    "GIT_AUTHOR_EMAIL": "demo@example.com",
    "GIT_COMMITTER_NAME": "driftgate demo",
    "GIT_COMMITTER_EMAIL": "demo@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TEMPLATE_DIR": "/dev/null",
}
