"""Terragrunt units planned by terragrunt: the stand-in of both generations with real terraform, and a real one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from acceptance.cloud_lab import tree_hash
from terraform_cli import needs_terraform
from terragrunt.repo import apply_unit, lay_out

from driftgate.cli.main import main
from driftgate.errors import ExitCode

STAND_IN = Path(__file__).parent / "stand_in"
PLAN = ("-lock=false", "-input=false", "-refresh=true", "-destroy=false", "-detailed-exitcode=false", "-json",
        "-no-color")  # fmt: skip
FEATURE = 'feature "env" {\n  default = "x"\n}\ninputs = { env = feature.env.value }\n'
MOCKED = "planned with mock outputs of dependency.net: what depends on them is not the truth"
HAS_RUN_CMD = "live/app/terragrunt.hcl has run_cmd(): allow what it runs with --allow-exec"


class Lab:
    """A repo, a terragrunt on PATH, and `dg` run here."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.root, self.temporary, self._capture = folder / "repo", folder / "tmp", capture
        self._log = folder / "log"

    def scan(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the units of a scan, which leaves nothing behind."""
        before = tree_hash(self.root)
        code = main(("drift", "scan", str(self.root), "-o", "json", "--no-ledger", *arguments))
        out, err = self._capture.readouterr()
        assert tree_hash(self.root) == before
        assert list(self.temporary.iterdir()) == []
        document = json.loads(out or b'{"units": []}')
        return code, {unit["path"]: unit for unit in document["units"]} | {"stderr": err.decode()}

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line)["argv"] for line in self._log.read_text().splitlines()] if self._log.exists() else []


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = lay_out(tmp_path_factory.mktemp("binary") / "repo")
    apply_unit(root, "live/net", tmp_path_factory.mktemp("net"))
    apply_unit(root, "live/app", tmp_path_factory.mktemp("app"))
    return root


both = pytest.mark.parametrize("version", ["0.67.1", "1.1.3"])


@pytest.fixture
def version() -> str:
    return "1.1.3"


@pytest.fixture
def fresh(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Lab:
    """Nothing is applied yet."""
    monkeypatch.setenv("PATH", f"{STAND_IN}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_PYTHON", sys.executable)
    monkeypatch.setenv("STAND_IN_VERSION", version)
    monkeypatch.setenv("STAND_IN_LOG", str(tmp_path / "log"))
    lab = Lab(tmp_path, capfdbinary)
    lab.temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(lab.temporary))
    lay_out(lab.root)
    return lab


@pytest.fixture
def lab(fresh: Lab, applied: Path) -> Lab:
    """Both units are applied."""
    shutil.copytree(applied / "states", fresh.root / "states")
    return fresh


@needs_terraform
@both
def test_applied_units_are_clean(lab: Lab, version: str) -> None:
    code, units = lab.scan("--allow-exec")

    assert code == ExitCode.CLEAN
    assert {path: (units[path]["status"], units[path]["checked"], units[path]["planner"], units[path]["notes"])
            for path in ("live/app", "live/net")} == {
        "live/app": ("ok", 2, f"terragrunt {version}", []),
        "live/net": ("ok", 1, f"terragrunt {version}", []),
    }  # fmt: skip


@needs_terraform
@both
def test_the_command_lines_with_feature_flags_and_variable_files(lab: Lab, version: str, tmp_path: Path) -> None:
    (tmp_path / "x.tfvars").write_text("")
    lab.edit("live/net/terragrunt.hcl", "terraform {", f"{FEATURE}terraform {{")

    given = ("--feature", "env=prod", "--var-file", str(tmp_path / "x.tfvars"))
    code, units = lab.scan("--include", "live/net", *given)

    front = ["run", "--feature=env=prod", "--"] if version == "1.1.3" else ["--feature=env=prod"]
    var_file = f"-var-file={tmp_path / 'x.tfvars'}"
    assert lab.calls == [
        [*front, "init", "-input=false", "-force-copy=false", "-no-color"],
        [*front, "plan", *PLAN, var_file, "-out=driftgate.tfplan"],
    ]
    assert (code, units["live/net"]["status"]) == (ExitCode.CLEAN, "ok")


@needs_terraform
def test_what_may_not_run_is_planned_without_it(lab: Lab, version: str) -> None:
    _, units = lab.scan()

    assert units["live/net"]["planner"] == f"terragrunt {version}"
    assert units["live/app"]["planner"] == f"terraform ({HAS_RUN_CMD})"
    assert units["live/app"]["status"] == "ok"


@needs_terraform
def test_natively_when_asked(lab: Lab) -> None:
    _, units = lab.scan("--terragrunt", "native", "--include", "live/net")

    assert units["live/net"]["planner"] == "terraform"
    assert lab.calls == []


@needs_terraform
def test_always_when_asked_with_its_hooks(lab: Lab, version: str, tmp_path: Path) -> None:
    hook = 'terraform {\n  before_hook "h" {\n    commands = ["plan"]\n    execute = ["touch", "%s"]\n  }\n'
    lab.edit("live/app/terragrunt.hcl", "terraform {\n", hook % (tmp_path / "hook-ran"))

    _, units = lab.scan("--include", "live/app", "--terragrunt", "binary")

    assert (units["live/app"]["planner"], units["live/app"]["status"]) == (f"terragrunt {version}", "ok")
    assert (tmp_path / "hook-ran").exists()


def test_a_terragrunt_that_is_missing_is_an_error_when_asked_for(fresh: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].removeprefix(f"{STAND_IN}:"))
    monkeypatch.setenv("DG_REAL_TERRAGRUNT", "/nowhere/terragrunt")

    code, said = fresh.scan("--terragrunt", "binary")

    assert code == ExitCode.ERROR
    assert "terragrunt is not on PATH" in said["stderr"]


@needs_terraform
@both
def test_mock_outputs_that_terragrunt_used_are_flagged(fresh: Lab) -> None:
    fresh.edit("live/app/terragrunt.hcl", '  other = run_cmd("date")\n', "")

    _, units = fresh.scan("--include", "live/app")

    assert units["live/app"]["planner"].startswith("terragrunt ")
    assert units["live/app"]["notes"] == [MOCKED, "no state yet: nothing of this unit has been applied"]


@needs_terraform
def test_a_unit_that_terraform_refuses_says_why_in_the_repos_own_words(lab: Lab) -> None:
    lab.edit("modules/net/main.tf", 'variable "env" {}', 'variable "env" {}\nvariable "more" {}')

    code, units = lab.scan("--include", "live/net")

    assert code == ExitCode.ERROR
    assert units["live/net"]["error"] == "main.tf:3: variable `more` has no value"


@needs_terraform
def test_a_unit_that_terragrunt_refuses_says_why(lab: Lab) -> None:
    shutil.rmtree(lab.root / "modules/net")

    _, units = lab.scan("--include", "live/net", "--terragrunt", "binary")

    assert units["live/net"]["error"] == "EvaluationError: there is no module at modules/net"


@needs_terraform
@pytest.mark.parametrize(("asked", "status"), [("auto", "ok"), ("binary", "error")])
def test_an_excluded_unit(lab: Lab, asked: str, status: str) -> None:
    exclude = 'exclude {\n  if      = true\n  actions = ["plan"]\n  no_run  = true\n}\n'
    lab.edit("live/net/terragrunt.hcl", "terraform {", f"{exclude}terraform {{")

    _, units = lab.scan("--include", "live/net", "--terragrunt", asked)

    assert units["live/net"]["status"] == status
    if status == "error":
        assert units["live/net"]["error"] == "Terragrunt did not plan this unit: its `exclude` or `skip` says so"
    else:
        assert units["live/net"]["planner"] == "terraform (Terragrunt would leave it out of a run)"


@needs_terraform
@both
def test_a_unit_that_is_its_own_module(lab: Lab, version: str) -> None:
    folder = lab.root / "live/own"
    folder.mkdir()
    (folder / "terragrunt.hcl").write_text('include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n')
    (folder / "main.tf").write_text('variable "env" {}\nresource "terraform_data" "own" {}\n')

    _, units = lab.scan("--include", "live/own")

    assert (units["live/own"]["status"], units["live/own"]["planner"]) == ("ok", f"terragrunt {version}")


@needs_terraform
@pytest.mark.skipif(shutil.which("terragrunt") is None, reason="terragrunt is not on PATH")
def test_a_real_terragrunt(applied: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lab = Lab(tmp_path, capfdbinary)
    shutil.copytree(applied, lab.root)
    lab.temporary.mkdir()

    code, units = lab.scan("--allow-exec", "--terragrunt", "binary")

    assert code == ExitCode.CLEAN
    assert {path: (units[path]["status"], units[path]["checked"]) for path in ("live/app", "live/net")} == {
        "live/app": ("ok", 2),
        "live/net": ("ok", 1),
    }
