from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.demo import layout
from driftgate.demo.layout import PENDING, ROOT_MODULES, SOURCE, change_code, lay_out, select_workspaces
from driftgate.errors import DriftgateError
from driftgate.hcl.parse import parse

FILES = sorted(SOURCE.rglob("*.tf"))


def git(repo: Path, *words: str) -> str:
    return subprocess.run(("git", *words), cwd=repo, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    lay_out(tmp_path / "repo", env=os.environ, run=process.run)
    return tmp_path / "repo"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SOURCE).as_posix())
def test_every_file_parses(file: Path) -> None:
    parse(file.read_text(encoding="utf-8"), filename=file.name)


@needs_terraform
def test_the_code_is_formatted_as_terraform_does() -> None:
    done = subprocess.run(
        ("terraform", "fmt", "-check", "-diff", "-recursive", str(SOURCE)), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_the_root_modules_are_those_with_a_backend() -> None:
    with_backend = {file.parent.relative_to(SOURCE).as_posix() for file in FILES if 'backend "s3"' in file.read_text()}

    assert with_backend == {module.path for module in ROOT_MODULES}


def test_everything_is_committed(repo: Path) -> None:
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "log", "--format=%s") == "Lay out the shop's infrastructure"
    assert len(git(repo, "ls-files").splitlines()) == sum(1 for file in SOURCE.rglob("*") if file.is_file())


def test_the_users_git_settings_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[commit]\n gpgsign = true\n[user]\n name = Me\n[core]\n hooksPath = /nowhere\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))

    lay_out(tmp_path / "repo", env=os.environ, run=process.run)

    assert git(tmp_path / "repo", "log", "--format=%an %ae") == "driftgate demo demo@example.com"


def test_the_unapplied_change_is_one_committed_line(repo: Path) -> None:
    change_code(repo, PENDING, env=os.environ, run=process.run)

    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "log", "-1", "--format=%s") == PENDING.sentence
    assert git(repo, "diff", "--numstat", "HEAD~1") == f"1\t1\t{PENDING.file}"


def test_a_change_that_does_not_fit_is_an_error(repo: Path) -> None:
    change_code(repo, PENDING, env=os.environ, run=process.run)

    with pytest.raises(DriftgateError, match=r"live/app/main\.tf does not hold `retention_in_days = 14` exactly once"):
        change_code(repo, PENDING, env=os.environ, run=process.run)


def test_workspaces_are_selected_out_of_gits_sight(repo: Path) -> None:
    select_workspaces(repo)

    assert (repo / "live/data/.terraform/environment").read_text() == "staging"
    assert not (repo / "live/app/.terraform").exists()
    assert git(repo, "status", "--porcelain") == ""


def test_without_git_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(DriftgateError, match="git is not on PATH"):
        lay_out(tmp_path / "repo", env={"PATH": str(tmp_path)}, run=process.run)


def test_a_git_that_fails_is_quoted(tmp_path: Path) -> None:
    def run(argv: object, **_: object) -> process.Result:
        return process.Result(("git",), 128, b"", b"fatal: no space left\n")

    with pytest.raises(DriftgateError, match=r"`git init` failed in .*repo: fatal: no space left"):
        layout.lay_out(tmp_path / "repo", env={}, run=run)
