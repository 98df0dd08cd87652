from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env, start_aws
from state.documents import document, instance, resource
from terraform_cli import apply, needs_terraform, terraform

from driftgate.cli.main import main
from driftgate.errors import ExitCode

SECRET = "hunter2-hunter2"
SOURCE = f"""
variable "pw" {{
  sensitive = true
  default   = "{SECRET}"
}}
resource "terraform_data" "a" {{
  count = 2
  input = {{ pw = var.pw, open = "shown" }}
}}
output "pw" {{
  value     = var.pw
  sensitive = true
}}
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo with a real state in `live/app` and a unit without one in `live/new`."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    root = tmp_path_factory.mktemp("repo")
    (root / ".git").mkdir()
    apply(root / "live/app", SOURCE)
    (root / "live/new").mkdir()
    (root / "live/new/main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    return root


@pytest.fixture
def app(applied: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in the unit that has a state."""
    monkeypatch.chdir(applied / "live/app")
    return applied / "live/app"


@pytest.fixture
def dg(capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """Run `dg`: exit code, stdout bytes, stderr text."""

    def run(*argv: str) -> tuple[int, bytes, str]:
        code = main(argv)
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.mark.parametrize(
    "target", [(), (".",), ("../app",), ("terraform.tfstate",)], ids=["here", "dot", "path", "file"]
)
def test_list(app: Path, dg: Any, target: tuple[str, ...]) -> None:
    code, out, err = dg("state", "list", *target)

    assert (code, out.decode().split(), err) == (0, ["terraform_data.a[0]", "terraform_data.a[1]"], "")


def test_list_json(app: Path, dg: Any) -> None:
    code, out, _ = dg("state", "list", "-o", "json")
    found = json.loads(out)

    assert code == 0
    assert found["format_version"] == "1.0"
    assert [r["address"] for r in found["resources"]] == ["terraform_data.a[0]", "terraform_data.a[1]"]
    assert found["serial"] == json.loads((app / "terraform.tfstate").read_bytes())["serial"]


def test_show_masks_what_is_sensitive(app: Path, dg: Any) -> None:
    code, out, _ = dg("state", "show", "terraform_data.a[1]")

    assert code == 0
    assert out.startswith(b"# terraform_data.a[1]\n")
    assert b'"open": "shown"' in out
    assert b'"pw": "(sensitive)"' in out
    assert SECRET.encode() not in out


def test_show_every_instance_as_json(app: Path, dg: Any) -> None:
    _, out, _ = dg("state", "show", "terraform_data.a", "-o", "json", "--unit", "terraform.tfstate")
    found = json.loads(out)

    assert [i["address"] for i in found["instances"]] == ["terraform_data.a[0]", "terraform_data.a[1]"]
    assert SECRET.encode() not in out
    assert found["instances"][0]["attributes"]["input"]["value"] == {"open": "shown", "pw": "(sensitive)"}


def test_show_reveal(app: Path, dg: Any) -> None:
    _, out, _ = dg("state", "show", "terraform_data.a[0]", "--reveal")

    assert SECRET.encode() in out


def test_what_is_revealed_in_a_file_is_its_owners_alone(app: Path, dg: Any, tmp_path: Path) -> None:
    code, _, _ = dg("state", "show", "terraform_data.a[0]", "--reveal", "--out", str(tmp_path / "shown"))

    assert (code, stat.S_IMODE((tmp_path / "shown").stat().st_mode)) == (0, 0o600)


def test_what_a_state_says_does_not_reach_the_terminal_as_controls(tmp_path: Path, dg: Any) -> None:
    file = tmp_path / "odd.tfstate"
    found = instance(index_key="\x1b]0;owned\x07\u202ek", name="\x9b31m\u202egnp")
    file.write_bytes(document(resource("a", found)))
    for words in (("list",), ("show", "aws_x.a", "--unit"), ("pull",)):
        for output in ((), ("-o", "json")) if words[0] != "pull" else ((),):
            code, out, err = dg("state", *words, str(file), *output)

            assert code == 0
            assert not set("\x1b\x07\x9b\u202e") & set(out.decode() + err)
    assert json.loads(out)["resources"][0]["instances"][0]["index_key"] == "\x1b]0;owned\x07\u202ek"


@pytest.mark.parametrize(
    "words",
    [("show", 'aws_x.a["hunter"]', "--unit"), ("rm", 'aws_x.a["hunter"]', "--unit"), ("pull",)],
    ids=["show", "rm", "pull"],
)
def test_a_secret_that_is_a_name_too_is_masked(tmp_path: Path, dg: Any, words: tuple[str, ...]) -> None:
    """In the address that is meant perhaps, in the name of an output."""
    file = tmp_path / "odd.tfstate"
    outputs = {SECRET: {"value": "x", "type": "string"}}
    file.write_bytes(document(resource("a", instance(index_key=SECRET, password=SECRET)), outputs=outputs))
    _, out, err = dg("state", *words, str(file))

    assert "(sensitive)" in out.decode() + err
    assert SECRET not in out.decode() + err


def test_show_what_is_not_there(app: Path, dg: Any) -> None:
    code, out, err = dg("state", "show", "terraform_data.b")

    assert (code, out) == (ExitCode.ERROR, b"")
    assert "no terraform_data.b in this state" in err
    assert "did you mean terraform_data.a[" in err


def test_show_an_address_that_is_none(app: Path, dg: Any) -> None:
    code, _, err = dg("state", "show", "terraform_data")

    assert code == ExitCode.USAGE
    assert "not a resource address: terraform_data" in err


def test_pull_masks_and_keeps_the_rest(app: Path, dg: Any) -> None:
    code, out, _ = dg("state", "pull")
    found, stored = json.loads(out), json.loads((app / "terraform.tfstate").read_bytes())

    assert code == 0
    assert SECRET.encode() not in out
    assert found["outputs"]["pw"]["value"] == "(sensitive)"
    assert (found["serial"], found["lineage"], found["resources"][0]["type"]) == (
        stored["serial"],
        stored["lineage"],
        "terraform_data",
    )


def test_pull_reveal_gives_the_exact_bytes(app: Path, dg: Any) -> None:
    code, out, err = dg("state", "pull", "--reveal")

    assert (code, out, err) == (0, (app / "terraform.tfstate").read_bytes(), "")


@pytest.mark.parametrize("command", [("list",), ("pull",), ("pull", "--reveal"), ("show", "a.b", "--unit")])
def test_no_state_yet_is_said_and_is_no_error(applied: Path, dg: Any, command: tuple[str, ...]) -> None:
    code, out, err = dg("state", *command, str(applied / "live/new"))

    assert (code, out) == (0, b"")
    assert "does not exist yet: nothing has been applied" in err


def test_no_state_yet_as_json(applied: Path, dg: Any) -> None:
    code, out, _ = dg("state", "list", "-o", "json", str(applied / "live/new"))

    assert code == 0
    assert json.loads(out)["resources"] == []


def test_an_empty_file(tmp_path: Path, dg: Any) -> None:
    (tmp_path / "e.tfstate").touch()
    code, out, err = dg("state", "list", str(tmp_path / "e.tfstate"))

    assert (code, out) == (1, b"")
    assert "is empty (0 bytes)" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"version": 4, "serial"', "is cut off"),
        (b"<html></html>", "an HTML or XML page"),
        (b'{"version":3,"backend":{"type":"s3"}}', "backend settings"),
        (b'{"encryption_version":"v0"}', "encrypted by OpenTofu"),
        (b'{"version":9}', "state format 9"),
    ],
)
@pytest.mark.parametrize("command", [("list",), ("pull",), ("pull", "--reveal")])
def test_what_is_no_state_is_one_line_with_a_next_step(
    tmp_path: Path, dg: Any, content: bytes, message: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "x").write_bytes(content)
    code, out, err = dg("state", *command, str(tmp_path / "x"))

    assert (code, out) == (ExitCode.ERROR, b"")
    assert message in err
    assert "→" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("target", "message"),
    [("nowhere", "nowhere does not exist"), ("live", "live is not a unit"), ("empty", "empty is not a unit")],
)
def test_a_target_that_is_no_unit(
    applied: Path, dg: Any, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    monkeypatch.chdir(applied)
    (applied / "empty").mkdir(exist_ok=True)
    code, _, err = dg("state", "list", target)

    assert code == ExitCode.ERROR
    assert message in err
    if target == "live":
        assert "live/app, live/new" in err


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A repo whose unit keeps its state in S3, in two workspaces."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    root = tmp_path_factory.mktemp("remote")
    (root / ".git").mkdir()
    with start_aws() as endpoint:
        env = aws_env(endpoint)
        s3 = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )
        s3.create_bucket(Bucket="states")
        s3.close()
        block = (
            'terraform {\n  backend "s3" {\n    bucket = "states"\n    key = "app"\n    region = "us-east-1"\n  }\n}\n'
        )
        apply(root / "app", block + SOURCE, env=env)
        terraform(root / "app", "workspace", "new", "blue", env=env)
        terraform(root / "app", "workspace", "select", "default", env=env)
        yield root, env


@needs_terraform
def test_states_in_s3(remote: tuple[Path, dict[str, str]], dg: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    root, env = remote
    monkeypatch.chdir(root)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert dg("state", "list", "app")[1].decode().split() == ["terraform_data.a[0]", "terraform_data.a[1]"]
    assert SECRET.encode() not in dg("state", "pull", "app")[1]
    assert dg("state", "list", "app", "--workspace", "blue") == (0, b"", "")
    code, _, err = dg("state", "list", "app", "--workspace", "green")
    assert code == 0
    assert "s3://states/env:/green/app" in err
    assert "does not exist yet" in err
