"""Accept patches of the whole tamper table: proved by plans of a patched copy, then taken and planned for real."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from acceptance.cloud_lab import Lab, Run, Scan, dg, must, tree_hash

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]

LEFT = re.compile(
    r"from (another resource|a data source)|is computed|is a secret|this literal also feeds|\(sensitive\)|default_tags"
)
"""Every reason that a drift of the table may be left for; `(sensitive)` is a reason with a secret's word in it."""
UNITS = ("live/jobs", "live/network")


@pytest.fixture(scope="session")
def patch(lab: Lab, tampered: Scan) -> Run:
    before = tree_hash(lab.repo)
    found = dg("remediate", "patch", "-o", "json", cwd=lab.repo, env=lab.env)
    assert tree_hash(lab.repo) == before
    return found


def test_what_has_a_literal_of_its_own_is_patched_and_the_rest_says_why(patch: Run) -> None:
    left = [item for item in patch.json["left"] if not LEFT.search(item["reason"])]

    assert left == []
    assert patch.json["proved"] is True
    assert len(patch.json["patched"]) >= 30
    assert patch.code == 2, "some are left"


def test_taken_and_planned_nothing_of_it_is_left_to_do(lab: Lab, patch: Run, tmp_path: Path) -> None:
    copy = tmp_path / "repo"
    shutil.copytree(lab.repo, copy, symlinks=True)
    (tmp_path / "p.diff").write_text(patch.json["patch"])
    must(["git", "apply", str(tmp_path / "p.diff")], cwd=copy, env=lab.env)
    for unit in UNITS:
        plan = ["terraform", "plan", "-lock=false", "-input=false", "-no-color", f"-out={tmp_path}/plan"]
        must(plan, cwd=copy / unit, env=lab.env)
        shown = must(["terraform", "show", "-json", f"{tmp_path}/plan"], cwd=copy / unit, env=lab.env).stdout
        actions = {change["address"]: change["change"]["actions"] for change in json.loads(shown)["resource_changes"]}
        wanted = [item["address"] for item in patch.json["patched"] if item["unit"] == unit]
        left = {item["address"] for item in patch.json["left"]}
        assert wanted
        assert {a: actions[a] for a in wanted if a not in left and actions[a] != ["no-op"]} == {}


def test_a_plan_of_the_fix_names_a_step_for_every_finding(lab: Lab, tampered: Scan) -> None:
    found = dg("remediate", "plan", "live/jobs", "-o", "json", cwd=lab.repo, env=lab.env)
    drifted = {
        f["address"] for f in tampered.run.unit("live/jobs")["findings"] if f["class"] not in ("computed", "pending")
    }

    assert found.code == 2
    assert {step["address"] for step in found.json["steps"]} == drifted
    assert all(step["commands"] and step["undo"] and len(step["others"]) == 5 for step in found.json["steps"])
