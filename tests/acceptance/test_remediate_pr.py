"""The fix as a pull request: real terraform proves it, a bare remote gets it, and what it holds plans clean."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from acceptance.cloud_lab import Lab, Scan, dg, must, tree_hash
from forges import TOKEN, fake_github

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]

UNIT, BRANCH = "live/network", "driftgate/fix/main/all"


def test_what_the_request_holds_plans_clean(lab: Lab, tampered: Scan, tmp_path: Path) -> None:
    work, remote = tmp_path / "repo", tmp_path / "remote.git"
    shutil.copytree(lab.repo, work, symlinks=True)
    must(["git", "init", "-q", "--bare", str(remote)], cwd=tmp_path, env=lab.env)
    must(["git", "checkout", "-q", "-B", "main"], cwd=work, env=lab.env)
    must(["git", "commit", "-qam", "edits of the table"], cwd=work, env=lab.env)
    must(["git", "remote", "add", "origin", str(remote)], cwd=work, env=lab.env)
    must(["git", "push", "-q", "origin", "main"], cwd=work, env=lab.env)
    before = tree_hash(work)
    with fake_github() as forge:
        ci = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "acme/infra",
              "GITHUB_TOKEN": TOKEN}  # fmt: skip
        first = dg("remediate", "pr", UNIT, "-o", "json", cwd=work, env=lab.env | ci)
        again = dg("remediate", "pr", UNIT, "-o", "json", cwd=work, env=lab.env | ci)
        (pull,) = forge.pulls

    assert (first.json["did"], first.json["pushed"]) == ("opened", True), first.said
    assert (again.json["did"], again.json["pushed"]) == ("unchanged", False), again.said
    assert tree_hash(work) == before
    (commit,) = first.json["commits"]
    assert commit["unit"] == UNIT
    assert commit["patch"] == dg("remediate", "patch", UNIT, cwd=work, env=lab.env).stdout
    assert all(item["address"] in pull["body"] for item in first.json["left"][:10])

    must(["git", "fetch", "-q", "origin", BRANCH], cwd=work, env=lab.env)
    must(["git", "checkout", "-q", "FETCH_HEAD"], cwd=work, env=lab.env)
    plan = ["terraform", "plan", "-lock=false", "-input=false", "-no-color", f"-out={tmp_path}/plan"]
    must(plan, cwd=work / UNIT, env=lab.env)
    shown = must(["terraform", "show", "-json", f"{tmp_path}/plan"], cwd=work / UNIT, env=lab.env).stdout
    actions = {change["address"]: change["change"]["actions"] for change in json.loads(shown)["resource_changes"]}
    left = {item["address"] for item in first.json["left"]}
    accepted = {item["address"] for item in commit["accepted"]} - left
    assert accepted
    assert {address: actions[address] for address in accepted if actions[address] != ["no-op"]} == {}
