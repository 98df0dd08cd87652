"""`dg discover` as a user runs it: formats, exit codes, errors, and no secret in any of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from driftgate.cli.discover import command
from driftgate.errors import DriftgateError

S3 = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    use_lockfile = true\n  }\n}\n'
SECRET = "hunter2-canary"
ADDRESS = f"https://u:{SECRET}@h/s"
WEB = f'terraform {{\n  backend "http" {{\n    address = "{ADDRESS}"\n    password = "{SECRET}"\n  }}\n}}\n'


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [str(root), *arguments], standalone_mode=False)


@pytest.fixture
def root(write: Callable[..., Path]) -> Path:
    reads = 'data "terraform_remote_state" "n" {\n  backend = "s3"\n  config = { bucket = "b", key = "k" }\n}\n'
    return write({
        "net/main.tf": S3,
        "app/main.tf": 'terraform {\n  backend "s3" {}\n}\n' + reads,
        "app/dev.tfbackend": "bucket = 1",
        "app/prod.tfbackend": "bucket = 2",
        "db/main.tf": f'terraform {{\n  backend "pg" {{\n    conn_str = "postgres://u:{SECRET}@h/db"\n  }}\n}}\n',
        "web/main.tf": WEB,
    })  # fmt: skip


TABLE = """\
UNIT  TOOL       BACKEND  WORKSPACE  LOCK           STATE
app   terraform  s3       default    ?              not decided
  · reads net
  ? backend s3: bucket, key not set
  ? choose with --backend-config from app/dev.tfbackend, app/prod.tfbackend
db    terraform  pg       default    advisory lock  pg://h:5432/db/terraform_remote_state.states/default
  · old versions: no
net   terraform  s3       default    lockfile       s3://b/k
  · old versions: bucket setting, not in the configuration
web   terraform  http     default    none           https://h/s
  · old versions: up to the server, not in the configuration

4 units, 1 with something undecided
"""


def test_table(root: Path) -> None:
    result = run(root)

    assert result.stdout == TABLE
    assert result.return_value == 0


def test_json(root: Path) -> None:
    document = json.loads(run(root, "-o", "json").stdout)

    assert list(document) == ["format_version", "root_is_git", "units", "shared_states"]
    assert document["format_version"] == "1.0"
    assert document["root_is_git"] is True
    assert [unit["path"] for unit in document["units"]] == ["app", "db", "net", "web"]
    assert document["units"][2] == {
        "path": "net", "kind": "root-module", "tool": "terraform",
        "backend": {"type": "s3", "source": "block", "workspace": "default",
                    "config": {"bucket": "b", "key": "k", "use_lockfile": True}},
        "identity": "s3://b/k", "object": "k", "lock": "lockfile",
        "versioned": "bucket setting, not in the configuration", "initialised": False, "backend_files": [],
        "dependencies": [], "undecided": [], "error": None,
    }  # fmt: skip
    app = document["units"][0]
    assert app["identity"] is app["object"] is app["lock"] is app["versioned"] is None
    assert app["backend_files"] == ["app/dev.tfbackend", "app/prod.tfbackend"]
    assert app["dependencies"] == [
        {"name": "data.terraform_remote_state.n", "identity": "s3://b/k", "unit": "net", "reason": ""}
    ]


MARKDOWN = """\
### Units and their states: 1 unit

| Unit | Tool | Backend | Workspace | State | Lock | Notes |
| --- | --- | --- | --- | --- | --- | --- |
| `net` | terraform | s3 | `default` | `s3://b/k` | lockfile | old versions: bucket setting, not in the configuration |
"""


def test_markdown_of_one_folder(root: Path) -> None:
    assert run(root / "net", "-o", "markdown").stdout == MARKDOWN


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
def test_no_secret_is_shown(root: Path, output: str) -> None:
    (root / "bad").mkdir()
    (root / "bad" / "main.tf").write_text(f'password = "{SECRET}" }}')

    assert SECRET not in run(root, "-o", output).output


def test_shared_states_are_a_warning_not_an_error(root: Path) -> None:
    (root / "net2").mkdir()
    (root / "net2" / "main.tf").write_text(S3)

    result = run(root)

    assert "one state, several units: s3://b/k\n  ! net, net2\n" in result.stdout
    assert "1 shared state" in result.stdout
    assert result.return_value == 0
    assert "one state, several units" in run(root / "net").stdout
    assert "one state, several units" not in run(root / "db").stdout
    assert "> One state, several units: `s3://b/k` is kept by `net`, `net2`" in run(root, "-o", "markdown").stdout
    shared = json.loads(run(root, "-o", "json").stdout)["shared_states"]
    assert shared == [{"identity": "s3://b/k", "units": ["net", "net2"]}]


def test_a_unit_with_an_error_exits_1_and_all_others_are_shown(root: Path) -> None:
    (root / "net" / "bad.tf").write_text("x = = 1\n")

    result = run(root)

    assert result.return_value == 1
    assert "✗ net/bad.tf:1:5: " in result.stdout
    assert "pg://h:5432" in result.stdout
    assert "**error:** net/bad.tf" in run(root, "-o", "markdown").stdout


def test_no_units_is_an_error(tmp_path: Path) -> None:
    result = run(tmp_path)

    assert isinstance(result.exception, DriftgateError)
    assert "no Terraform root modules in" in result.exception.message


def test_out_file(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out") / "units.json"

    result = run(root, "-o", "json", "--out", str(out))

    assert result.stdout == ""
    assert json.loads(out.read_text())["units"]


def test_items_are_found_from_where_the_user_stands(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "my.tfbackend").write_text('bucket = "mine"\nkey = "x"\n')
    monkeypatch.chdir(root)

    result = run(root / "app", "-o", "json", "--backend-config", "my.tfbackend", "--workspace", "w")

    (app,) = json.loads(result.stdout)["units"]
    assert app["identity"] == "s3://mine/env:/w/x"
    assert app["backend_files"] == ["my.tfbackend"]


def test_changed_since(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".git").rmdir()
    for arguments in (["init"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)

    assert json.loads(run(root, "-o", "json", "--changed-since", "HEAD").stdout)["units"] == []
    (root / "net" / "main.tf").write_text(S3 + "\n")
    result = run(root, "-o", "json", "--changed-since", "HEAD")
    assert [unit["path"] for unit in json.loads(result.stdout)["units"]] == ["net"]
    assert result.return_value == 0


def test_where_a_backend_was_read_is_said(root: Path) -> None:
    record = {"version": 3, "backend": {"type": "s3", "config": {"bucket": "b", "key": "k", "use_lockfile": True}}}
    (root / "net" / ".terraform").mkdir()
    (root / "net" / ".terraform" / "terraform.tfstate").write_text(json.dumps(record))
    (root / "app" / "dev.tfbackend").unlink()
    (root / "plain").mkdir()
    (root / "plain" / "main.tf").write_text('resource "terraform_data" "x" {}\n')

    table = run(root).stdout

    assert "as initialised" in table
    assert "completed with app/prod.tfbackend" in table
    assert "no backend block" in table
