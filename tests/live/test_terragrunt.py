"""Terragrunt units planned by real terraform, without Terragrunt."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terraform_cli import needs_terraform
from terragrunt.repo import apply_unit, lay_out

from driftgate.cli.main import main
from driftgate.errors import ExitCode
from driftgate.live.fetch import module_call

Dg = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def dg(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Dg:
    """Run `dg`: exit code, the JSON on stdout, stderr text."""
    monkeypatch.setenv("DG_DRIFT_TERRAGRUNT", "native")

    def run(*argv: str) -> tuple[int, Any, str]:
        code = main(argv)
        out, err = capfdbinary.readouterr()
        return code, json.loads(out or b"null"), err.decode()

    return run


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repo with both units applied, the second with the first's real outputs."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    root = lay_out(tmp_path_factory.mktemp("terragrunt") / "repo")
    apply_unit(root, "live/net", tmp_path_factory.mktemp("net"))
    apply_unit(root, "live/app", tmp_path_factory.mktemp("app"))
    return root


def units(document: dict[str, Any]) -> dict[str, Any]:
    return {unit["path"]: unit for unit in document["units"]}


@needs_terraform
def test_applied_units_are_clean(applied: Path, dg: Dg) -> None:
    code, document, _ = dg("drift", "scan", str(applied), "-o", "json")

    assert code == ExitCode.CLEAN
    assert {path: (u["status"], u["checked"]) for path, u in units(document).items()} == {
        "live/app": ("ok", 2),
        "live/net": ("ok", 1),
    }
    assert not any((applied / unit / ".terraform").exists() for unit in ("live/net", "live/app", "modules/net"))
    assert not list(applied.rglob("backend.tf"))


@needs_terraform
def test_render_reads_outputs_from_states(applied: Path, dg: Dg) -> None:
    code, document, err = dg("render", str(applied / "live/app"), "-o", "json", "--read-outputs")

    assert code == ExitCode.CLEAN
    assert document["inputs"]["net"] == "net-prod"
    assert document["inputs"]["zones"] == ["a", "b"]
    assert "mock" not in err
    assert "hunter2-canary" not in json.dumps(document)


@needs_terraform
def test_render_reveals_secrets_only_when_asked(applied: Path, dg: Dg) -> None:
    _, document, _ = dg("render", str(applied / "live/app"), "-o", "json", "--read-outputs", "--reveal")

    assert document["dependency"]["net"]["outputs"]["password"] == "hunter2-canary"


@needs_terraform
def test_a_unit_on_mocks_is_flagged(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")

    _, document, _ = dg("drift", "scan", str(root / "live/app"), "-o", "json")

    (unit,) = document["units"]
    assert "planned with mock outputs of dependency.net: what depends on them is not the truth" in unit["notes"]


@needs_terraform
def test_a_unit_that_cannot_be_laid_out_does_not_stop_the_others(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    (root / "live/far").mkdir()
    (root / "live/far/terragrunt.hcl").write_text('terraform {\n  source = "git::file:///nowhere/m.git"\n}\n')
    (root / "live/cmd").mkdir()
    (root / "live/cmd/terragrunt.hcl").write_text(
        'terraform {\n  source = "../../modules//net"\n}\ninputs = { env = run_cmd("date") }\n'
    )

    code, document, _ = dg("drift", "scan", str(root), "-o", "json")

    found = units(document)
    assert code == ExitCode.ERROR
    assert found["live/net"]["status"] == "ok"
    assert "the module git::file:///nowhere/m.git could not be fetched" in found["live/far"]["error"]
    assert "input `env` is not known: run_cmd() is not executed" in found["live/cmd"]["error"]


@needs_terraform
def test_fail_fast_starts_no_further_unit(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    (root / "live/a").mkdir()
    (root / "live/a/terragrunt.hcl").write_text('terraform {\n  source = "git::file:///nowhere/m.git"\n}\n')

    _, document, _ = dg("drift", "scan", str(root), "-o", "json", "--fail-fast", "--parallelism", "1")

    found = units(document)
    assert "could not be fetched" in found["live/a"]["error"]
    assert {found[path]["error"] for path in ("live/app", "live/net")} == {
        "not read: another unit could not be read before it"
    }


@needs_terraform
def test_only_the_chosen_units_with_what_the_command_line_sets(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    text = 'feature "env" {\n  default = "x"\n}\nterraform {\n  source = "../../modules//net"\n}\n'
    (root / "live/flag").mkdir()
    (root / "live/flag/terragrunt.hcl").write_text(text + 'inputs = { env = run_cmd("echo", feature.env.value) }\n')

    argv = ("drift", "scan", str(root), "-o", "json", "--include", "live/flag", "--feature", "env=y", "--allow-exec")
    _, document, _ = dg(*argv)

    assert {path: unit["status"] for path, unit in units(document).items()} == {"live/flag": "ok"}


@needs_terraform
def test_outputs_are_those_of_the_workspace_that_is_asked_for(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    where = 'config = { path = "${get_parent_terragrunt_dir()}/states/${path_relative_to_include()}/terraform.tfstate"'
    spaces = 'workspace_dir = "${get_parent_terragrunt_dir()}/states/${path_relative_to_include()}"'
    text = (root / "root.hcl").read_text()
    (root / "root.hcl").write_text(text.replace(where, f"{where}, {spaces}"))
    state = '{{"version": 4, "serial": 1, "lineage": "{0}", "resources": [], "outputs": {1}}}'
    outputs = '{{"id": {{"value": "{}", "type": "string"}}, "zones": {{"value": ["a"], "type": ["list", "string"]}}}}'
    for name in ("net/terraform.tfstate", "net/w/terraform.tfstate", "app/w/terraform.tfstate"):
        file = root / "states/live" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(state.format(name, outputs.format("of-w" if "/w/" in name else "of-default")))

    chosen = ("--no-ledger", "--workspace", "w", "--include", "live/app")
    _, document, _ = dg("drift", "scan", str(root), "-o", "json", *chosen)

    (finding,) = units(document)["live/app"]["findings"]
    assert finding["attributes"][0]["planned"]["input"] == "prod-of-w-a"


@needs_terraform
def test_a_dependency_whose_state_cannot_be_read_leaves_its_dependents_unread(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    (root / "states/live/net").mkdir(parents=True)
    (root / "states/live/net/terraform.tfstate").write_text("no state at all")

    code, document, _ = dg("drift", "scan", str(root), "-o", "json", "--include", "live/app")

    (unit,) = document["units"]
    assert code == ExitCode.ERROR
    assert "input `net` is not known: dependency.net.outputs: the state of live/net was not read" in unit["error"]


@needs_terraform
def test_a_sensitive_input_is_in_no_report(tmp_path: Path, dg: Dg) -> None:
    root = lay_out(tmp_path / "repo")
    unit = root / "live/net/terragrunt.hcl"
    unit.write_text(unit.read_text() + 'inputs = { env = sensitive("open-sesame-7") }\n')

    _, document, err = dg("drift", "scan", str(root), "-o", "json", "--include", "live/net")

    assert units(document)["live/net"]["status"] == "ok"
    assert "open-sesame-7" not in json.dumps(document) + err
    assert document["summary"]["redactions"] > 0


@needs_terraform
def test_modules_elsewhere_are_fetched_once(tmp_path: Path, dg: Dg) -> None:
    remote = tmp_path / "remote"
    shutil.copytree(lay_out(tmp_path / "source") / "modules", remote)
    (remote / "net/version.tf").write_text('output "version" {\n  value = "v1"\n}\n')
    git(remote, "init", "-q")
    git(remote, "add", ".")
    git(remote, "commit", "-qm", "one")
    git(remote, "tag", "v1")
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    for name in ("a", "b"):
        (root / name).mkdir()
        (root / name / "terragrunt.hcl").write_text(
            f'terraform {{\n  source = "git::file://{remote}//net?ref=v1"\n}}\ninputs = {{ env = "{name}" }}\n'
        )

    code, document, _ = dg("drift", "scan", str(root), "-o", "json")

    assert code == ExitCode.CLEAN
    assert {path: (u["status"], u["checked"]) for path, u in units(document).items()} == {
        "a": ("ok", 1),
        "b": ("ok", 1),
    }


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


CALLS = {
    "git": ("git::https://h/r.git//m?ref=v1", 'module "unit" {\n  source = "git::https://h/r.git//m?ref=v1"\n}\n'),
    "registry": (
        "tfr:///ns/name/aws//sub?version=1.2.3",
        'module "unit" {\n  source  = "ns/name/aws//sub"\n  version = "1.2.3"\n}\n',
    ),
    "registry of one's own": (
        "tfr://r.example.com/ns/name/aws?version=1.0.0",
        'module "unit" {\n  source  = "r.example.com/ns/name/aws"\n  version = "1.0.0"\n}\n',
    ),
    "what would end the string": ('x"\n${y}', 'module "unit" {\n  source = "x\\"\\n$${y}"\n}\n'),
}


@pytest.mark.parametrize(("source", "text"), CALLS.values(), ids=CALLS)
def test_how_a_source_is_named(source: str, text: str) -> None:
    assert module_call(source) == text
