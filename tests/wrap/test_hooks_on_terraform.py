"""What dg does around a command of the real terraform: backup, account, audit record, warnings, and never its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from state_server import States, serve_states
from terraform_cli import needs_terraform, terraform
from wrap.inside import FORKS, inside
from wrap.terminal import When, after, on_terminal, press_ctrl_c

pytestmark = [pytest.mark.acceptance, needs_terraform, FORKS]

ROOT = Path(__file__).parents[2]
SOURCE = """
variable "word" { default = "one" }
resource "terraform_data" "x" { input = var.word }
resource "terraform_data" "secret" { input = sensitive("correct horse battery") }
output "word" { value = terraform_data.x.output }
"""
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch begun; exec sleep 20" }
}
"""


class Unit:
    def __init__(self, folder: Path, source: str = SOURCE) -> None:
        self.root = folder
        self.folder = folder / "repo/live"
        self.folder.mkdir(parents=True)
        (folder / "repo/.git").mkdir()
        (self.folder / "main.tf").write_text(source)
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), "TF_CLI_ARGS": "-no-color"}
        terraform(self.folder, "init")

    def dg(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return inside(args, cwd=self.folder, env={**self.env, **env})

    def apply(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.dg("terraform", "apply", "-auto-approve", *args, **env)

    def serial(self, path: str = "terraform.tfstate") -> int:
        """How often a state is written, and so its serial, depends on the moment."""
        return int(json.loads((self.folder / path).read_text())["serial"])

    def audit(self) -> list[dict[str, Any]]:
        log = self.root / "home/.local/state/driftgate/audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def backups(self) -> list[Path]:
        return [*(self.root / "home/.local/state/driftgate/backups").rglob("*.zst")]


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


@pytest.fixture
def states() -> Iterator[States]:
    with serve_states() as found:
        yield found


def test_a_first_apply_and_a_second_one(unit: Unit) -> None:
    first = unit.apply()
    serial = unit.serial()
    second = unit.dg("--reason", "CHG-1", "terraform", "apply", "-auto-approve", "-var=word=two")

    assert (
        f"dg: terraform apply: 2 added, 1 output (a new state, serial {serial})\n  + terraform_data.secret\n"
        in first.stderr
    )
    assert f": 1 changed, 1 output (serial {serial} → {unit.serial()}), backup " in second.stderr
    assert '  ~ output word: "one" → "two"\n' in second.stderr
    assert "dg:" not in first.stdout + second.stdout
    assert len(unit.backups()) == 1
    one, two = unit.audit()
    assert (one["action"], one["outcome"], one["details"]["serial_after"]) == ("terraform apply", "ok", serial)
    assert two["details"]["argv"] == ["terraform", "apply", "-auto-approve", "-var=word=(sensitive)"]
    assert (two["details"]["serial_before"], two["details"]["serial_after"]) == (serial, unit.serial())
    assert f"backup {two['details']['backup'][:12]}\n" in second.stderr
    assert two["reason"] == "CHG-1"
    assert two["subject"]["unit"] == "live"


def test_no_secret_of_the_state_is_said_or_written_down(unit: Unit) -> None:
    unit.apply()
    source = (unit.folder / "main.tf").read_text()
    (unit.folder / "main.tf").write_text(source.replace("correct horse", "wrong horse"))

    done = unit.apply("-var=word=a horse battery")

    said = done.stderr + json.dumps(unit.audit())
    assert "~ terraform_data.secret" in said
    assert "horse battery" not in said.replace('"a horse battery"', "")


@pytest.mark.parametrize(
    ("env", "backups", "account", "audit"),
    [
        pytest.param({"DG_WRAP_BACKUP": "false"}, 0, True, 1, id="no backup"),
        pytest.param({"DG_WRAP_DIFF": "false"}, 1, False, 1, id="no account"),
        pytest.param({"DG_DISABLE": "1"}, 0, False, 0, id="nothing at all"),
    ],
)
def test_what_can_be_left_out(unit: Unit, env: dict[str, str], backups: int, account: bool, audit: int) -> None:
    terraform(unit.folder, "apply", "-auto-approve")

    done = unit.apply("-var=word=two", **env)

    assert done.returncode == 0
    assert len(unit.backups()) == backups
    assert (": 1 changed, 1 output (serial " in done.stderr) == account
    assert len(unit.audit()) == audit


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(["state", "mv", "terraform_data.x", "terraform_data.y"], 0, "→ terraform_data.y (was terraform_data.x)", id="state mv"),
        pytest.param(["state", "rm", "terraform_data.x"], 0, "- terraform_data.x", id="state rm"),
        pytest.param(["taint", "terraform_data.x"], 0, "~ terraform_data.x (tainted)", id="taint"),
        pytest.param(["destroy", "-auto-approve"], 0, "- terraform_data.x", id="destroy"),
        pytest.param(["apply", "-input=false", "-var=word=two"], 1, "nothing changed (serial ", id="a failure"),
        pytest.param(["force-unlock", "-force", "0c0ffee0-0000-0000-0000-000000000000"], 1, "", id="no state is touched"),
    ],
)  # fmt: skip
def test_each_command_has_its_account(unit: Unit, args: list[str], code: int, said: str) -> None:
    terraform(unit.folder, "apply", "-auto-approve")

    done = unit.dg("terraform", *args, TF_CLI_ARGS="")

    assert done.returncode == code
    assert said in done.stderr
    assert unit.audit()[-1]["outcome"] == ("ok" if code == 0 else "exit 1")


