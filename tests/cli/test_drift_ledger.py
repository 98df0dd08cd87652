from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftgate.cli.main import main
from driftgate.demo.layout import ROOT_MODULES
from driftgate.demo.recorded import plan_file

PLAN = str(plan_file(ROOT_MODULES[0]))


@pytest.fixture(params=["ledger.sqlite3", "ledger"])
def ledger(request: pytest.FixtureRequest, repo: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(repo)
    return str(repo / request.param)


def scan(ledger: str, plan: str = PLAN) -> None:
    assert main(["drift", "scan", "--plan-json", plan, "--ledger", ledger, "--fail-on", "none"]) == 0


def shown(ledger: str, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["drift", "show", "--ledger", ledger, "-o", "json", *more]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["findings"]
    return found


def clean_plan(repo: Path) -> str:
    """The plan of the same unit when nothing drifts."""
    file = repo / "clean.json"
    file.write_text('{"format_version": "1.2", "resource_changes": []}')
    return str(file)


def test_a_scan_says_what_is_news(ledger: str, repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(ledger)
    assert " new" in capsys.readouterr().err
    scan(ledger)
    assert "since the last scan: nothing new" in capsys.readouterr().err
    scan(ledger, clean_plan(repo))
    assert "resolved" in capsys.readouterr().err
    scan(ledger)
    assert "back again" in capsys.readouterr().err


def test_what_is_open_and_what_was(ledger: str, repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(ledger)
    opened = shown(ledger, capsys)
    assert len(opened) >= 3
    assert all(entry["resolved"] is None and entry["times"] == 1 for entry in opened)
    scan(ledger, clean_plan(repo))
    assert shown(ledger, capsys) == []
    assert len(shown(ledger, capsys, "--all")) == len(opened)


def test_a_table_for_people(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    scan(ledger)
    capsys.readouterr()
    assert main(["drift", "show", "--ledger", ledger]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["SEVERITY", "UNIT", "ADDRESS", "CLASS", "AGE"]
    assert all("0 d" in line for line in lines[1:])


def test_nothing_remembered(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "show", "--ledger", ledger]) == 0
    assert "nothing is remembered" in capsys.readouterr().err


def test_all_resolved_is_not_nothing_remembered(ledger: str, repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan(ledger)
    scan(ledger, clean_plan(repo))
    capsys.readouterr()
    assert main(["drift", "show", "--ledger", ledger]) == 0
    assert "nothing is open in" in capsys.readouterr().err
    assert main(["drift", "show", "--ledger", ledger, "--all", "no.such"]) == 0
    assert "nothing is remembered at no.such in" in capsys.readouterr().err


def test_somebody_is_on_it(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    scan(ledger)
    address = str(shown(ledger, capsys)[0]["address"])
    argv = ["drift", "ack", address, "--ledger", ledger, "--until", "2099-01-31", "--reason", "on it", "--by", "ada"]
    assert main(argv) == 0
    assert "--yes acknowledges 1" in capsys.readouterr().err
    assert shown(ledger, capsys, address)[0]["acknowledged"] is None
    assert main([*argv, "--yes"]) == 0
    assert shown(ledger, capsys, address)[0]["acknowledged"] == {"by": "ada", "until": "2099-01-31", "reason": "on it"}
    scan(ledger)
    assert shown(ledger, capsys, address)[0]["acknowledged"]


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["nothing.here", "--until", "2099-01-01", "--reason", "x"], 1, "no open drift at nothing.here"),
        (["*", "--until", "2020-01-01", "--reason", "x"], 64, "is over already"),
        (["*", "--until", "2099-01-01"], 64, "--reason"),
    ],
)
def test_acks_that_cannot_be(
    ledger: str, argv: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drift", "ack", *argv, "--ledger", ledger]) == code
    assert says in capsys.readouterr().err


def test_no_secret_is_remembered(ledger: str, repo: Path) -> None:
    change = {"actions": ["update"], "before": {"password": "canary-old-1"}, "after": {"password": "canary-new-2"},
              "before_sensitive": {"password": True}, "after_sensitive": {"password": True}}  # fmt: skip
    resource = {
        "address": 'aws_db_instance.x["canary-new-2"]',
        "mode": "managed",
        "type": "aws_db_instance",
        "change": change,
    }
    (repo / "plan.json").write_text(json.dumps({"format_version": "1.2", "resource_drift": [resource]}))
    scan(ledger, str(repo / "plan.json"))
    kept = b"".join(path.read_bytes() for path in repo.rglob("*ledger*") if path.is_file())
    assert b"aws_db_instance" in kept
    assert b"canary" not in kept


def test_a_plan_that_is_judged_is_remembered_only_where_it_is_asked_for(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("XDG_STATE_HOME", str(repo / "state"))
    assert main(["drift", "scan", "--plan-json", PLAN, "--fail-on", "none"]) == 0
    told = capsys.readouterr().err
    assert "since the last scan" not in told
    assert "dg: not remembered: a saved plan is no scan of the cloud" in told
    assert not (repo / "state").exists()
    assert main(["drift", "scan", "--plan-json", PLAN, "--fail-on", "none", "--no-ledger"]) == 0
    assert "not remembered" not in capsys.readouterr().err


def test_a_ledger_that_was_asked_for_and_cannot_be_is_an_error(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    (repo / "file.sqlite3").write_text("not a database, but long enough to be looked at as if it were one" * 40)
    argv = ["drift", "scan", "--plan-json", PLAN, "--fail-on", "none", "--ledger", "file.sqlite3"]
    assert main(argv) == 1
    assert "cannot use the ledger" in capsys.readouterr().err
