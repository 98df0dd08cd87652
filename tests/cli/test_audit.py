from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from driftgate.cli.main import main
from driftgate.errors import ExitCode
from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.open import open_audit
from driftgate.settings.schema import AuditSettings


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in; its settings name a log there."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".driftgate.toml").write_text('[audit]\npath = "audit.jsonl"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path / "audit.jsonl"


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Any:
    """Run `dg audit`: exit code, stdout, stderr."""

    def run(*argv: str) -> tuple[int, str, str]:
        code = main(("audit", *argv))
        out, err = capfd.readouterr()
        return code, out, err

    return run


def record(log: Path, *actions: str, env: dict[str, str] | None = None, serial: int = 7) -> None:
    audit = open_audit(AuditSettings(path=str(log)), env or {})
    for action in actions:
        subject = Subject("s3://b/app", "live/app", "prod", "lin", serial + 1)
        audit.append(Event(action, subject, details={"serial_before": serial, "serial_after": serial + 1}))


def test_no_log_is_an_empty_list(log: Path, dg: Any) -> None:
    assert dg("list") == (0, "", f"dg: no such records in {log}\n")
    assert dg("verify") == (0, f"{log}: no records yet\n", "")
    assert json.loads(dg("list", "-o", "json")[1]) == {"format_version": "1.0", "records": []}
    assert not log.exists()


@pytest.mark.parametrize("command", ["list", "verify", "export"])
def test_a_named_log_that_is_not_there_is_no_empty_log(log: Path, dg: Any, command: str) -> None:
    code, out, err = dg(command, "--log", "gone.jsonl")

    assert (code, out) == (ExitCode.ERROR, "")
    assert "there is no log gone.jsonl" in err


def test_a_log_that_is_gone_shows_against_a_checkpoint(log: Path, dg: Any) -> None:
    record(log, "state mv")
    dg("keygen", "key")
    dg("checkpoint", "--key", "key", "--out", "head.json")
    log.unlink()
    code, out, _ = dg("verify", "--log", str(log), "--public-key", "key.pub", "--checkpoint", "head.json")

    assert code == ExitCode.FINDINGS
    assert "missing" in out


def test_a_log_that_is_gone_shows_against_the_checkpoints_beside_it(log: Path, dg: Any) -> None:
    record(log, "state mv")
    dg("keygen", "key")
    dg("checkpoint", "--key", "key")
    log.unlink()
    code, out, _ = dg("verify")

    assert (code, "record 1 is missing" in out) == (ExitCode.FINDINGS, True)


def test_list(log: Path, dg: Any) -> None:
    record(log, "state mv", env={"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada"})
    code, out, err = dg("list")
    header, line = out.splitlines()

    assert (code, err) == (0, "")
    assert header.split()[:3] == ["#", "TIME", "(UTC)"]
    assert line.startswith("1  20")
    assert line.endswith("ada (github)  state mv  live/app (prod)  7 → 8   ok")


def test_list_some(log: Path, dg: Any) -> None:
    record(log, "state mv", "terraform apply", "state rm")

    assert [
        line.split("live")[0].split("  ")[-2] for line in dg("list", "--action", "state *")[1].splitlines()[1:]
    ] == ["state mv", "state rm"]
    assert len(dg("list", "-n", "1")[1].splitlines()) == 2
    assert dg("list", "-n", "1")[2] == "dg: the last 1 of 3 records; -n 0 shows all\n"
    assert len(json.loads(dg("list", "-n", "0", "-o", "json", "--since", "1h")[1])["records"]) == 3
    assert json.loads(dg("list", "-o", "json", "--until", "1h")[1])["records"] == []


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_time_that_is_none(log: Path, dg: Any, option: str) -> None:
    code, _, err = dg("list", option, "yesterday")

    assert code == ExitCode.USAGE
    assert "`yesterday` is no time" in err


def test_export_is_the_log_itself(log: Path, dg: Any, tmp_path: Path) -> None:
    record(log, "state mv", "state rm")
    code, out, _ = dg("export")
    (tmp_path / "copy").write_text(out)

    assert (code, out.encode()) == (0, log.read_bytes())
    assert dg("verify", "--log", str(tmp_path / "copy"))[0] == 0


