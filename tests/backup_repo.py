"""States and backups laid out for the tests of `dg backup`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.cli.main import main
from driftgate.cli.settings import _load as settings_in_force
from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.open import open_audit, open_backups
from driftgate.settings.schema import AuditSettings, BackupSettings

STATE = b'{"version": 4, "terraform_version": "1.11.4", "serial": %d, "lineage": "lin", "outputs": {}, "resources": []}'


Dg = Callable[..., tuple[int, str, str]]


def runner(capfd: pytest.CaptureFixture[str]) -> Dg:
    """Runs `dg backup`: exit code, stdout, stderr."""

    def run(*argv: str) -> tuple[int, str, str]:
        settings_in_force.cache_clear()  # each command is a process of its own
        code = main(("backup", *argv))
        out, err = capfd.readouterr()
        return code, out, err

    return run


def lay_out(repo: Path) -> Path:
    """Make `repo` one with a unit `live/app` that has a small local state, one without, and settings of its own."""
    (repo / ".git").mkdir()
    for unit in ("app", "new"):
        (repo / f"live/{unit}").mkdir(parents=True)
        (repo / f"live/{unit}/main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    store_state(repo, 1)
    settings(repo)
    return repo


def create(dg: Dg) -> str:
    """The id of a new backup of live/app."""
    code, out, _ = dg("create", "live/app", "-o", "json")
    assert code == 0, out
    return str(json.loads(out)["units"][0]["backup"])


def settings(repo: Path, *lines: str) -> None:
    text = '[backup]\ndestination = "kept"\n' + "".join(f"{line}\n" for line in lines)
    (repo / ".driftgate.toml").write_text(text + '[audit]\npath = "audit.jsonl"\n')


def store_state(repo: Path, serial: int) -> None:
    (repo / "live/app/terraform.tfstate").write_bytes(STATE % serial)


def old_backups(repo: Path, serials: range, audited: int | None = None) -> None:
    """Backups made years ago, and an audit log that speaks of one serial."""
    from datetime import UTC, datetime

    for serial in serials:
        made = datetime(2020, 1, serial, tzinfo=UTC)
        backups = open_backups(BackupSettings(destination=str(repo / "kept")), {}, now=lambda made=made: made)
        backups.save(STATE % serial, Subject("file:x", "live/app", "default", "lin", serial), reason="")
    if audited is not None:
        subject = Subject("file:x", "live/app", "default", "lin", audited)
        open_audit(AuditSettings(path=str(repo / "audit.jsonl")), {}).append(Event("terraform apply", subject))


def stored(repo: Path) -> bytes | None:
    path = repo / "live/app/terraform.tfstate"
    return path.read_bytes() if path.exists() else None