def test_a_workspace_is_backed_up_before_it_is_deleted(unit: Unit) -> None:
    terraform(unit.folder, "workspace", "new", "old")
    terraform(unit.folder, "apply", "-auto-approve")
    terraform(unit.folder, "workspace", "select", "default")
    serial = unit.serial("terraform.tfstate.d/old/terraform.tfstate")

    done = unit.dg("terraform", "workspace", "delete", "-force", "old", TF_CLI_ARGS="")

    assert done.returncode == 0, done
    assert f"the state is gone, it was at serial {serial}" in done.stderr
    assert len(unit.backups()) == 1


def test_hooks_that_fail_are_warnings(unit: Unit) -> None:
    unit.apply()
    (unit.root / "file").write_text("")

    done = unit.apply(
        "-var=word=two", DG_BACKUP_DESTINATION=str(unit.root / "file"), DG_AUDIT_PATH=str(unit.root / "file/log")
    )

    assert done.returncode == 0
    assert "dg: warning: the backup of the state failed: " in done.stderr
    assert "dg: warning: the audit log failed: " in done.stderr
    assert ": 1 changed, 1 output (serial " in done.stderr


def test_settings_that_cannot_be_read_stop_it(unit: Unit) -> None:
    (unit.root / "repo/.driftgate.toml").write_text("[gate]\nmode = 'enfroce'\n")

    done = unit.apply()

    assert done.returncode == 1
    assert "dg: error: " in done.stderr
    assert not (unit.folder / "terraform.tfstate").exists()


def test_a_backend_that_does_not_answer_costs_the_time_that_was_set(tmp_path: Path, states: States) -> None:
    unit = Unit(tmp_path, states.backend("a") + SOURCE)
    unit.apply()
    states.read_seconds = 3

    done = unit.apply("-refresh=false", DG_WRAP_HOOK_TIMEOUT="0.5")

    assert done.returncode == 0
    assert "dg: warning: looking at the state was given up: not done after 0.5 s\n  → " in done.stderr


def test_a_state_that_could_not_be_saved_is_pointed_out(tmp_path: Path, states: States) -> None:
    unit = Unit(tmp_path, states.backend("a") + SOURCE)
    states.refuses_saves = True

    done = unit.apply()

    assert done.returncode == 1
    assert f"is in {unit.folder}/errored.tfstate\n  → when the backend answers again: " in done.stderr


def test_a_killed_terraform_is_pointed_out(tmp_path: Path, states: States) -> None:
    unit = Unit(tmp_path, states.backend("a") + SOURCE + SLOW)

    def kill(_session: object) -> None:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                same_folder = (stat.parent / "cwd").resolve() == unit.folder
                name = stat.read_text().partition("(")[2].partition(")")[0]
            except OSError:
                continue
            if same_folder and name == "terraform":
                os.kill(int(stat.parent.name), signal.SIGKILL)

    argv = (sys.executable, "-m", "driftgate", "terraform", "apply", "-auto-approve")
    ended = on_terminal(
        argv,
        cwd=unit.folder,
        env=unit.env,
        stderr=tmp_path / "stderr",
        script=[When((unit.folder / "begun").exists, kill)],
    )

    said = ended.stderr.decode()
    assert ended.code == 137
    assert "dg: warning: terraform was ended by SIGKILL" in said
    assert "dg: warning: the lock may have been left behind: a `http` backend cannot be asked" in said
    assert "the state did not move (there is still no state)" in said
    assert unit.audit()[-1]["outcome"] == "signal 9"


def test_two_interrupts_are_pointed_out(tmp_path: Path, states: States) -> None:
    unit = Unit(tmp_path, states.backend("a") + SOURCE)
    states.save_seconds = 4

    ended = on_terminal(
        (sys.executable, "-m", "driftgate", "terraform", "apply", "-auto-approve"),
        cwd=unit.folder, env=unit.env, stderr=tmp_path / "stderr",
        script=[When(lambda: states.saving.get("/a", 0) > 0, press_ctrl_c), When(after(1.5), press_ctrl_c)],
    )  # fmt: skip

    assert ended.code == 1
    assert "dg: warning: terraform was interrupted 2 times" in ended.stderr.decode()
    assert unit.audit()[-1]["details"]["interrupts"] == 2


def test_an_interrupt_before_terraform_has_started_ends_dg_as_it_would_have_ended_terraform(
    tmp_path: Path, states: States
) -> None:
    unit = Unit(tmp_path, states.backend("a") + SOURCE)
    unit.apply()
    states.read_seconds, asked = 3, states.reads.get("/a", 0)

    ended = on_terminal(
        (sys.executable, "-m", "driftgate", "terraform", "apply", "-auto-approve"),
        cwd=unit.folder, env=unit.env, stderr=tmp_path / "stderr",
        script=[When(lambda: states.reads.get("/a", 0) > asked, press_ctrl_c)],
    )  # fmt: skip

    assert ended.code == -signal.SIGINT
    assert len(unit.audit()) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({}, "dg: no drift in 2 resources\n", id="none"),
        pytest.param({"DG_WRAP_HOOK_TIMEOUT": "0.01"}, "dg: warning: the drift check was given up", id="no time"),
    ],
)
def test_a_drift_check_that_was_asked_for(unit: Unit, settings: dict[str, str], said: str) -> None:
    unit.apply()

    done = unit.apply(DG_WRAP_DRIFT_CHECK="true", **settings)

    assert said in done.stderr
    assert done.returncode == 0
