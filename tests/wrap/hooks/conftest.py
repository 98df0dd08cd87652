"""A git repo with units on s3, and a function that says what a hook finds in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate import process
from driftgate.wrap.hooks.check import Commit
from driftgate.wrap.hooks.git import git_in, scrubbed
from driftgate.wrap.hooks.table import problems

S3 = 'terraform {{\n  backend "s3" {{\n    bucket       = "acme-state"\n    key          = "{key}"\n    region       = "eu-west-1"\n{more}  }}\n}}\n'
SAFE = "    use_lockfile = true\n    encrypt      = true\n"


def s3(key: str, more: str = SAFE) -> str:
    """A backend block."""
    return S3.format(key=key, more=more)


def git(root: Path, *arguments: str) -> str:
    """Run git as somebody who may commit."""
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(("git", *author, *arguments), cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def write(root: Path, files: dict[str, str | bytes]) -> None:
    """Lay out files."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A repo with two units that are in order, committed."""
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"live/app/main.tf": s3("app"), "live/net/main.tf": s3("net"), "README.md": "hello\n"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


Found = Callable[..., list[tuple[str, str, int]]]


@pytest.fixture
def found(worktree: Path) -> Found:
    """Rule, file and line of each problem that a hook finds in these files."""

    def run(hook: str, *files: str) -> list[tuple[str, str, int]]:
        env = scrubbed(os.environ)
        commit = Commit(worktree, files, env, git_in(worktree, env, process.run))
        return [(problem.rule, problem.file, problem.line) for problem in problems([hook], commit)]

    return run
