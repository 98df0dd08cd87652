from __future__ import annotations

from pathlib import Path

import pytest
from wrap.hooks.conftest import git

from driftgate.cli.main import main


def test_nothing_is_written_without_yes(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    assert main(["init", "--hooks", "--ci", "github"]) == 0
    told = capsys.readouterr()
    assert "would be  .driftgate.toml" in told.out
    assert "--yes writes it" in told.err
    assert [path.name for path in repo.iterdir()] == [".git"]
    assert main(["init", "--yes"]) == 0
    assert (repo / ".driftgate.toml").exists()
    capsys.readouterr()
    assert main(["init"]) == 0
    assert "left     .driftgate.toml: it is there already" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    (repo / ".github").write_text("a file")
    assert main(["init", "--ci", "github", "--yes"]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_hooks_that_git_would_not_run_are_not_written(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / ".git").rmdir()
    git(repo, "init", "-q")
    git(repo, "config", "core.hooksPath", ".husky")
    monkeypatch.chdir(repo)

    assert main(["init", "--hooks", "--yes"]) == 0
    assert (
        "left     .husky: git looks for hooks here (core.hooksPath): add `dg hook pre-commit`"
        in capsys.readouterr().out
    )
    assert not (repo / ".git/hooks/pre-commit").exists()
