"""The gate that enforces, on the real terraform: exactly the plan that was judged is applied, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from terraform_cli import needs_terraform, terraform
from wrap.inside import FORKS, inside
from wrap.terminal import Act, Ended, Session, When, on_terminal, press_ctrl_c

from driftgate.safety.signing import generate_key, write_key
from driftgate.state.file import StateError

pytestmark = [pytest.mark.acceptance, pytest.mark.every_time, needs_terraform, FORKS]

ROOT = Path(__file__).parents[2]
SOURCE = """
variable "word" { default = "one" }
resource "terraform_data" "x" { input = var.word }
resource "terraform_data" "y" {
  input            = "y"
  triggers_replace = var.word
}
"""
DG = (sys.executable, "-m", "driftgate")
NEW = "-var=word=two"


class Unit:
    """A unit under a gate; alice and bob approve, ci may ask."""

    def __init__(self, folder: Path, gate: str) -> None:
        self.home = folder / "home"
        self.folder = folder / "repo"
        self.folder.mkdir()
        (self.folder / ".git").mkdir()
        (self.folder / "main.tf").write_text(SOURCE)
        keys = {name: generate_key() for name in ("alice", "bob", "ci")}
        for name, key in keys.items():
            write_key(key, folder / name)
        approvers = [str(keys["alice"].public), str(keys["bob"].public)]
        (self.folder / ".driftgate.toml").write_text(
            f'[gate]\nmode = "enforce"\n{gate}\napprovers = {json.dumps(approvers)}\nrequesters = ["{keys["ci"].public}"]\n'
        )
        self.keys = folder
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(self.home), "TF_CLI_ARGS": "-no-color"}
        terraform(self.folder, "init")
        terraform(self.folder, "apply", "-auto-approve")

    def dg(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return inside(args, cwd=self.folder, env={**self.env, **env})

    def approve(self, *args: str, key: str = "", user: str = "") -> subprocess.CompletedProcess[str]:
        signed = {"DG_APPROVAL_KEY": str(self.keys / key)} if key else {}
        actor = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": user} if user else {}
        return self.dg("approve", *args, **signed, **actor)

    def at_the_question(self, act: Act) -> Ended:
        """Apply on a terminal, and do `act` when dg asks."""
        errors = self.keys / "stderr"

        def asked() -> bool:
            return errors.exists() and b"apply exactly this plan?" in errors.read_bytes()

        argv = (*DG, "terraform", "apply", NEW)
        return on_terminal(argv, cwd=self.folder, env=self.env, stderr=errors, script=[When(asked, act)])

    def plan(self, *args: str) -> None:
        terraform(self.folder, "plan", "-out=saved", *args)

    def word(self) -> str:
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        found = next(r for r in state["resources"] if r["name"] == "x")
        return str(found["instances"][0]["attributes"]["input"]["value"])

    def audit(self) -> list[dict[str, Any]]:
        log = self.home / ".local/state/driftgate/audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()]

    def granted(self) -> None:
        """An approval of the saved plan, asked by ci for alice, granted by bob."""
        asked = self.approve("request", "saved", key="ci", user="alice")
        assert asked.returncode == 0, asked
        done = self.approve("grant", asked.stdout.strip(), "--yes", key="bob", user="bob")
        assert done.returncode == 0, done


@pytest.mark.parametrize(
    ("gate", "args", "word", "said"),
    [
        pytest.param("", ["-auto-approve", NEW], "two", [], id="nothing stands against it"),
        pytest.param("max_deletions = 1", ["-auto-approve", NEW], "two", [], id="as many as may be"),
        pytest.param("max_deletions = 0", ["-auto-approve", NEW], "one", ["blocked: 1 resources are destroyed, at most 0 may be (gate.max_deletions)"], id="too many"),
        pytest.param('protected = ["terraform_data.y"]', ["-auto-approve", NEW], "one", ["blocked: terraform_data.y is protected and destroyed (gate.protected)"], id="protected"),
        pytest.param("approval = true", ["-auto-approve", NEW], "one", ["blocked: every plan that changes something needs an approval (gate.approval)"], id="not approved"),
        pytest.param("approval = true", ["-auto-approve"], "one", [], id="no changes need no approval"),
        pytest.param("", ["-input=false", NEW], "one", ["not applied: nobody can be asked"], id="nobody to ask"),
        pytest.param("", [NEW], "one", ["cancelled"], id="no answer"),
    ],
)  # fmt: skip
def test_what_is_planned_is_applied_or_nothing(
    gate: str, args: Sequence[str], word: str, said: Sequence[str], tmp_path: Path
) -> None:
    unit = Unit(tmp_path, gate)

    done = unit.dg("terraform", "apply", *args)

    assert unit.word() == word
    assert done.returncode == (1 if said else 0)
    assert all(text in done.stderr for text in said)
    blocked = any("blocked" in text for text in said)
    assert unit.audit()[-1]["outcome"] == ("blocked" if blocked else "exit 1" if said else "ok")
    assert "dg:" not in done.stdout


def test_destroy_is_judged_too(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "max_deletions = 1")

    done = unit.dg("terraform", "destroy", "-auto-approve")

    assert done.returncode == 1
    assert "2 resources are destroyed, at most 1 may be" in done.stderr
    assert "plan -destroy -out=FILE" in done.stderr
    assert unit.word() == "one"


@pytest.mark.parametrize(("answer", "word"), [(b"yes\n", "two"), (b"no\n", "one")], ids=["yes", "no"])
def test_the_question_is_asked_where_a_person_sits(answer: bytes, word: str, tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")

    ended = unit.at_the_question(lambda session: session.type(answer))

    assert unit.word() == word
    assert ended.code == (0 if word == "two" else 1)
    assert b"will be updated in-place" in ended.screen


def test_an_interrupt_at_the_question_applies_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")

    assert unit.at_the_question(press_ctrl_c).code == -signal.SIGINT
    assert unit.word() == "one"


def test_an_interrupt_during_the_plan_applies_nothing(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")
    source = (unit.folder / "main.tf").read_text()
    asks = 'variable "asked" {}\n'
    (unit.folder / "main.tf").write_text(source + asks)

    argv = (*DG, "terraform", "apply", NEW, "-auto-approve")
    script = [When(b"Enter a value:", press_ctrl_c)]
    ended = on_terminal(argv, cwd=unit.folder, env=unit.env, stderr=tmp_path / "stderr", script=script)

    assert ended.code != 0
    assert unit.word() == "one"


def test_a_bug_does_not_open_the_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = Unit(tmp_path, "")
    monkeypatch.setattr("driftgate.wrap.enforce.judge", lambda *_: 1 / 0)

    done = unit.dg("terraform", "apply", "-auto-approve", NEW)

    assert done.returncode == 1
    assert "a bug in driftgate: ZeroDivisionError" in done.stderr
    assert unit.word() == "one"


def test_a_state_that_changed_between_plan_and_apply_is_refused(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")

    def somebody_else_applies(session: Session) -> None:
        terraform(unit.folder, "apply", "-auto-approve", "-var=word=three")
        session.type(b"yes\n")

    ended = unit.at_the_question(somebody_else_applies)

    assert ended.code == 1
    assert b"blocked: the state has changed since the plan was made (stale plan)" in ended.stderr
    assert unit.word() == "three"


def test_a_plan_that_was_approved_is_applied_once(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "approval = true")
    unit.plan(NEW)
    refused = unit.dg("terraform", "apply", "saved")
    unit.granted()
    assert unit.approve("verify", "--plan", "saved").returncode == 0

    first = unit.dg("terraform", "apply", "saved")
    replayed = unit.dg("terraform", "apply", "saved")

    assert (refused.returncode, first.returncode, replayed.returncode) == (1, 0, 1)
    assert "dg approve request saved" in refused.stderr
    assert ": approved by bob" in first.stderr
    assert "already used by" in replayed.stderr
    assert unit.word() == "two"
    assert unit.audit()[-2]["details"]["approval"]["by"] == "bob"
    assert unit.approve("verify", "--plan", "saved").returncode == 5


def test_an_approved_plan_that_is_stale_is_refused_and_its_approval_kept(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "approval = true")
    unit.plan(NEW)
    unit.granted()
    terraform(unit.folder, "apply", "-auto-approve", "-var=word=three")

    done = unit.dg("terraform", "apply", "saved")

    assert done.returncode == 1
    assert "(stale plan)" in done.stderr
    assert unit.word() == "three"
    assert unit.approve("verify", "--plan", "saved").returncode == 0


def test_a_plan_that_was_swapped_after_its_approval_is_another_plan(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "approval = true")
    unit.plan(NEW)
    unit.granted()
    unit.plan("-var=word=evil")

    done = unit.dg("terraform", "apply", "saved")

    assert done.returncode == 1
    assert unit.word() == "one"


def test_an_approval_that_has_expired_is_none(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "approval = true")
    unit.plan(NEW)
    asked = unit.approve("request", "saved", "--expires", "0.01", key="ci", user="alice").stdout.strip()
    unit.approve("grant", asked, "--yes", key="bob", user="bob")
    folder = unit.home / ".local/state/driftgate/backups/approvals/v1"
    grant = folder / f"{asked}.grant.json"
    forged = json.loads(grant.read_text()) | {"expires": "2099-01-01T00:00:00+00:00"}
    grant.unlink()
    grant.write_text(json.dumps(forged))

    done = unit.dg("terraform", "apply", "saved")

    assert done.returncode == 1
    assert "no approver ([gate] approvers) signed the grant" in done.stderr
    assert unit.word() == "one"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["state", "rm", "terraform_data.y"], "terraform_data.y is protected", id="state rm"),
        pytest.param(["taint", "terraform_data.y"], "terraform_data.y is protected", id="taint"),
        pytest.param(["state", "mv", "terraform_data.y", "terraform_data.z"], "terraform_data.y is protected", id="state mv"),
        pytest.param(["state", "rm", "terraform_data.x"], "", id="another address"),
    ],
)  # fmt: skip
def test_protected_addresses_are_not_taken_away(args: Sequence[str], said: str, tmp_path: Path) -> None:
    unit = Unit(tmp_path, 'protected = ["terraform_data.y"]')

    done = unit.dg("terraform", *args, TF_CLI_ARGS="")

    assert done.returncode == (1 if said else 0)
    assert said in done.stderr


def test_a_gate_that_cannot_judge_does_not_open(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")
    (tmp_path / "file").write_text("")

    no_backup = unit.dg("terraform", "apply", "-auto-approve", NEW, DG_BACKUP_DESTINATION=str(tmp_path / "file"))
    (unit.folder / "saved").write_text("no plan")
    no_plan = unit.dg("terraform", "apply", "saved")

    assert (no_backup.returncode, no_plan.returncode) == (1, 1)
    assert "blocked: no backup of the state could be made" in no_backup.stderr
    assert "the gate could not reach a verdict: not a saved plan" in no_plan.stderr
    assert unit.word() == "one"


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        pytest.param("max_deletions = 0", "", id="nothing is protected"),
        pytest.param('protected = ["*"]', "blocked: the state could not be read before (gate.mode)", id="protected"),
    ],
)
def test_what_is_protected_is_not_taken_out_of_a_state_that_cannot_be_read(
    gate: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Unit(tmp_path, gate)

    def fails(*_: object) -> None:
        raise StateError("no such luck")

    monkeypatch.setattr("driftgate.wrap.before.look", fails)
    done = unit.dg("terraform", "state", "rm", "terraform_data.y", TF_CLI_ARGS="")

    assert done.returncode == (1 if said else 0)
    assert said in done.stderr


MOVED = """
resource "terraform_data" "z" {{ input = "one" }}
moved {{
  from = terraform_data.x
  to   = terraform_data.z
}}
"""


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [
        pytest.param("", MOVED, "dg: apply cancelled", id="a move is asked about"),
        pytest.param("", 'data "terraform_remote_state" "d" {{\n  backend = "local"\n  config = {{ path = timestamp() != "" ? "{0}" : "" }}\n}}\n', "dg: apply cancelled", id="so is what is read late"),
        pytest.param("approval = true", MOVED, "(gate.approval)", id="a move needs the approval"),
        pytest.param('protected = ["terraform_data.x"]', MOVED, "terraform_data.x is protected", id="a move of what is protected"),
        pytest.param('protected = ["terraform_data.x"]', "removed {{\n  from = terraform_data.x\n  lifecycle {{\n    destroy = false\n  }}\n}}\n", "terraform_data.x is protected", id="what is protected, forgotten"),
    ],
)  # fmt: skip
def test_what_changes_the_state_alone_is_a_change_too(gate: str, code: str, said: str, tmp_path: Path) -> None:
    unit = Unit(tmp_path, gate)
    before = (unit.folder / "terraform.tfstate").read_bytes()
    rest = (
        SOURCE if code.startswith("data") else SOURCE.replace('resource "terraform_data" "x" { input = var.word }', "")
    )
    (unit.folder / "main.tf").write_text(rest + code.format(tmp_path / "other.tfstate"))
    (tmp_path / "other.tfstate").write_bytes(before)

    done = unit.dg("terraform", "apply")

    assert (done.returncode, said in done.stderr) == (1, True), done
    assert (unit.folder / "terraform.tfstate").read_bytes() == before


@pytest.mark.parametrize("given", [False, True], ids=["planned by the gate", "a saved plan"])
def test_a_variable_that_no_plan_keeps_is_there_at_the_apply(given: bool, tmp_path: Path) -> None:
    unit = Unit(tmp_path, "")
    (unit.folder / "main.tf").write_text(SOURCE + 'variable "token" {\n  type      = string\n  ephemeral = true\n}\n')
    token = "-var=token=t"
    if given:
        unit.plan(NEW, token)

    done = unit.dg("terraform", "apply", *([token, "saved"] if given else ["-auto-approve", NEW, token]))

    assert done.returncode == 0, done
    assert unit.word() == "two"


def test_a_module_that_was_cloned_for_a_unit_does_not_bring_its_own_gate(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "max_deletions = 0")
    clone = unit.folder / ".terragrunt-cache/abc/def"
    (clone / ".git").mkdir(parents=True)
    (clone / ".driftgate.toml").write_text('[gate]\nmode = "off"\n')
    for name in ("main.tf", "terraform.tfstate"):
        (clone / name).write_bytes((unit.folder / name).read_bytes())
    terraform(clone, "init")

    done = inside(["terraform", "apply", "-auto-approve", NEW], cwd=clone, env=unit.env)

    assert done.returncode == 1
    assert "blocked: 1 resources are destroyed, at most 0 may be" in done.stderr


def test_what_is_only_watched_is_said_afterwards(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "max_deletions = 0")

    done = unit.dg("--gate", "observe", "terraform", "apply", "-auto-approve", NEW)

    assert done.returncode == 0
    assert unit.word() == "two"
    assert "dg: warning: the gate would have blocked this: 1 resources are destroyed, at most 0 may be" in done.stderr


def test_nothing_of_a_plan_is_left_behind(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "max_deletions = 0")
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    unit.dg("terraform", "apply", "-auto-approve", NEW, TMPDIR=str(temporary))

    assert not [*temporary.iterdir()]
