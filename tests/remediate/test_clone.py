"""How a clone signs in and commits, on real git; what it pushes is tested with `dg remediate pr`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from certificates import make_certificates
from fix_repo import code, fix_repo, git
from loopback import Answer, Request, serve

from driftgate.remediate.clone import Clone, PushError, _refused, open_clone

URL = "https://git.test/acme/infra.git"
SECRET = "Authorization: Basic " + base64.b64encode(b"oauth2:t0ken").decode()


def header(root: Path, url: str, *, env: dict[str, str] | None = None) -> str:
    """The header that git would send there, as git itself says; "" for none."""
    with open_clone(root, "origin", url, token="t0ken", user="oauth2", env=env or {}) as clone:
        try:
            return clone.git("config", "--get-urlmatch", "http.extraheader", url)
        except Exception:
            return ""


def test_the_token_is_no_part_of_the_clone(tmp_path: Path) -> None:
    work = fix_repo(tmp_path, ["app"]).work

    assert header(work, URL) == SECRET
    assert header(work, "https://git.test:8443/acme/infra.git") == SECRET
    assert header(work, "git@git.test:acme/infra.git") == ""
    assert "t0ken" not in git(work, "config", "--list")


def test_a_header_that_git_has_already_stays_the_only_one(tmp_path: Path) -> None:
    work = fix_repo(tmp_path, ["app"]).work
    git(work, "config", "http.https://git.test/.extraheader", "Authorization: Basic mine")

    assert header(work, URL) == "Authorization: Basic mine"


def test_settings_of_the_environment_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = fix_repo(tmp_path, ["app"]).work
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.email", "GIT_CONFIG_VALUE_0": "ci@acme.test"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    with open_clone(work, "origin", URL, token="t0ken", user="x", env=env) as clone:
        assert clone.git("config", "user.email") == "ci@acme.test"
        assert clone.git("config", "--get-urlmatch", "http.extraheader", URL).startswith("Authorization")


@pytest.mark.parametrize(("email", "author"), [("", "dg <dg@localhost>"), ("j@acme.test", "jane <j@acme.test>")])
def test_who_commits(tmp_path: Path, email: str, author: str) -> None:
    repo = fix_repo(tmp_path, ["app"])
    if email:
        git(repo.work, "config", "user.email", email)
        git(repo.work, "config", "user.name", "jane")
    with open_clone(repo.work, "origin", str(repo.remote), token="", user="", env={}) as clone:
        made = clone.git("commit-tree", f"{repo.branches()['main']}^{{tree}}", "-m", "x")
        assert clone.git("log", "-1", "--format=%an <%ae>", made) == author


def test_tips_are_fetched_and_no_ref_is_made(tmp_path: Path) -> None:
    repo = fix_repo(tmp_path, ["app"])
    theirs = repo.change("main", "app/main.tf", code(5))
    before = git(repo.work, "for-each-ref")

    with open_clone(repo.work, "origin", str(repo.remote), token="", user="", env={}) as clone:
        assert clone.tips("main", "other") == {"main": theirs}
        assert clone.git("show", f"{theirs}:app/main.tf") == code(5).rstrip()
    assert git(repo.work, "for-each-ref") == before
    assert not Clone(repo.work, "origin", "", tmp_path, {}).has(theirs)


def test_git_itself_sends_the_token_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, certificates = fix_repo(tmp_path, ["app"]).work, make_certificates(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificates.authority))
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        asked.append(request.headers.get("Authorization", ""))
        return Answer(403, b"no")

    with (
        serve(answer, certificates.server) as url,
        open_clone(work, "origin", f"{url}/acme/infra.git", token="t0ken", user="oauth2", env={}) as clone,
        pytest.raises(PushError, match="403") as refused,
    ):
        clone.push("b", "HEAD", expected="")
    assert asked == [SECRET.removeprefix("Authorization: ")]
    assert "contents: write" in refused.value.next_step


@pytest.mark.parametrize(("said", "message", "step"), [
    ("", "git said nothing", "git push"),
    ("fatal: unable to access 'https://u:s3cret@git.test/': The requested URL returned error: 403", "git.test", "token"),
    ("fatal: could not read Username for 'https://git.test': terminal prompts disabled", "Username", "token"),
    ("remote: GitLab: You are not allowed to push code to protected branches\n ! [remote rejected] a -> b "
     "(pre-receive hook declined)\nerror: failed to push some refs", "[remote rejected]", "--branch"),
    (" ! [rejected] a -> b (stale info)\nerror: failed to push", "stale info", "run again"),
], ids=["silence", "no right", "no sign-in", "protected", "moved"])  # fmt: skip
def test_what_a_remote_says_no_with(said: str, message: str, step: str) -> None:
    error = _refused("cannot push", said)

    assert isinstance(error, PushError)
    assert message in error.message
    assert step in error.next_step
    assert "s3cret" not in str(error)
