from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.backend import BackendContract, state
from loopback import Answer, Request, serve
from terraform_cli import needs_terraform, terraform

from driftgate import process
from driftgate.backends.base import Backend, BackendError
from driftgate.backends.registry import open_backend
from driftgate.process import Result
from driftgate.tfexec.binary import Binary, ToolError
from driftgate.unit import BackendConfig

BINARY = Binary("/bin/terraform", "terraform", (1, 11, 4))


class InitialisedStore:
    """A unit with a `local` backend block, read through terraform as if it had no reader of its own."""

    verbatim = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "main.tf").write_text('terraform {\n backend "local" {}\n}\n')
        terraform(folder, "init")

    def put(self, data: bytes, workspace: str = "default") -> None:
        path = (
            self.folder / (f"terraform.tfstate.d/{workspace}" if workspace != "default" else "") / "terraform.tfstate"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def dump(self) -> object:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def open(self, workspace: str = "default") -> Backend:
        backend = BackendConfig("oss", {}, workspace)  # any type without a reader
        return open_backend(backend, unit_dir=self.folder, env=dict(os.environ), runner=process.run)


@needs_terraform
class TestTerraform(BackendContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> InitialisedStore:
        return InitialisedStore(tmp_path)


@pytest.fixture
def http_backend(tmp_path: Path) -> Iterator[tuple[Path, dict[str, Answer]]]:
    """A unit initialised for a real `http` backend whose answer can be changed; opened as a type without a reader."""
    current = {"GET": Answer(404)}

    def answer(request: Request) -> Answer:
        return current.get(request.method, Answer(500))

    with serve(answer) as url:
        (tmp_path / "main.tf").write_text(
            f'terraform {{\n backend "http" {{\n address = "{url}/state"\n retry_max = 0\n}}\n}}\n'
        )
        terraform(tmp_path, "init")
        yield tmp_path, current


@needs_terraform
def test_pulls_a_state_of_a_type_without_a_reader(http_backend: tuple[Path, dict[str, Answer]]) -> None:
    folder, current = http_backend
    backend = open_backend(BackendConfig("oss"), unit_dir=folder, env=dict(os.environ), runner=process.run)
    assert backend.get() is None

    current["GET"] = Answer(200, state(4))
    payload = backend.get()

    assert payload is not None
    assert b'"serial": 4' in payload.data
    assert b"12345678901234567890123456" in payload.data


@needs_terraform
def test_what_terraform_says_becomes_one_line(http_backend: tuple[Path, dict[str, Answer]]) -> None:
    folder, current = http_backend
    current["GET"] = Answer(403)
    backend = open_backend(BackendConfig("oss"), unit_dir=folder, env=dict(os.environ), runner=process.run)

    with pytest.raises(BackendError) as caught:
        backend.get()

    assert caught.value.message.startswith(f"cannot read the oss state of {folder}: `terraform state pull` failed")
    assert "\n" not in caught.value.message
    assert caught.value.next_step


def test_a_unit_that_is_not_initialised_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="is not initialised") as caught:
        open_backend(BackendConfig("oss"), unit_dir=tmp_path, env={}, runner=process.run, binary=BINARY)

    assert caught.value.next_step == f"run `terraform init` in {tmp_path}"


def test_without_a_terraform_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/terraform.tfstate").write_text("{}")

    for env in ({"PATH": ""}, {"PATH": "", "TF_DATA_DIR": ""}):  # an empty variable is none
        with pytest.raises(ToolError, match="PATH"):
            open_backend(BackendConfig("oss"), unit_dir=tmp_path, env=env, runner=process.run)


@pytest.mark.parametrize(
    ("kind", "workspace", "selected"),
    [
        pytest.param("oss", "default", "default", id="default named, whatever is selected"),
        pytest.param("oss", "blue", "blue", id="named"),
    ],
)
def test_says_which_workspace(tmp_path: Path, kind: str, workspace: str, selected: str | None) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/terraform.tfstate").write_text("{}")
    seen: list[tuple[tuple[str, ...], str | None]] = []

    def run(argv: tuple[str, ...], *, cwd: Path, env: dict[str, str], on_line: object = None) -> Result:
        seen.append((tuple(argv[1:3]), env.get("TF_WORKSPACE")))
        return Result(tuple(argv), 0, b"* default\n  blue\n\n\nThe active workspace is overridden\n", b"")

    backend = BackendConfig(kind, {}, workspace)
    env = {"TF_DATA_DIR": str(tmp_path / "data")}
    opened = open_backend(backend, unit_dir=tmp_path, env=env, runner=run, binary=BINARY)  # type: ignore[arg-type]
    with pytest.raises(BackendError):
        opened.get()  # that was no state

    assert {workspace for _, workspace in seen} == {selected}
    assert seen[-1][0] == ("state", "pull")
