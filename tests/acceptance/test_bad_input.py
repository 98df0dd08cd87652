"""Whatever cannot be read is one line of cause and the next step, never a traceback and never "no drift"."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from acceptance.bad_units import BAD_UNITS, BUCKET, GOOD_UNITS, RESOURCE, BadUnit, in_bucket
from acceptance.cloud_lab import Aws, Run, base_env, dg, must, tree_hash
from acceptance.denying_server import denying_server
from aws_server import aws_env, start_aws

from driftgate.report.json_report import schema

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-bad-input")]
needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")


@dataclass(frozen=True)
class World:
    """A git repo of good and bad units, applied where that can be, and an environment to scan it in."""

    repo: Path
    env: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bad")
    env = base_env(folder / "home")
    mirror = folder / "empty-mirror"
    mirror.mkdir()
    config = folder / "cli.tfrc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    env["TF_CLI_CONFIG_FILE"] = str(config)
    repo = folder / "repo"
    repo.mkdir()
    must(["git", "init", "-q"], cwd=repo, env=env)
    with start_aws() as endpoint:
        env |= aws_env(endpoint)
        s3 = Aws(endpoint).s3
        s3.create_bucket(Bucket=BUCKET)
        for unit in BAD_UNITS:
            _write(repo / unit.path, unit.files)
            if unit.state is not None:
                s3.put_object(Bucket=BUCKET, Key=f"{Path(unit.path).name}.tfstate", Body=unit.state.encode())
        for path, text in GOOD_UNITS.items():
            _write(repo / path, {"main.tf": text})
            must(["terraform", "init", "-input=false"], cwd=repo / path, env=env)
            must(["terraform", "apply", "-auto-approve", "-input=false"], cwd=repo / path, env=env)
        yield World(repo, env)


@dataclass(frozen=True)
class Scans:
    """The whole repo as JSON, the bad units as a table, and the tree's hash before and after."""

    json: Run
    table: Run
    tree: tuple[str, str]


@pytest.fixture(scope="module")
def scans(world: World) -> Scans:
    before = tree_hash(world.repo)
    whole = dg("drift", "scan", "-o", "json", cwd=world.repo, env=world.env)
    table = dg("drift", "scan", "bad", cwd=world.repo, env=world.env | {"COLUMNS": "300"})
    return Scans(whole, table, (before, tree_hash(world.repo)))


@needs_terraform
@pytest.mark.parametrize("path", GOOD_UNITS)
def test_a_failing_unit_hides_no_other(scans: Scans, path: str) -> None:
    unit = scans.json.unit(path)

    assert (unit["status"], unit["error"], unit["findings"]) == ("ok", None, [])
    assert unit["checked"] == 1


@needs_terraform
@pytest.mark.parametrize("bad", BAD_UNITS, ids=lambda bad: bad.path.removeprefix("bad/"))
def test_says_the_cause_and_the_next_step(scans: Scans, bad: BadUnit) -> None:
    unit = scans.json.unit(bad.path)

    assert unit["status"] == "error"
    assert re.search(bad.cause, unit["error"])
    assert re.search(bad.next_step, unit["next_step"])
    assert "\n" not in unit["error"]
    assert "bug in driftgate" not in unit["error"]


@needs_terraform
@pytest.mark.parametrize("bad", BAD_UNITS, ids=lambda bad: bad.path.removeprefix("bad/"))
def test_the_table_says_so_too(scans: Scans, bad: BadUnit) -> None:
    said = " ".join(scans.table.said.split())

    assert bad.path in said
    assert re.search(bad.cause, said)
    assert re.search(bad.next_step, said)


@needs_terraform
def test_exits_1_without_a_traceback_and_never_says_no_drift(scans: Scans) -> None:
    assert scans.json.code == 1
    assert scans.table.code == 1
    assert "Traceback" not in scans.json.said + scans.table.said
    assert not re.search(r"no drift|\bclean\b|in sync", scans.table.said, re.IGNORECASE)


@needs_terraform
def test_the_report_keeps_to_its_schema(scans: Scans) -> None:
    jsonschema.validate(scans.json.json, schema())


@needs_terraform
def test_leaves_the_tree_as_it_was(scans: Scans) -> None:
    assert scans.tree[0] == scans.tree[1]


@needs_terraform
@pytest.mark.parametrize(
    ("code", "cause", "next_step"),
    [
        ("ExpiredToken", r"expired", r"sign in|credentials|token"),
        ("AccessDenied", r"denied", r"grant|identity|permission|who you are"),
    ],
)
def test_refused_credentials(tmp_path: Path, code: str, cause: str, next_step: str) -> None:
    env = base_env(tmp_path / "home")
    _write(tmp_path / "repo" / "live", {"main.tf": in_bucket("app")})
    (tmp_path / "repo" / ".git").mkdir()
    with denying_server(code) as endpoint:
        env |= aws_env(endpoint)
        whole = dg("drift", "scan", "-o", "json", cwd=tmp_path / "repo", env=env)
        table = dg("drift", "scan", cwd=tmp_path / "repo", env=env | {"COLUMNS": "300"})
    unit = whole.unit("live")

    assert (whole.code, table.code, unit["status"]) == (1, 1, "error")
    assert re.search(cause, unit["error"], re.IGNORECASE)
    assert re.search(next_step, unit["next_step"])
    assert re.search(cause, table.said, re.IGNORECASE)
    assert "Traceback" not in whole.said + table.said
    assert not re.search(r"no drift|\bclean\b|in sync", table.said, re.IGNORECASE)


@dataclass(frozen=True)
class BadCall:
    """A call that cannot work: its arguments, what stands in the folder, and what stderr must say."""

    id: str
    arguments: tuple[str, ...]
    cause: str
    next_step: str
    files: tuple[tuple[str, str], ...] = ()
    path: str | None = None


NO_TERRAFORM = (("main.tf", RESOURCE),)
# fmt: off
BAD_CALLS = (
    BadCall("empty folder", ("live",), r"no Terraform root modules in .*live", r"name a folder",
            (("live/README", ""),)),
    BadCall("no repo at all", (), r"no Terraform root modules", r"name a folder"),
    BadCall("a file", ("notes.txt",), r"notes\.txt is a file", r"folder", (("notes.txt", ""),)),
    BadCall("no such folder", ("nowhere",), r"nowhere does not exist", r"folder"),
    BadCall("no terraform", (), r"terraform.* not on PATH", r"install|--plan-json", NO_TERRAFORM, path="/nonexistent"),
    BadCall("plan is not JSON", ("--plan-json", "p"), r"not a Terraform JSON plan", r"terraform show -json",
            (("p", "PK"),)),
    BadCall("plan is a state", ("--plan-json", "p"), r"not a Terraform JSON plan", r"terraform show -json",
            (("p", '{"version": 4}'),)),
    BadCall("plan is missing", ("--plan-json", "p"), r"cannot read p", r"exists"),
)
# fmt: on


@pytest.mark.parametrize("call", BAD_CALLS, ids=lambda call: call.id)
@pytest.mark.parametrize("output", ["table", "json"])
def test_calls_that_cannot_work(tmp_path: Path, call: BadCall, output: str) -> None:
    repo = tmp_path / "repo"
    _write(repo, dict(call.files))
    env = base_env(tmp_path / "home") | ({"PATH": call.path} if call.path else {})
    done = dg("drift", "scan", "-o", output, *call.arguments, cwd=repo, env=env)

    assert done.code == 1
    assert re.search(call.cause, done.stderr)
    assert re.search(call.next_step, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
