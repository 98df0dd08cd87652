"""`dg terragrunt`: exact argument lists through a fake process, behaviour through a stand-in with real terraforms."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_subprocess import FakeProcess
from terraform_cli import needs_terraform
from wrap.inside import FORKS, inside
from wrap.terminal import CTRL_C, Ended, Session, When, on_terminal

from driftgate import process
from driftgate.wrap.account import Account, Warned
from driftgate.wrap.terragrunt import modern, run_id, summary

ROOT = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "stand_in"
DG = (sys.executable, "-m", "driftgate")


@pytest.mark.parametrize(
    ("said", "line", "ran", "notice"),
    [
        pytest.param(None, "apply", "apply", "", id="a command that both know: the version is not asked"),
        pytest.param("terragrunt version v0.67.1", "run-all apply", "run-all apply", "", id="0.x is left alone"),
        pytest.param("terragrunt version v0.99.4", "run-all apply", "run-all apply", "", id="0.99 too"),
        pytest.param(
            "terragrunt version 1.1.3", "run-all apply -var=p=secret", "run --all -- apply -var=p=secret",
            "dg: Terragrunt 1.1.3 has no run-all; running: terragrunt run --all -- apply -var=p=(sensitive)\n",
            id="1.x: translated, and said",
        ),
        pytest.param("no version", "run-all apply", "run-all apply", "", id="an unknown version is left alone"),
    ],
)  # fmt: skip
def test_the_command_line_that_runs(
    said: str | None, line: str, ran: str, notice: str, fp: FakeProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    if said is not None:
        fp.register(["/bin/terragrunt", "--version"], stdout=said)

    assert modern("/bin/terragrunt", line.split(), {}, run=process.run) == ran.split()
    assert capsys.readouterr().err == notice
    assert capsys.readouterr().out == ""


def test_run_ids_are_distinct_and_sort_by_time() -> None:
    assert run_id() != run_id()
    assert run_id()[:8] <= run_id()[:8]


def test_the_summary_has_units_in_their_order() -> None:
    found = [
        Account("live/b", "terraform apply", 0, "1 added (serial 1 → 2)", ("+ a.b",), "b1"),
        Account("live/a", "terraform apply", 1, warnings=(Warned("what", "do this"),)),
    ]

    assert summary(found) == (
        "dg: live/b: terraform apply: 1 added (serial 1 → 2), backup b1\n"
        "  + a.b\n"
        "dg: live/a: terraform apply: exit 1\n"
        "dg: warning: what\n"
        "  → do this\n"
    )
    assert summary([]) == ""


class Stack:
    """Three units behind the stand-in."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.version = folder, version
        for number, name in enumerate(("net", "data", "app")):
            unit = folder / "live" / f"{number}-{name}"
            unit.mkdir(parents=True)
            (unit / "terragrunt.hcl").write_text("")
            (unit / "main.tf").write_text(f'resource "terraform_data" "{name}" {{\n  input = "{name}"\n}}\n')
        (folder / ".git").mkdir()

    @property
    def live(self) -> Path:
        return self.folder / "live"

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ, "PATH": f"{STAND_IN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "STAND_IN_VERSION": self.version, "HOME": str(self.folder / "home"), "TF_CLI_ARGS": "-no-color",
        }  # fmt: skip

    def run(self, prefix: tuple[str, ...], *args: str, script: tuple[When, ...] = ()) -> Ended:
        argv = (*prefix, "terragrunt", *args)
        return on_terminal(argv, cwd=self.live, env=self.env, stderr=self.folder / "stderr", script=script)

    def audit(self) -> list[dict[str, object]]:
        log = self.folder / "home/.local/state/driftgate/audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def serials(self) -> list[int]:
        states = sorted(self.live.glob("*/terraform.tfstate"))
        return [json.loads(path.read_text())["serial"] for path in states]


@pytest.fixture
def stack(tmp_path: Path) -> Callable[[str], Stack]:
    return lambda version: Stack(tmp_path / version, version)


Make = Callable[[str], Stack]
GENERATIONS = [
    pytest.param("0.67.1", ("run-all", "apply"), id="0.x run-all"),
    pytest.param("1.1.3", ("run", "--all", "--", "apply"), id="1.x run --all"),
    pytest.param("1.1.3", ("run-all", "apply"), id="1.x run-all, translated"),
]


