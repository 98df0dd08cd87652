from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import Answer, Request, serve
from report import samples

from driftgate.cli.main import main
from driftgate.report.json_report import to_json
from driftgate.report.post.notice import signature


@pytest.fixture
def saved(tmp_path: Path) -> str:
    file = tmp_path / "drift.json"
    file.write_text(to_json(samples.mixed()))
    return str(file)


def test_a_signed_message(saved: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    got: list[Request] = []
    with serve(lambda request: got.append(request) or Answer(204)) as url:  # type: ignore[func-returns-value]
        monkeypatch.setenv("DG_WEBHOOK_URL", f"{url}/hook")
        monkeypatch.setenv("DG_WEBHOOK_SECRET", "s3cret-of-the-hook")
        assert main(["notify", "webhook", saved]) == 0
    (request,) = got
    expected = signature("s3cret-of-the-hook", request.headers["X-Driftgate-Sent"], request.body)
    assert request.headers["X-Driftgate-Signature-256"] == expected
    assert json.loads(request.body)["verdict"]["level"] == "critical"
    assert "s3cret" not in capsys.readouterr().err


def test_slack(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Request] = []
    with serve(lambda request: got.append(request) or Answer(200, b"ok")) as url:  # type: ignore[func-returns-value]
        monkeypatch.setenv("DG_SLACK_URL", f"{url}/services/x")
        assert main(["notify", "slack", saved]) == 0
    assert len(json.loads(got[0].body)["blocks"]) == 2


def test_silent_while_there_is_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clean.json"
    file.write_text(to_json(samples.clean()))
    assert main(["notify", "slack", str(file)]) == 0
    assert "nothing to say" in capsys.readouterr().err


def test_dry_run(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "webhook", saved, "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["event"] == "drift.report"


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [("", 64, "DG_SLACK_URL is not set"), ("http://x.example/SECRET", 1, "not https"), ("nowhere", 1, "is no URL")],
)
def test_wrong_addresses(
    saved: str, url: str, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DG_SLACK_URL", url)
    assert main(["notify", "slack", saved]) == code
    told = capsys.readouterr().err
    assert says in told
    assert "SECRET" not in told
