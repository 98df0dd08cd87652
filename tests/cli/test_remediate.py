"""`dg remediate patch` on real terraform: `terraform_data` cannot drift, so what is shown is the empty case and errors."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
from terraform_cli import apply, needs_terraform

from driftgate.cli import remediate_accept, remediate_steps
from driftgate.cli.main import main
from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity, UnitResult, UnitStatus
from driftgate.unit import BackendConfig, Unit, UnitKind


@needs_terraform
def test_nothing_to_patch(repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    apply(repo / "app", 'resource "terraform_data" "x" {\n  input = "v"\n}\n')
    monkeypatch.chdir(repo)

    assert main(["remediate", "patch"]) == 0
    assert capsys.readouterr() == ("", "dg: nothing to patch: the next apply would put nothing back\n")
    assert main(["remediate", "patch", "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format_version"], document["patched"], document["left"], document["patch"]) == ("1.0", [], [], "")


@needs_terraform
def test_a_unit_that_cannot_be_read_is_named(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "app").mkdir()
    (repo / "app/main.tf").write_text('resource "x" {\n')
    monkeypatch.chdir(repo)

    assert main(["remediate", "patch"]) == 1
    assert "dg: unread   app  app/main.tf:" in capsys.readouterr().err


def test_a_typo_in_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["remediate", "ptach"]) == 64
    assert "Did you mean `dg remediate patch`?" in capsys.readouterr().err


@needs_terraform
def test_no_drift_is_no_step(repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    apply(repo / "app", 'resource "terraform_data" "x" {\n  input = "v"\n}\n')
    monkeypatch.chdir(repo)

    assert main(["remediate", "plan"]) == 0
    assert capsys.readouterr().out == "0 steps\n"
    assert main(["remediate", "plan", "--strategy", "accept", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == []


def test_what_is_ignored_needs_no_step(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding that .driftignore covers is left out of the scan that a remediation starts from."""
    attribute = AttributeChange("size", DriftClass.REVERTED_BY_APPLY, Severity.LOW, 1, 2, 1)
    found = Finding("app", "default", "aws_x.a", "aws_x", attribute.cls, Severity.LOW, (attribute,))
    report = Report((UnitResult("app", "default", UnitStatus.OK, findings=(found,)),), "plan", "", 0.0)
    monkeypatch.setattr(remediate_accept, "check", lambda *_, **__: report)
    wired = SimpleNamespace(root=repo, units=[], seams=lambda progress, root: None)

    def drift() -> list[str]:
        scan = remediate_accept.scanned(wired, started="", parallelism=1)  # type: ignore[arg-type]
        return [f.address for f in scan.findings if f.cls.is_drift]

    assert drift() == ["aws_x.a"]
    (repo / ".driftignore").write_text("aws_x.a.size  # scaled by itself\n")
    assert drift() == []


def test_steps_of_a_terragrunt_unit_are_taken_by_terragrunt() -> None:
    local = BackendConfig("local")
    units = [
        Unit(PurePosixPath("a"), local, tool="tofu"),
        Unit(PurePosixPath("b"), local, UnitKind.TERRAGRUNT_UNIT, "tofu"),
    ]

    facts = remediate_steps._facts(SimpleNamespace(units=units), None, proved=False)  # type: ignore[arg-type]

    assert facts.tools == {"a": "tofu", "b": "terragrunt"}
