"""What a pull request may not decide about itself is read from its base branch."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import pytest
from wrap.hooks.conftest import git as run_git
from wrap.hooks.conftest import write

from driftgate import process
from driftgate.settings.load import SettingsError, load
from driftgate.wrap.base import base_commit, lay_out_base
from driftgate.wrap.ci import CiError
from driftgate.wrap.hooks.git import git_in, scrubbed

Git = Callable[[Sequence[str]], str | None]


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    root = tmp_path / "origin"
    root.mkdir()
    run_git(root, "init", "-q", "-b", "main")
    write(root, {
        ".driftgate.toml": '[drift]\nfail_on = "high"\n[report]\ntemplate_dir = "ci/templates"\n',
        ".driftignore": "aws_x.y  # base\n",
        "ci/templates/pr_comment.md.j2": "base",
        "ci/other.txt": "other",
        "live/pyproject.toml": "[project]\n",
    })  # fmt: skip
    run_git(root, "add", ".")
    run_git(root, "commit", "-qm", "base")
    return root


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    """A shallow checkout of a branch that changes all of it, as CI makes it."""
    run_git(origin, "checkout", "-qb", "feature")
    write(origin, {".driftgate.toml": '[drift]\nfail_on = "none"\n', ".driftignore": "*  # all is well\n",
                   "ci/templates/pr_comment.md.j2": "approved"})  # fmt: skip
    run_git(origin, "commit", "-qam", "approve myself")
    root = tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", "--depth=1", "--single-branch", "-b", "feature", f"file://{origin}", str(root))
    return root


def git(root: Path) -> Git:
    return git_in(root, scrubbed(os.environ), process.run)


def test_the_base_branch_decides(clone: Path, tmp_path: Path) -> None:
    into = tmp_path / "base"
    into.mkdir()
    settings, ignores = lay_out_base(git(clone), base_commit(git(clone), "main"), into, PurePosixPath("."))
    assert load(clone, {}, settings).settings.drift.fail_on == "high"
    assert ignores.read_text() == "aws_x.y  # base\n"
    templates = Path(load(clone, {}, settings).settings.report.template_dir)
    assert (templates / "pr_comment.md.j2").read_text() == "base"
    assert not (into / "ci/other.txt").exists()


def test_settings_in_a_file_of_another_name(clone: Path, tmp_path: Path) -> None:
    into = tmp_path / "base"
    into.mkdir()
    commit = base_commit(git(clone), "main")
    settings, _ = lay_out_base(git(clone), commit, into, PurePosixPath("live"), "../.driftgate.toml")
    assert load(clone, {}, settings).settings.drift.fail_on == "high"


@pytest.mark.parametrize("config", ["ci/mine.toml", "/etc/passwd", "../../x.toml"])
def test_settings_that_the_base_branch_has_not_are_refused(clone: Path, tmp_path: Path, config: str) -> None:
    write(clone, {"live/ci/mine.toml": '[drift]\nfail_on = "none"\n'})
    into = tmp_path / "base"
    into.mkdir()
    with pytest.raises(CiError, match="is not in the base branch"):
        lay_out_base(git(clone), base_commit(git(clone), "main"), into, PurePosixPath("live"), config)


def test_a_folder_s_settings_are_found_from_there_up(clone: Path, tmp_path: Path) -> None:
    into = tmp_path / "base"
    into.mkdir()
    settings, _ = lay_out_base(git(clone), base_commit(git(clone), "main"), into, PurePosixPath("live/app"))
    assert settings == into / ".driftgate.toml"


def test_without_settings_there_are_none_and_not_the_request_s(origin: Path, clone: Path, tmp_path: Path) -> None:
    run_git(origin, "checkout", "-q", "main")
    run_git(origin, "rm", "-q", ".driftgate.toml", ".driftignore")
    run_git(origin, "commit", "-qm", "without")
    into = tmp_path / "base"
    into.mkdir()
    settings, ignores = lay_out_base(git(clone), base_commit(git(clone), "main"), into, PurePosixPath("."))
    assert (settings.read_text(), ignores.read_text()) == ("", "")
    assert load(clone, {}, settings).settings.drift.fail_on == "info"


def test_wrong_settings_in_the_base_branch_are_said(origin: Path, clone: Path, tmp_path: Path) -> None:
    run_git(origin, "checkout", "-q", "main")
    write(origin, {".driftgate.toml": "[drift]\nfail_om = 1\n"})
    run_git(origin, "commit", "-qam", "wrong")
    into = tmp_path / "base"
    into.mkdir()
    with pytest.raises(SettingsError):
        lay_out_base(git(clone), base_commit(git(clone), "main"), into, PurePosixPath("."))


def test_a_base_that_cannot_be_read_is_an_error(clone: Path) -> None:
    with pytest.raises(CiError, match="gone cannot be read"):
        base_commit(git(clone), "gone")
