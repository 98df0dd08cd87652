"""The real pre-commit: it installs driftgate from this checkout, and runs the hooks on real commits."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from wrap.hooks.conftest import git, s3, write

from driftgate.wrap.hooks.table import HOOKS

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
SECONDS = 600


def environment(home: Path, **more: str) -> dict[str, str]:
    """A home of pre-commit's own, and pip's cache where the user keeps it."""
    cache = Path(pwd.getpwuid(os.getuid()).pw_dir, ".cache/pip")
    kept = {"PIP_CACHE_DIR": str(cache)} if cache.is_dir() else {}
    author = {
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@x.y",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@x.y",
    }
    return {**os.environ, **kept, **author, "PRE_COMMIT_HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", **more}


def run(root: Path, env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)


def config(root: Path, **of_each: object) -> None:
    """A repo that uses all offline hooks of this checkout's last commit."""
    head = git(ROOT, "rev-parse", "HEAD").strip()
    hooks = [{"id": name, **of_each} for name in HOOKS]
    text = yaml.safe_dump({"repos": [{"repo": str(ROOT), "rev": head, "hooks": hooks}]})
    write(root, {".pre-commit-config.yaml": text})
    git(root, "add", ".pre-commit-config.yaml")


pytestmark = [
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout: pre-commit has nothing to clone"),
    pytest.mark.xdist_group("pre-commit"),
]


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    done = run(ROOT, environment(tmp_path), "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def commits(root: Path, env: dict[str, str]) -> None:
    """A commit that is in order passes, and each of four that are not is stopped by its hook."""
    write(root, {"live/new/main.tf": s3("new"), ".driftgate.toml": '[drift]\nfail_on = "high"\n'})
    git(root, "add", ".")
    done = run(root, env, "git", "commit", "-qm", "fine")
    assert done.returncode == 0, done.stdout + done.stderr
    for files, rule in (
        ({"state.json": '{"version": 4, "terraform_version": "1", "serial": 1, "lineage": "x"}'}, "[no-state]"),
        ({"live/copy/main.tf": s3("new")}, "[shared-state]"),
        ({".driftgate.toml": "[drift]\nfail_om = 1\n"}, "[config]"),
        ({".driftignore": "aws_x.y  # over expires=2020-01-01\n"}, "[ignore-expired]"),
    ):
        write(root, files)
        git(root, "add", ".")
        done = run(root, env, "git", "commit", "-qm", "not fine")
        assert (done.returncode, rule in done.stdout + done.stderr) == (1, True), done.stdout + done.stderr
        git(root, "reset", "-q", "--hard")


def test_commits_with_the_hooks_run_from_here(worktree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """pre-commit's own ways with files, stashes and the index; `dg` is this environment's."""
    env = environment(tmp_path_factory.mktemp("pre-commit"))
    config(worktree, language="system")
    assert run(worktree, env, "pre-commit", "install", "--install-hooks").returncode == 0
    commits(worktree, env)


@pytest.mark.acceptance
def test_commits_with_the_hooks_installed_as_users_have_them(
    worktree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`language: python`: a wheel is built from the checkout and installed; after that no index is needed."""
    home = tmp_path_factory.mktemp("pre-commit")
    config(worktree)
    installed = run(worktree, environment(home), "pre-commit", "install", "--install-hooks")
    if installed.returncode != 0:
        why = [line for line in installed.stdout.splitlines() if "ERROR" in line or "error" in line]
        pytest.skip(f"pip cannot install here: {(why or ['see pre-commit.log'])[-1].strip()}")
    commits(worktree, environment(home, PIP_NO_INDEX="1"))
    tried = run(worktree, environment(home, PIP_NO_INDEX="1"), "pre-commit", "try-repo", str(ROOT), "--all-files")
    if "Installing environment" not in tried.stdout:  # it does for a checkout with changes that are not committed
        assert tried.returncode == 0, tried.stdout
        assert [line.endswith(("Passed", "Skipped")) for line in tried.stdout.splitlines() if "...." in line] == [
            True
        ] * 4