@FORKS
@pytest.mark.acceptance
@needs_terraform
@pytest.mark.parametrize(("version", "args"), GENERATIONS)
def test_every_unit_has_its_account_under_one_run_id(version: str, args: tuple[str, ...], stack: Make) -> None:
    units = stack(version)

    ended = inside(("terragrunt", *args), cwd=units.live, env=units.env)

    assert ended.returncode == 0, ended
    said = ended.stderr
    heads = [line for line in said.splitlines() if "added" in line]
    assert heads == [
        f"dg: live/{unit}: terraform apply: 1 added (a new state, serial 1)" for unit in ("0-net", "1-data", "2-app")
    ]
    assert ("has no run-all" in said) == (version == "1.1.3" and args[0] == "run-all")
    assert "dg:" not in ended.stdout
    records = units.audit()
    assert len({str(record["run"]) for record in records}) == 1
    assert len(records) == 3


@FORKS
@pytest.mark.acceptance
@needs_terraform
def test_files_that_the_command_line_names_are_those_where_it_stands(stack: Make) -> None:
    units = stack("0.67.1")
    (units.live / "my.toml").write_text('[gate]\nmode = "off"\n')
    env = units.env | {"DG_AUDIT_PATH": "log/audit.jsonl"}

    ended = inside(("--config", "my.toml", "terragrunt", "run-all", "apply"), cwd=units.live, env=env)

    assert ended.returncode == 0, ended
    assert len((units.live / "log/audit.jsonl").read_text().splitlines()) == 3


@pytest.mark.acceptance
@needs_terraform
def test_a_unit_that_fails_is_named_and_the_exit_code_is_terragrunts(stack: Make) -> None:
    units = stack("1.1.3")
    (units.live / "1-data/main.tf").write_text(
        'resource "terraform_data" "x" {\n  lifecycle {\n    precondition {\n      condition = 1 > terraform_data.y.output\n      error_message = "no"\n    }\n  }\n}\nresource "terraform_data" "y" {\n  input = 2\n}\n'
    )

    bare = units.run((), "run", "--all", "--", "apply")
    for state in units.live.glob("*/terraform.tfstate*"):
        state.unlink()
    ended = units.run(DG, "run", "--all", "--", "apply")

    assert ended.code == bare.code == 1
    assert "dg: live/1-data: terraform apply: " in ended.stderr.decode()
    assert "dg: live/2-app: terraform apply: 1 added" in ended.stderr.decode()


@pytest.mark.acceptance
@needs_terraform
@pytest.mark.parametrize("args", [("plan",), ("run", "--all", "--", "plan"), ("run", "--all", "--", "output", "-json")])
def test_what_changes_nothing_is_bare_terragrunt(args: tuple[str, ...], stack: Make) -> None:
    units = stack("1.1.3")
    (units.live / "main.tf").write_text("")

    bare = units.run((), *args)
    ended = units.run(DG, *args)

    assert (ended.code, ended.screen) == (bare.code, bare.screen)
    assert units.audit() == []


def test_its_version_comes_first(stack: Make) -> None:
    ended = stack("1.1.3").run(DG, "--version")

    assert (ended.code, ended.screen, ended.stderr) == (0, b"terragrunt version 1.1.3\r\n", b"")


@pytest.mark.acceptance
@needs_terraform
def test_an_interrupt_stops_every_unit_gracefully(stack: Make) -> None:
    units = stack("1.1.3")
    for main in units.live.glob("*/main.tf"):
        text = main.read_text().rstrip("}\n")
        main.write_text(text + '\n  provisioner "local-exec" {\n    command = "touch begun; sleep 20"\n  }\n}\n')

    def all_begun() -> bool:
        return len([*units.live.glob("*/begun")]) == 3

    def press(session: Session) -> None:
        session.type(CTRL_C)

    ended = units.run(DG, "run", "--all", "--", "apply", script=(When(all_begun, press),))

    assert ended.code == 1
    assert ended.screen.count(b"Interrupt received") == 3
    assert b"Two interrupts" not in ended.screen
    assert not [*units.live.glob("*/.terraform.tfstate.lock.info")]
    assert len(units.serials()) == 3
    assert ended.stderr.decode().count("terraform apply: 1 added") == 3


@pytest.mark.acceptance
@needs_terraform
@pytest.mark.skipif(
    shutil.which("terragrunt") is None,
    reason="terragrunt is not on PATH: https://terragrunt.gruntwork.io/docs/getting-started/install",
)
@pytest.mark.parametrize("args", [("run", "--all", "--non-interactive", "--", "apply"), ("run-all", "apply", "--terragrunt-non-interactive")])  # fmt: skip
def test_a_real_terragrunt(args: tuple[str, ...], tmp_path: Path) -> None:
    units = Stack(tmp_path, "real")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "home")}

    ended = on_terminal((*DG, "terragrunt", *args), cwd=units.live, env=env, stderr=tmp_path / "stderr")

    assert ended.code == 0, ended
    assert units.serials() == [1, 1, 1]
    assert ended.stderr.decode().count("1 added") == 3
    assert len(units.audit()) == 3