def test_export_for_spreadsheets(log: Path, dg: Any, tmp_path: Path) -> None:
    record(log, "=cmd()", "state rm")
    code, _, err = dg("export", "-o", "csv", "--out", str(tmp_path / "x.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))

    assert (code, err) == (0, f"dg: written to {tmp_path / 'x.csv'}\n")
    assert [r["action"] for r in rows] == ["'=cmd()", "state rm"]
    assert (rows[0]["serial_before"], rows[0]["serial_after"], rows[0]["unit"]) == ("7", "8", "live/app")


def test_export_nothing(log: Path, dg: Any) -> None:
    assert dg("export") == (0, "", "")
    assert json.loads(dg("export", "-o", "json")[1])["records"] == []


def test_verify_a_whole_log(log: Path, dg: Any) -> None:
    record(log, "state mv", "state rm")
    code, out, err = dg("verify")

    assert (code, err) == (0, "")
    assert out.startswith(f"{log}: 2 records, unbroken\nhead: ")


def test_verify_names_the_first_damage(log: Path, dg: Any) -> None:
    record(log, "state mv", "state rm", "state push")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[1].replace(b"state rm", b"state mv") + lines[2])
    code, out, _ = dg("verify")
    tree = json.loads(dg("verify", "-o", "json")[1])

    assert (code, out) == (2, f"{log}: record 2 (line 2) was altered: it does not agree with its hash\n")
    assert (tree["whole"], tree["records"], tree["problem"]["kind"], tree["problem"]["record"]) == (
        False,
        1,
        "altered",
        2,
    )
    assert "1 line of" in dg("list")[2]


def test_sign_and_hold_against_it(log: Path, dg: Any, tmp_path: Path) -> None:
    record(log, "state mv", "state rm")
    code, public, err = dg("keygen", "audit.key")
    kept = tmp_path / "kept.json"

    assert (code, public[:8]) == (0, "ed25519:")
    assert err == "dg: wrote audit.key (keep it secret) and audit.key.pub\n"
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    assert dg("checkpoint", "--key", "audit.key", "--out", str(kept))[0] == 0
    assert json.loads(kept.read_text())["seq"] == 2
    assert (
        dg("verify", "--public-key", "audit.key.pub")[1]
        .splitlines()[0]
        .endswith("2 records, unbroken, signed up to record 2")
    )
    assert dg("verify", "--public-key", public.strip())[0] == 0
    assert "checkpoints were not looked at" in dg("verify")[2]

    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    log.with_name("audit.jsonl.checkpoints").unlink()
    assert dg("verify", "--public-key", "audit.key.pub")[0] == 0  # what was cut off shows nowhere here
    code, out, _ = dg("verify", "--public-key", "audit.key.pub", "--checkpoint", str(kept))
    assert (code, "record 2 is missing" in out) == (2, True)


def test_the_key_that_is_set_is_used(log: Path, dg: Any, tmp_path: Path) -> None:
    dg("keygen", "audit.key")
    (tmp_path / ".driftgate.toml").write_text('[audit]\npath = "audit.jsonl"\nsigning_key = "audit.key"\n')
    record(log, "state mv")

    assert dg("checkpoint")[0] == 0
    assert "signed up to record 1" in dg("verify")[1]


def test_a_broken_log_is_not_signed(log: Path, dg: Any) -> None:
    record(log, "state mv", "state rm")
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[1])
    dg("keygen", "audit.key")
    code, _, err = dg("checkpoint", "--key", "audit.key")

    assert (code, "is not signed: record 1 is missing" in err) == (1, True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(("checkpoint",), "no signing key is set", id="no key"),
        pytest.param(("checkpoint", "--key", "nowhere"), "cannot read the key nowhere", id="no such key"),
        pytest.param(("keygen", ".driftgate.toml"), "exists already", id="a file in the way"),
        pytest.param(("verify", "--public-key", "ed25519:x"), "is no public key", id="no public key"),
    ],
)
def test_what_cannot_be_done_says_why(log: Path, dg: Any, argv: tuple[str, ...], said: str) -> None:
    code, _, err = dg(*argv)

    assert (code, said in err) == (1, True), err


def test_lines_that_are_no_checkpoints_are_said(log: Path, dg: Any) -> None:
    log.with_name("audit.jsonl.checkpoints").write_text("nonsense\n")

    assert "1 line of" in dg("verify")[2]


def test_copies_of_checkpoints_elsewhere(log: Path, dg: Any, tmp_path: Path) -> None:
    dg("keygen", "audit.key")
    for action in ("state mv", "state rm"):
        record(log, action)
        assert dg("checkpoint", "--key", "audit.key", "--to", "away")[0] == 0
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    log.with_name("audit.jsonl.checkpoints").unlink()
    code, out, _ = dg("verify", "--public-key", "audit.key.pub", "--checkpoint", "away")

    assert (code, "record 2 is missing" in out) == (2, True)
    assert len(list((tmp_path / "away/checkpoints").iterdir())) == 2


def test_places_without_checkpoints_are_said(log: Path, dg: Any, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()

    assert "no checkpoints in away" in dg("verify", "--checkpoint", "away")[2]
    assert dg("verify", "--checkpoint", "nowhere")[0] == 1
