from __future__ import annotations

import os
from pathlib import Path

import pytest
from contract.backend import BackendContract, state
from terraform_cli import apply, needs_terraform, terraform

from driftgate import process
from driftgate.backends.base import Backend, BackendError
from driftgate.backends.registry import open_backend
from driftgate.state.parse import parse_state
from driftgate.unit import BackendConfig


def open_local(unit_dir: Path, workspace: str = "default", **config: object) -> Backend:
    return open_backend(BackendConfig("local", config, workspace), unit_dir=unit_dir, env={}, runner=process.run)


class LocalStore:
    verbatim = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, workspace: str = "default") -> None:
        path = (
            self.folder / (f"terraform.tfstate.d/{workspace}" if workspace != "default" else "") / "terraform.tfstate"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def dump(self) -> object:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def open(self, workspace: str = "default") -> Backend:
        return open_local(self.folder, workspace)


class TestLocal(BackendContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path)


@pytest.mark.parametrize(
    ("config", "workspace", "file"),
    [
        pytest.param({}, "default", "terraform.tfstate", id="defaults"),
        pytest.param({"path": "states/app.tfstate"}, "default", "states/app.tfstate", id="path"),
        pytest.param({"path": "../shared.tfstate"}, "default", "../shared.tfstate", id="path outside the unit"),
        pytest.param({"path": None, "workspace_dir": None}, "default", "terraform.tfstate", id="unset in .terraform"),
        pytest.param(
            {"path": "x.tfstate"}, "w", "terraform.tfstate.d/w/terraform.tfstate", id="workspace ignores path"
        ),
        pytest.param({"workspace_dir": "ws"}, "w", "ws/w/terraform.tfstate", id="workspace_dir"),
        pytest.param({"workspace_dir": "ws"}, "default", "terraform.tfstate", id="workspace_dir, default workspace"),
    ],
)
@needs_terraform
def test_reads_the_file_that_terraform_writes(
    tmp_path: Path, config: dict[str, object], workspace: str, file: str
) -> None:
    unit = tmp_path / "unit"
    settings = "".join(f'{name} = "{value}"\n' for name, value in config.items() if value)
    unit.mkdir()
    (unit / "main.tf").write_text(
        f'terraform {{\n backend "local" {{\n{settings}}}\n}}\noutput "o" {{\n value = 1\n}}\n'
    )
    terraform(unit, "init")
    env = {}
    if workspace != "default":
        terraform(unit, "workspace", "new", workspace)
        env = {"TF_WORKSPACE": workspace}
    terraform(unit, "apply", "-auto-approve", env=env)

    payload = open_local(unit, workspace, **config).get()

    assert payload is not None
    assert payload.data == (unit / file).read_bytes()
    assert list(parse_state(payload.data).outputs) == ["o"]


def test_an_absolute_path_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "s.tfstate").write_bytes(state(1))
    payload = open_local(Path("/nowhere"), path=str(tmp_path / "s.tfstate")).get()

    assert payload is not None


def test_a_folder_in_the_place_of_the_state_is_an_error_not_an_empty_state(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").mkdir()

    with pytest.raises(BackendError, match=r"cannot read .*terraform\.tfstate: Is a directory"):
        open_local(tmp_path).get()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(state(1))
    (tmp_path / "terraform.tfstate").chmod(0)

    with pytest.raises(BackendError, match="Permission denied"):
        open_local(tmp_path).get()


@needs_terraform
def test_a_state_of_a_unit_without_a_backend_block(tmp_path: Path) -> None:
    apply(tmp_path, 'resource "terraform_data" "a" {\n}\n')
    payload = open_local(tmp_path).get()

    assert payload is not None
    assert [i.label for i in parse_state(payload.data).instances()] == ["terraform_data.a"]
