"""The plan reader on real terraform; `terraform_data` is built in, so that no provider is needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from driftgate import process
from driftgate.live.base import Reading
from driftgate.live.plan import PlanReader
from driftgate.tfexec.binary import find_binary
from driftgate.tfexec.guard import read_only
from driftgate.unit import BackendConfig, Unit

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")

MAIN = 'variable "v" {\n  default = 1\n}\n\nresource "terraform_data" "x" {\n  input = var.v\n}\n'


def tree_hash(root: Path) -> str:
    """Everything that a leftover would change: names, kinds, modes and bytes."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        digest.update(f"{path.relative_to(root)} {path.lstat().st_mode}".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def terraform(folder: Path, *args: str) -> None:
    subprocess.run(("terraform", *args), cwd=folder, check=True, capture_output=True)


def read(
    root: Path, path: str = ".", *, workspace: str = "default", source: str = "block", **options: object
) -> Reading:
    run = read_only(process.run)
    env = dict(os.environ)
    reader = PlanReader(root, lambda tool: find_binary(env, run=run, tool=tool), env, run, **options)  # type: ignore[arg-type]
    seen: list[str] = []
    reading = reader(Unit(PurePosixPath(path), BackendConfig("local", workspace=workspace, source=source)), seen.append)
    refreshed = (
        0
        if reading.plan is None
        else len(reading.plan.prior_state.get("values", {}).get("root_module", {}).get("resources", []))
    )
    assert len(seen) <= max(refreshed, 1)
    return reading


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "main.tf").write_text(MAIN)
    before = tree_hash(tmp_path)
    yield tmp_path
    if not (tmp_path / ".applied").exists():
        assert tree_hash(tmp_path) == before


@pytest.fixture
def applied(unit: Path) -> Iterator[Path]:
    (unit / ".applied").touch()
    terraform(unit, "init")
    terraform(unit, "apply", "-auto-approve")
    before = tree_hash(unit)
    yield unit
    assert tree_hash(unit) == before


def test_an_applied_unit_plans_to_nothing(applied: Path) -> None:
    reading = read(applied)

    assert reading.plan is not None
    assert reading.errors == reading.notes == ()
    assert [c.change.actions for c in reading.plan.resource_changes] == [("no-op",)]


def test_an_uninitialised_unit_is_prepared_elsewhere(unit: Path) -> None:
    reading = read(unit)

    assert reading.plan is not None
    assert [c.change.actions for c in reading.plan.resource_changes] == [("create",)]


def test_variables_come_from_var_files(unit: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("vars") / "x.tfvars"
    file.write_text("v = 7")

    reading = read(unit, var_files=[str(file)])

    assert reading.plan is not None
    assert reading.plan.resource_changes[0].change.after == {"input": 7, "triggers_replace": None}


def test_the_users_own_plan_arguments_cannot_blind_the_scan(applied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy -refresh=false -lock=true -out=stolen")

    reading = read(applied)

    assert reading.plan is not None
    assert [c.change.actions for c in reading.plan.resource_changes] == [("no-op",)]


def test_a_module_beside_the_unit_is_found_from_the_shadow(tmp_path: Path) -> None:
    (tmp_path / "modules/m").mkdir(parents=True)
    (tmp_path / "live/app").mkdir(parents=True)
    (tmp_path / "modules/m/main.tf").write_text(
        'resource "terraform_data" "x" {\n  input = file("${path.module}/t.txt")\n}\n'
    )
    (tmp_path / "modules/m/t.txt").write_text("text")
    (tmp_path / "live/app/main.tf").write_text('module "m" {\n  source = "../../modules/m"\n}\n')
    before = tree_hash(tmp_path)

    reading = read(tmp_path, "live/app")

    assert reading.plan is not None
    assert reading.plan.resource_changes[0].address == "module.m.terraform_data.x"
    assert tree_hash(tmp_path) == before


def test_outside_of_git_a_module_may_be_above_the_folder_that_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "modules/m").mkdir(parents=True)
    (tmp_path / "live/app").mkdir(parents=True)
    (tmp_path / "modules/m/main.tf").write_text('resource "terraform_data" "x" {}\n')
    (tmp_path / "live/app/main.tf").write_text('module "m" {\n  source = "../../modules/m"\n}\n')

    reading = read(tmp_path / "live/app")

    assert reading.plan is not None, reading.errors
    assert reading.plan.resource_changes[0].address == "module.m.terraform_data.x"


def test_the_workspace_is_the_units(unit: Path) -> None:
    (unit / ".applied").touch()
    terraform(unit, "init")
    terraform(unit, "workspace", "new", "w")
    terraform(unit, "apply", "-auto-approve", "-var", "v=3")
    terraform(unit, "workspace", "select", "default")

    changes = [read(unit, workspace=w).plan.resource_changes[0].change.actions for w in ("default", "w")]  # type: ignore[union-attr]

    assert changes == [("create",), ("update",)]


def test_the_default_workspace_is_read_though_another_is_selected(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (unit / ".applied").touch()
    terraform(unit, "init")
    terraform(unit, "workspace", "new", "w")
    terraform(unit, "apply", "-auto-approve")

    selected = read(unit).plan
    (unit / ".terraform/environment").unlink()
    monkeypatch.setenv("TF_WORKSPACE", "w")
    in_environment = read(unit).plan

    assert [p.resource_changes[0].change.actions for p in (selected, in_environment) if p] == [("create",)] * 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"main.tf": 'resource "terraform_data" {\n}\n'}, "Missing name for resource", id="invalid block"),
        pytest.param({"main.tf": 'variable "v" {}\n'}, "No value for required variable", id="variable without value"),
        pytest.param(
            {"main.tf": MAIN, "terraform.tfstate": '{"version":4,"ser'},
            "could not be parsed as JSON",
            id="truncated state",
        ),
        pytest.param({"main.tf": 'resource "nowhere_x" "y" {}\n'}, "provider", id="provider that does not exist"),
    ],
)
def test_a_failure_is_a_value_with_its_reason(tmp_path: Path, files: dict[str, str], said: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = tree_hash(tmp_path)

    reading = read(tmp_path)

    assert said in " ".join(f"{e.summary} {e.detail}" for e in reading.errors)
    assert tree_hash(tmp_path) == before


def test_a_stale_initialisation_is_made_again_in_private(applied: Path) -> None:
    (applied / "m").mkdir()
    (applied / "m/main.tf").write_text("")
    (applied / "more.tf").write_text('module "m" {\n  source = "./m"\n}\n')
    before = tree_hash(applied)

    reading = read(applied)

    assert reading.plan is not None
    assert not reading.errors
    assert tree_hash(applied) == before
    shutil.rmtree(applied / "m")
    (applied / "more.tf").unlink()


def test_what_init_recorded_of_the_backend_holds_where_init_runs_again(unit: Path) -> None:
    (unit / ".applied").touch()
    (unit / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    terraform(unit, "init", "-backend-config=path=elsewhere.tfstate")
    terraform(unit, "apply", "-auto-approve")
    (unit / "m").mkdir()
    (unit / "m/main.tf").write_text("")
    (unit / "more.tf").write_text('module "m" {\n  source = "./m"\n}\n')

    reading = read(unit, source="initialised")

    assert not reading.errors
    assert reading.plan is not None
    assert [c.change.actions for c in reading.plan.resource_changes] == [("no-op",)]
