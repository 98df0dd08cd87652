"""`dg remediate patch` of a Terragrunt unit: its inputs patched, and proved by a plan of the unit laid out from a copy."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from remediate.repos import lay
from terraform_cli import apply, needs_terraform

from driftgate.cli.remediate_accept import proposed, scanned
from driftgate.cli.scan import wire
from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity
from driftgate.remediate.proposal import Proposal
from driftgate.safety.redact import Redactor

UNIT, ADDRESS = "live/dev/app", "terraform_data.x"
ROOT = """remote_state {
  backend = "local"
  config = {
    path = "${get_repo_root()}/states/${path_relative_to_include()}.tfstate"
  }
  generate = {
    path      = "backend.tf"
    if_exists = "overwrite"
  }
}

inputs = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
"""
OWN = 'terraform {\n  source = "../../../modules/app"\n}\ninclude "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
MODULE = 'variable "size" {}\nresource "terraform_data" "x" {\n  input = "${var.size}"\n}\n'
ENV = 'locals {\n  size = "5" # see the ticket\n}\n'
REPO = {"live/root.hcl": ROOT, "live/dev/env.hcl": ENV, f"{UNIT}/terragrunt.hcl": OWN, "modules/app/main.tf": MODULE}


@pytest.fixture
def live(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo whose unit is applied with another size than the code says."""
    made = tmp_path_factory.mktemp("made")
    apply(made, 'resource "terraform_data" "x" {\n  input = "9"\n}\n')
    lay(repo, REPO)
    (repo / "states/dev").mkdir(parents=True)
    shutil.copy(made / "terraform.tfstate", repo / "states/dev/app.tfstate")
    return repo


def proposal_of(root: Path, live_value: str) -> tuple[Proposal, int]:
    env = dict(os.environ)
    wired = wire([root], Redactor(), env=env)
    report = scanned(wired, started="", parallelism=1)
    attribute = AttributeChange("input", DriftClass.REVERTED_BY_APPLY, Severity.LOW, "5", live_value, "5")
    found = Finding(UNIT, "default", ADDRESS, "terraform_data", attribute.cls, Severity.LOW, (attribute,))
    report = Report(tuple(replace(unit, findings=(found,)) for unit in report.units), "plan", "", 0.0)
    return proposed(wired, report, env, wide=False, verify=True, parallelism=1)


@needs_terraform
def test_a_plan_of_the_unit_laid_out_from_the_copy_proves_the_patch(live: Path) -> None:
    proposal, plans = proposal_of(live, "9")

    assert ([r.reason for r in proposal.refused], plans) == ([], 1)
    assert proposal.after == {"live/dev/env.hcl": ENV.replace('"5"', '"9"')}
    assert (live / "live/dev/env.hcl").read_text() == ENV


@needs_terraform
def test_what_the_plan_does_not_bear_out_is_left(live: Path) -> None:
    proposal, _ = proposal_of(live, "7")

    assert proposal.accepted == ()
    assert [r.reason for r in proposal.refused] == ["with the patch the plan still changes input"]
