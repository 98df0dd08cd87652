from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from wrap.hooks.conftest import git, s3, write

from driftgate.cli.main import main
from driftgate.wrap.hooks.git import scrubbed
from driftgate.wrap.hooks.table import HOOKS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(worktree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(worktree)


def test_every_hook_of_the_manifest_exists() -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in manifest] == [*HOOKS, "dg-drift"]
    assert all(hook["entry"] == f"dg hook {hook['id']}" and hook["language"] == "python" for hook in manifest)
    assert [hook["id"] for hook in manifest if "stages" in hook] == ["dg-drift"]


def test_nothing_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hook", "dg-backend", "live/app/main.tf"]) == 0
    assert capsys.readouterr().out == ""


def test_something_found_names_file_rule_and_way_out(worktree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(worktree, {"live/new/main.tf": s3("app")})
    assert main(["hook", "dg-backend", "live/new/main.tf"]) == 2
    assert capsys.readouterr().out == (
        "live/app: one state, several units: live/app, live/new keep theirs at s3://acme-state/app [shared-state]\n"
        "  → give each unit a key of its own\n"
    )
    assert main(["hook", "dg-backend", "--hook-config=--skip=shared-state", "live/new/main.tf"]) == 0


def test_files_are_relative_to_where_it_runs(worktree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(worktree, {"live/app/terraform.tfstate": ""})
    monkeypatch.chdir(worktree / "live")
    assert main(["hook", "dg-no-state", "app/terraform.tfstate"]) == 2


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hook", "dg-nothing"]) == 64
    assert main(["hook", "dg-backend", "--nope"]) == 1
    assert "a hook has no option --nope" in capsys.readouterr().err


def test_plain_git_runs_all_offline_hooks_on_what_is_staged(worktree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(worktree, {"a.tfstate": "", "unstaged.tfstate": "", ".driftignore": "nothing.here  # why\n"})
    git(worktree, "add", "a.tfstate", ".driftignore")
    assert main(["hook", "pre-commit"]) == 2
    said = capsys.readouterr().out
    assert "a.tfstate: this is a Terraform state" in said
    assert "`nothing.here` is not in the code" in said
    assert "unstaged" not in said


def test_what_a_hook_advises_works_without_pre_commit_too(
    worktree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(worktree, {"live/app/main.tf": s3("elsewhere"), "a.tfstate": ""})
    git(worktree, "add", "live")
    assert main(["hook", "pre-commit"]) == 2
    assert "SKIP=dg-backend git commit" in capsys.readouterr().out
    monkeypatch.setenv("SKIP", "x, dg-backend")
    assert main(["hook", "pre-commit"]) == 0
    git(worktree, "add", "a.tfstate")
    assert main(["hook", "pre-commit"]) == 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param(None, "git cannot say what is staged: ", id="not a repo"),
        pytest.param("/nowhere", "git is not on PATH", id="no git"),
    ],
)
def test_what_is_staged_is_not_known(
    path: str | None, said: str, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A hook that cannot look lets nothing pass as looked at."""
    monkeypatch.chdir(tmp_path_factory.mktemp("no-repo"))
    if path is not None:
        monkeypatch.setenv("PATH", path)

    assert main(["hook", "pre-commit"]) == 1
    assert said in capsys.readouterr().err


def test_drift_of_what_changed(
    worktree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scan is run with the hook's arguments, in an environment without git's own."""
    before = dict(os.environ)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ.update({"PRE_COMMIT_FROM_REF": "HEAD", "GIT_DIR": "/nonsense", "GIT_INDEX_FILE": "/nonsense"})
    try:
        argv = ["hook", "dg-drift", "--args=--fail-on=high", "--hook-config=--parallelism-limit=2", "--env-vars=X_Y=1"]
        assert main(argv) == 0  # nothing changed since HEAD, so nothing is asked
        assert os.environ["X_Y"] == "1"
        assert "GIT_DIR" not in os.environ
        assert "Nothing was checked" in capsys.readouterr().out
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_pre_push_scans_what_the_other_side_does_not_have(worktree: Path) -> None:
    head = git(worktree, "rev-parse", "HEAD").strip()
    done = subprocess.run(
        [sys.executable, "-m", "driftgate", "hook", "pre-push"],
        input=f"refs/heads/main {head} refs/heads/main {head}\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Nothing was checked" in done.stdout) == (0, True), done.stderr


def test_a_push_over_what_was_never_fetched_is_not_refused(worktree: Path) -> None:
    git(worktree, "update-ref", "refs/remotes/origin/HEAD", "HEAD")
    head = git(worktree, "rev-parse", "HEAD").strip()
    done = subprocess.run(
        [sys.executable, "-m", "driftgate", "hook", "pre-push"],
        input=f"refs/heads/main {head} refs/heads/main {'1234567890' * 4}\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Nothing was checked" in done.stdout) == (0, True), done.stderr


def test_git_s_variables_are_scrubbed_and_others_stay() -> None:
    env = {"GIT_DIR": "x", "GIT_INDEX_FILE": "x", "GIT_SSH_COMMAND": "ssh", "GIT_AUTHOR_NAME": "me", "PATH": "p"}
    assert scrubbed(env) == {"GIT_SSH_COMMAND": "ssh", "GIT_AUTHOR_NAME": "me", "PATH": "p"}


@pytest.mark.parametrize("hook", ["pre-commit", "pre-push"])
def test_the_scripts_for_plain_git(worktree: Path, hook: str) -> None:
    script = ROOT / "hooks" / hook
    assert os.access(script, os.X_OK)
    write(worktree, {"x.tfstate": ""})
    git(worktree, "add", ".")
    (worktree / ".git/hooks").mkdir(exist_ok=True)
    (worktree / ".git/hooks" / hook).symlink_to(script)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    run = subprocess.run(
        ("git", *author, "commit", "-qm", "x"),
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        check=False,
    )
    assert (run.returncode, "[no-state]" in run.stdout + run.stderr) == (
        (1, True) if hook == "pre-commit" else (0, False)
    )
    without = subprocess.run((str(script),), capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=False)
    assert without.returncode == 0
    assert "skipped" in without.stderr
