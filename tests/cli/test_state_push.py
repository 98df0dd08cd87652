from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from contract.backend import state
from contract.sites import Site, new_lock
from dg_run import Dg, runner

from driftgate.errors import ExitCode

SECRET = "hunter2-hunter2"


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    return runner(capfd)


@pytest.fixture
def unit(repo: Path) -> Path:
    """A unit with a local state of serial 1."""
    folder = repo / "live/app"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text('resource "terraform_data" "x" {\n}\n')
    (folder / "terraform.tfstate").write_bytes(state(1))
    return folder


def file(unit: Path, data: bytes) -> Path:
    path = unit.parents[1] / "new.tfstate"
    path.write_bytes(data)
    return path


def stored(unit: Path) -> bytes:
    return (unit / "terraform.tfstate").read_bytes()


def test_the_same_state_is_nothing_to_do(dg: Dg, unit: Path) -> None:
    for more in ((), ("--yes",)):
        done = dg("state", "push", file(unit, state(1)), unit, *more)

        assert (done.code, done.out) == (0, "")
        assert "nothing to do" in done.err


def test_a_file_that_is_no_state_is_named(dg: Dg, unit: Path) -> None:
    done = dg("state", "push", unit / "main.tf", unit)

    assert done.code == ExitCode.ERROR
    assert f"{unit / 'main.tf'} is not valid JSON" in done.err
    assert "→ name a file that `dg state pull --reveal` made" in done.err


def test_without_yes_it_shows_what_would_change_and_writes_nothing(dg: Dg, unit: Path) -> None:
    done = dg("state", "push", file(unit, state(2).replace(b"words", b"other")), unit)

    assert done.code == 0
    assert "serial 1 → 2" in done.out
    assert "output.words" in done.out or "words" in done.out
    assert done.err == "dg: dry run: nothing is written; --yes writes it\n"
    assert stored(unit) == state(1)
    assert sorted(p.name for p in unit.iterdir()) == ["main.tf", "terraform.tfstate"]


def test_yes_writes_the_file_byte_for_byte_after_a_backup(dg: Dg, unit: Path) -> None:
    new = state(2) + b"   \n"
    done = dg("state", "push", file(unit, new), unit, "--yes", "--reason", "mended by hand")

    assert done.code == 0, done.err
    assert stored(unit) == new
    assert "is written; what stood there is backup" in done.err
    log = [json.loads(line) for line in audit_log().read_text().splitlines()]
    assert [(r["action"], r["outcome"]) for r in log] == [("state push", "begun"), ("state push", "ok")]
    assert log[-1]["reason"] == "mended by hand"


def audit_log() -> Path:
    return Path.home() / ".local/state/driftgate/audit.jsonl"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_json(dg: Dg, unit: Path) -> None:
    dry = dg("state", "push", file(unit, state(2)), unit, "-o", "json")
    done = dg("state", "push", file(unit, state(2)), unit, "-o", "json", "--yes")

    assert (dry.json["changed"], dry.json["written"], dry.json["backup"]) == (True, False, None)
    assert (done.json["changed"], done.json["written"]) == (True, True)
    assert done.json["backup"]
    assert done.json["format_version"] == "1.0"


def test_from_stdin(dg: Dg, unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(state(5))))

    assert dg("state", "push", "-", unit, "--yes").code == 0
    assert stored(unit) == state(5)


def test_into_a_state_file(dg: Dg, unit: Path) -> None:
    done = dg("state", "push", file(unit, state(3)), unit / "terraform.tfstate", "--yes")

    assert done.code == 0, done.err
    assert stored(unit) == state(3)


def test_into_a_unit_without_a_state(dg: Dg, unit: Path) -> None:
    (unit / "terraform.tfstate").unlink()
    done = dg("state", "push", file(unit, state(7)), unit, "--yes")

    assert done.code == 0, done.err
    assert "no state → serial 7" in done.out
    assert "backup" not in done.err


def test_a_held_lock_is_exit_4_and_names_the_holder(dg: Dg, unit: Path) -> None:
    backend = Site("local", "local", unit).open()
    lock_id = backend.lock(new_lock("OperationTypeApply"))
    done = dg("state", "push", file(unit, state(2)), unit, "--yes")
    waited = dg("state", "push", file(unit, state(2)), unit, "--yes", "--lock-timeout", "1s")
    backend.unlock(lock_id)

    assert done.code == waited.code == ExitCode.LOCKED
    assert "ada@driftgate-contract for OperationTypeApply" in done.err
    assert "waiting: " in waited.err
    assert stored(unit) == state(1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (state(0), "serial 0 cannot be written over serial 1"),
        (state(2).replace(b"0c7a1b5e", b"another1"), "two different states"),
        (b"", "is empty"),
        (b"{", "new.tfstate is cut off"),
    ],
    ids=["older", "another lineage", "empty", "no state"],
)
def test_what_is_refused(dg: Dg, unit: Path, data: bytes, said: str) -> None:
    done = dg("state", "push", file(unit, data), unit, "--yes")

    assert done.code == ExitCode.ERROR
    assert said in done.err
    assert "Traceback" not in done.err
    assert stored(unit) == state(1)


def test_force_goes_over_the_rules_and_over_what_is_no_state(dg: Dg, unit: Path) -> None:
    (unit / "terraform.tfstate").write_bytes(b"<html>")
    refused = dg("state", "push", file(unit, state(0)), unit, "--yes")
    done = dg("state", "push", file(unit, state(0)), unit, "--yes", "--force")

    assert refused.code == ExitCode.ERROR
    assert done.code == 0, done.err
    assert stored(unit) == state(0)
    assert "what stood there is backup" in done.err


@pytest.mark.parametrize("value", ["5", "x", "5d"])
def test_a_timeout_that_is_none(dg: Dg, unit: Path, value: str) -> None:
    done = dg("state", "push", file(unit, state(2)), unit, "--lock-timeout", value)

    assert done.code == ExitCode.USAGE
    assert "is not a duration" in done.err


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("30s", 30), ("1h30m", 5400), (7, 7)])
def test_durations(value: object, seconds: float) -> None:
    from driftgate.cli.state_write import Duration

    assert Duration().convert(value, None, None) == seconds


def test_secrets_do_not_show(dg: Dg, unit: Path) -> None:
    new = json.loads(state(2))
    new["outputs"]["pw"] = {"value": SECRET, "type": "string", "sensitive": True}
    for form in ("table", "json"):
        done = dg("state", "push", file(unit, json.dumps(new).encode()), unit, "-o", form)

        assert "pw" in done.out
        assert SECRET not in done.out + done.err
