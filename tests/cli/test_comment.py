from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from forges import TOKEN, FakeGitHub, answer, fake_github, fake_gitlab
from loopback import Answer
from report import samples

from driftgate.cli.main import main
from driftgate.cli.posting import append_summary
from driftgate.report.json_report import to_json

_RESOURCES = json.dumps([{
    "mode": "managed", "type": "aws_sqs_queue", "name": "jobs",
    "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
    "instances": [{"schema_version": 0, "attributes": {"id": "q"}, "sensitive_attributes": []}],
}])  # fmt: skip


@pytest.fixture
def saved(tmp_path: Path) -> str:
    file = tmp_path / "drift.json"
    file.write_text(to_json(samples.mixed()))
    return str(file)


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeGitHub]:
    """A run of GitHub Actions for pull request 7."""
    event = tmp_path / "event.json"
    repo = {"full_name": "acme/infra"}
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"repo": repo}, "base": {"repo": repo}}}))
    with fake_github() as forge:
        for name, value in {
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/infra",
            "GITHUB_RUN_ID": "55",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture
def summary(tmp_path: Path) -> Path:
    return tmp_path / "summary.md"


def test_a_comment_on_the_run_s_pull_request(
    forge: FakeGitHub, saved: str, summary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["comment", "github", saved]) == 0
    assert "comment on acme/infra#7: created https://github.test/c/101" in capsys.readouterr().err
    (comment,) = forge.comments[7]
    assert "[run](https://github.com/acme/infra/actions/runs/55)" in comment["body"]
    assert "Tr0ub4dor" not in comment["body"]
    assert main(["comment", "github", saved]) == 0
    assert len(forge.writes()) == 1
    assert not summary.exists()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (403, {"message": "Resource not accessible by integration"}, "a pull request from a fork has none"),
        (404, {"message": "Not Found"}, "answered 404"),
        (422, {"message": "Validation Failed"}, "answered 422: Validation Failed"),
        (500, {}, "answered 500"),
    ],
)
def test_where_it_cannot_be_posted_the_report_is_in_the_step_summary(
    forge: FakeGitHub,
    saved: str,
    summary: Path,
    status: int,
    body: object,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forge.fail("POST", "/comments", *[answer(status, body)] * 2)
    assert main(["comment", "github", saved]) == 0
    assert says in capsys.readouterr().err
    assert "### 🔴 Drift: 1 critical" in summary.read_text()
    assert main(["comment", "github", saved, "--require"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        pytest.param("GET", "/user", answer(200, []), id="the user as a list"),
        pytest.param("GET", "/user", answer(200, {}), id="a user without a name"),
        pytest.param("GET", "/user", answer(200), id="nothing"),
        pytest.param("GET", "/comments", answer(200, {"message": "moved"}), id="a list that is none"),
        pytest.param("GET", "/comments", answer(200, [None]), id="comments that are none"),
        pytest.param("GET", "/comments", answer(200, [], Link='<http://[::1>; rel="next"'), id="a next page nowhere"),
        pytest.param("POST", "/comments", answer(201), id="a new comment, not shown"),
        pytest.param("POST", "/comments", answer(201, {"ok": True}), id="a new comment without an id"),
        pytest.param("POST", "/comments", answer(422, {"message": "no", "errors": 5}), id="errors that are no list"),
    ],
)  # fmt: skip
def test_an_odd_answer_loses_nothing(
    forge: FakeGitHub,
    saved: str,
    summary: Path,
    method: str,
    path: str,
    given: Answer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forge.fail(method, path, given)
    assert main(["comment", "github", saved]) == 0
    assert "dg: not posted: " in capsys.readouterr().err
    assert "### 🔴 Drift: 1 critical" in summary.read_text()


def test_a_token_that_was_stored_with_its_line_end(
    forge: FakeGitHub, saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", f"{TOKEN}\n")
    assert main(["comment", "github", saved]) == 0
    assert len(forge.comments[7]) == 1


@pytest.mark.parametrize("token", ["s3cr\net-of-ours", "s3cr’et-of-ours"], ids=["a line end", "a quote"])
def test_a_token_that_is_none_is_not_shown(
    token: str,
    forge: FakeGitHub,
    saved: str,
    summary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", token)
    assert main(["comment", "github", saved]) == 0
    assert "et-of-ours" not in (said := capsys.readouterr().err)
    assert "dg: not posted: the token has characters" in said
    assert summary.exists()


def test_a_long_limit_loses_nothing(forge: FakeGitHub, saved: str, summary: Path) -> None:
    forge.fail("POST", "/comments", answer(403, {"message": "secondary rate limit"}, Retry_After="3600"))
    assert main(["comment", "github", saved]) == 0
    assert "### 🔴" in summary.read_text()


def test_without_a_token_or_a_pull_request_the_report_goes_to_stdout(
    saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["comment", "github", saved]) == 0
    told = capsys.readouterr()
    assert "there is no token in GITHUB_TOKEN or GH_TOKEN" in told.err
    assert "### 🔴" in told.out


def test_a_push_has_no_pull_request(
    forge: FakeGitHub, saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    assert main(["comment", "github", saved]) == 0
    assert "belongs to no pull request" in capsys.readouterr().err
    assert main(["comment", "github", saved, "--pr", "7"]) == 0
    assert len(forge.comments[7]) == 1


def test_dry_run_posts_nothing(forge: FakeGitHub, saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "github", saved, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("<!-- driftgate:v1 kind=drift name=all run=55 ")
    assert forge.log == []


def test_what_an_apply_changed_is_shown(forge: FakeGitHub, saved: str, tmp_path: Path) -> None:
    states = []
    for serial, resources in ((1, "[]"), (2, _RESOURCES)):
        states.append(str(tmp_path / f"{serial}.tfstate"))
        Path(states[-1]).write_text(
            f'{{"version": 4, "terraform_version": "1.11.4", "serial": {serial}, "lineage": "l", "outputs": {{}}, "resources": {resources}}}'
        )
    diff = tmp_path / "diff.json"
    assert main(["state", "diff", *states, "-o", "json", "--out", str(diff)]) == 0
    assert main(["comment", "github", saved, "--state-diff", str(diff)]) == 0
    body = forge.comments[7][0]["body"]
    assert "<summary>State: what the apply changed</summary>" in body
    assert "serial 1 → 2: 1 added" in body
    assert main(["comment", "github", saved, "--state-diff", saved]) == 1


def test_issues(forge: FakeGitHub, saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "github", saved, "--issues"]) == 0
    assert sorted(issue["title"] for issue in forge.issues) == [
        "Drift in live/app (prod)",
        "Drift in live/dns",
        "Drift in live/network",
    ]
    assert "live/network: opened https://github.test/i/" in capsys.readouterr().err


def test_a_check_run(forge: FakeGitHub, saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "github", saved, "--check", "--require"]) == 1
    assert "it is not known which commit this is about" in capsys.readouterr().err
    assert main(["comment", "github", saved, "--check", "--sha", "c0ffee", "--require"]) == 0
    assert "check run on acme/infra@c0ffee: failure https://github.test/r/101" in capsys.readouterr().err
    (check,) = forge.checks
    assert (check["name"], check["head_sha"], check["status"]) == ("driftgate", "c0ffee", "completed")
    assert check["output"]["title"].startswith("Drift: 1 critical")
    assert check["output"]["summary"].startswith("### 🔴 Drift: 1 critical")
    assert check["details_url"] == "https://github.com/acme/infra/actions/runs/55"


def test_without_the_right_to_check_the_report_is_in_the_summary(
    forge: FakeGitHub, saved: str, summary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forge.fail("POST", "/check-runs", answer(403, {"message": "Resource not accessible by integration"}))
    assert main(["comment", "github", saved, "--check", "--sha", "c0ffee"]) == 0
    assert "Resource not accessible by integration" in capsys.readouterr().err
    assert "### 🔴 Drift: 1 critical" in summary.read_text()
    assert main(["comment", "github", saved, "--check", "--issues"]) == 64


def test_gitlab(saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_gitlab() as forge:
        monkeypatch.setenv("CI_API_V4_URL", f"{forge.url}/api/v4")
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        assert main(["comment", "gitlab", saved, "--mr", "7", "--project", "acme/infra"]) == 0
        assert "note on acme/infra!7: created" in capsys.readouterr().err
        assert "### 🔴" in forge.notes[0]["body"]


def test_gitlab_issues_of_a_schedule(
    saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_gitlab() as forge:
        monkeypatch.setenv("CI_API_V4_URL", f"{forge.url}/api/v4")
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        assert main(["comment", "gitlab", saved, "--issues", "--require"]) == 1
        assert "this run belongs to no repository" in capsys.readouterr().err
        monkeypatch.setenv("CI_PROJECT_ID", "acme/infra")
        assert main(["comment", "gitlab", saved, "--issues", "--require"]) == 0
        assert sorted(issue["title"] for issue in forge.issues)[0] == "Drift in live/app (prod)"
        assert "live/network: opened https://gitlab.test/i/" in capsys.readouterr().err
        assert forge.notes == []


def test_a_full_summary_is_not_spoilt(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("x" * 990_000)
    assert append_summary(file, "y" * 20_000) is False
    assert append_summary(file, "y" * 5_000) is True
    assert append_summary(tmp_path / "no" / "where", "x") is False
