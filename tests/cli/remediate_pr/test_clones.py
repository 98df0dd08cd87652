"""What is wrong with a clone or a service, and clones that are not as others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fix_repo import BRANCH, Capture, FixRepo, clone_as_it_is, code, git, sent
from forges import FakeGitHub, answer
from terraform_cli import needs_terraform

from driftgate.cli.main import main

pytestmark = needs_terraform


def detached(repo: FixRepo) -> None:
    git(repo.work, "checkout", "-q", "--detach")


def refusing(repo: FixRepo) -> None:
    hook = repo.remote / "hooks/update"
    hook.write_text("#!/bin/sh\necho 'error: GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)


@pytest.mark.parametrize(("change", "words", "said", "next_step"), [
    (None, ("--remote", "upstream"), "has no remote upstream", "name one of origin with --remote"),
    (lambda repo: git(repo.work, "remote", "remove", "origin"), (), "has no remote origin", "git remote add origin"),
    (detached, (), "has a commit checked out and no branch", "--base"),
    (None, ("--base", "production"), "origin has no branch production", "--base"),
    (lambda repo: repo.remote.rename(repo.remote.parent / "gone"), (), "cannot read the remote origin", "git push"),
    (refusing, (), "GH006: Protected branch update failed", "name another one with --branch"),
], ids=["unknown remote", "no remote", "detached", "no base", "remote gone", "protected"])  # fmt: skip
def test_what_is_wrong_with_the_clone(
    repo: FixRepo, forge: FakeGitHub, capsys: Capture, change: Callable[[FixRepo], object] | None,
    words: tuple[str, ...], said: str, next_step: str,
) -> None:  # fmt: skip
    repo.live = {"app": 2}
    if change is not None:
        change(repo)

    shown = sent(repo, capsys, *words, code=1)
    assert said in shown
    assert next_step in shown
    assert forge.writes() == []


def test_a_folder_that_is_no_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["remediate", "pr"]) == 1
    assert "is not in a git work tree" in capsys.readouterr().err


@pytest.mark.parametrize(("method", "status", "message", "next_step"), [
    ("GET", 401, "Bad credentials", "check that the token is valid"),
    ("GET", 404, "Not Found", "check the repository"),
    ("POST", 403, "GitHub Actions is not permitted to create or approve pull requests.", "right to write"),
    ("POST", 422, "Validation Failed", "see what the service said"),
])  # fmt: skip
def test_what_the_service_refuses(
    repo: FixRepo, forge: FakeGitHub, capsys: Capture, method: str, status: int, message: str, next_step: str
) -> None:
    repo.live = {"app": 2}
    forge.fail(method, "/pulls", answer(status, {"message": message}))

    said = sent(repo, capsys, code=1)
    assert f"answered {status}: {message}" in said
    assert next_step in said
    assert (BRANCH in repo.branches()) == (method == "POST"), "a wrong token fails before the long work"

    assert sent(repo, capsys).startswith("opened"), "and the next run goes on"


def test_no_token(repo: FixRepo, forge: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert "there is no token in GITHUB_TOKEN or GH_TOKEN" in sent(repo, capsys, code=1)


def test_a_clone_that_knows_no_history(
    opened: FixRepo, forge: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """As CI clones: the newest commit alone, and later runs begin with another one."""
    for text, said in (("a", "unchanged https://github.test/p/101"), ("b", "unchanged https://github.test/p/101")):
        opened.change("main", "README.md", text)
        opened.work = opened.work.parent / text
        git(opened.work.parent, "clone", "-q", "--depth", "1", f"file://{opened.remote}", str(opened.work))
        monkeypatch.chdir(opened.work)
        before, shallow = clone_as_it_is(opened), (opened.work / ".git/shallow").read_text()

        assert sent(opened, capsys) == said
        assert (clone_as_it_is(opened), (opened.work / ".git/shallow").read_text()) == (before, shallow)
        git(opened.work, "fsck", "--no-dangling")


def test_line_ends_are_as_git_add_makes_them(repo: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    git(repo.work, "config", "core.autocrlf", "true")
    (repo.work / "app/main.tf").write_bytes(code(1).replace("\n", "\r\n").encode())
    repo.live = {"app": 2}

    assert sent(repo, capsys).startswith("opened; pushed")
    assert repo.text(BRANCH, "app/main.tf") == code(2).strip()
    assert git(repo.remote, "diff", "--stat", "main", BRANCH).endswith("1 file changed, 1 insertion(+), 1 deletion(-)")


def test_a_file_that_is_a_link(repo: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    (repo.work / "shared.tf").write_text(code(1))
    (repo.work / "app/main.tf").unlink()
    (repo.work / "app/main.tf").symlink_to("../shared.tf")
    git(repo.work, "add", ".")
    git(repo.work, "commit", "-qm", "a link")
    git(repo.work, "push", "-q", "origin", "main")
    repo.live = {"app": 2}

    assert main(["remediate", "pr", "app"]) == 2
    assert "app/main.tf is no plain file in git" in capsys.readouterr().err
    assert list(repo.branches()) == ["main"]
