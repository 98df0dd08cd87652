"""Adoption on real terraform and provider: objects made by hand are imported, and nothing of them is changed."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator

import pytest
from acceptance.cloud_lab import Aws, Lab, Run, base_env, commit, counted, dg, lay_out, must, tree_hash
from acceptance.hand_made import make
from aws_server import aws_env, start_aws

from driftgate.tfexec.mirror import cli_config, find_provider_mirror

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-adopt")]

MAIN = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  backend "local" {}
}

provider "aws" {
  region = "us-east-1"
}
"""
BUCKETS = '# All buckets of the app.\nresource "aws_s3_bucket" "assets" {\n  bucket = "acme-assets"\n}\n'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A repo of one small applied unit, on a cloud of its own; skips with the reason where that cannot be."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    mirror = find_provider_mirror(os.environ)
    if mirror is None:
        pytest.skip("no local mirror holds the AWS provider: name one with DG_TEST_PROVIDER_MIRROR")
    folder = tmp_path_factory.mktemp("adopt")
    (folder / "cli.tfrc").write_text(cli_config(mirror))
    (folder / "source/app").mkdir(parents=True)
    (folder / "source/app/main.tf").write_text(MAIN)
    (folder / "source/app/s3.tf").write_text(BUCKETS)
    env = base_env(folder / "home") | {"TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc")}
    with start_aws() as endpoint:
        env |= aws_env(endpoint)
        repo = folder / "repo"
        lay_out(folder / "source", repo, env)
        must(["terraform", "init", "-input=false", "-no-color"], cwd=repo / "app", env=env)
        must(["terraform", "apply", "-auto-approve", "-input=false", "-no-color"], cwd=repo / "app", env=env)
        commit(repo, env, "apply")
        yield Lab(Aws(endpoint), repo, env)


@pytest.fixture(scope="module")
def objects(app: Lab) -> dict[str, str]:
    return make(app.aws)


@pytest.fixture(scope="module")
def adoption(app: Lab, objects: dict[str, str]) -> Run:
    before = tree_hash(app.repo)
    wanted = [f"{type}={id}" for type, id in objects.items()]
    found = dg("remediate", "adopt", "--unit", "app", "-o", "json", *wanted, "aws_vpc=vpc-12345678",
               cwd=app.repo, env=app.env, seconds=540)  # fmt: skip
    assert tree_hash(app.repo) == before
    assert app.leftovers == []
    return found


def test_objects_of_twenty_types_are_adopted_in_few_plans(objects: dict[str, str], adoption: Run) -> None:
    assert [(item["object"], item["reason"]) for item in adoption.json["left"]] == [
        ("aws_vpc=vpc-12345678", "there is no aws_vpc vpc-12345678")
    ], adoption.said
    assert {item["type"]: item["id"] for item in adoption.json["adopted"]} == objects
    assert len(objects) >= 20
    assert adoption.json["plans"] <= 8
    assert adoption.code == 2, "one is left"


def test_names_and_places_are_those_of_the_repo(adoption: Run) -> None:
    of_type = {item["type"]: item for item in adoption.json["adopted"]}

    assert (of_type["aws_s3_bucket"]["address"], of_type["aws_s3_bucket"]["file"]) == (
        "aws_s3_bucket.uploads", "app/s3.tf"
    )  # fmt: skip
    assert of_type["aws_iam_role"]["address"] == "aws_iam_role.uploader"


@pytest.fixture(scope="module")
def applied(app: Lab, adoption: Run) -> Run:
    (app.repo.parent / "p.diff").write_text(adoption.json["patch"])
    must(["git", "apply", "--index", str(app.repo.parent / "p.diff")], cwd=app.repo, env=app.env)
    must(["terraform", "fmt", "-check", "-recursive", "-diff"], cwd=app.repo, env=app.env)
    return must(["terraform", "apply", "-auto-approve", "-input=false", "-no-color"], cwd=app.repo / "app", env=app.env)


def test_applied_it_only_imports_and_state_and_code_agree(app: Lab, adoption: Run, applied: Run) -> None:
    count = len(adoption.json["adopted"])
    assert f"{count} imported, 0 added, 0 changed, 0 destroyed" in applied.stdout
    scan = dg("drift", "scan", "app", "-o", "json", cwd=app.repo, env=app.env)
    assert (scan.code, scan.unit("app")["findings"]) == (0, []), scan.said
    assert scan.unit("app")["checked"] == count + 1


LOST = (
    "aws_s3_bucket.uploads",
    "aws_iam_role.uploader",
    "aws_dynamodb_table.orders",
    "aws_cloudwatch_event_rule.nightly",
)
IMPORT = re.compile(r"import \{\n.*?\n\}\n\n", re.DOTALL)
RULES = '[[remediate.rules]]\nstrategy = ["move", "adopt"]\n'


@pytest.fixture(scope="module")
def fix(app: Lab, applied: Run) -> Run:
    """A plan of the fix after a state has lost objects, the code has other names for some, and one that is new."""
    must(["terraform", "state", "rm", *LOST], cwd=app.repo / "app", env=app.env)
    for name, old, new in (("s3.tf", '"assets"', '"files"'), ("main.tf", '"bob"', '"robert"')):
        text = IMPORT.sub("", (app.repo / "app" / name).read_text())
        (app.repo / "app" / name).write_text(text.replace(f" {old} {{", f" {new} {{"))
    with (app.repo / "app/s3.tf").open("a") as file:
        file.write('\nresource "aws_s3_bucket" "fresh" {\n  bucket = "acme-fresh"\n}\n')
    (app.repo / ".driftgate.toml").write_text(RULES)
    commit(app.repo, app.env, "rename")
    found = dg("remediate", "plan", "app", "-o", "json", "--out", "../fix.json", cwd=app.repo, env=app.env)
    (app.repo / ".driftgate.toml").unlink()
    return found


def test_renamed_and_lost_objects_are_steps_that_keep_them(app: Lab, fix: Run) -> None:
    plan = json.loads((app.repo.parent / "fix.json").read_text())

    assert {(step["strategy"], step["address"]) for step in plan["steps"]} == {
        *(("adopt", address) for address in LOST),
        ("move", "aws_s3_bucket.assets"),
        ("move", "aws_iam_user.bob"),
    }, fix.said
    assert all(step["proved"] for step in plan["steps"])
    assert plan["left"] == [], "what is new is no finding"


def test_taken_nothing_is_destroyed_and_the_scan_is_clean(app: Lab, fix: Run) -> None:
    for step in json.loads((app.repo.parent / "fix.json").read_text())["steps"]:
        (app.repo.parent / "p.diff").write_text(step["patch"])
        must(["git", "apply", str(app.repo.parent / "p.diff")], cwd=app.repo, env=app.env)
    must(["terraform", "fmt", "-check", "-recursive", "-diff"], cwd=app.repo, env=app.env)
    apply = ["terraform", "apply", "-auto-approve", "-input=false", "-no-color"]
    done = must(apply, cwd=app.repo / "app", env=app.env)
    scan = dg("drift", "scan", "app", "-o", "json", cwd=app.repo, env=app.env)

    assert f"{len(LOST)} imported, 1 added, 0 changed, 0 destroyed" in done.stdout
    assert (scan.code, counted(scan.unit("app"))) == (0, []), scan.said
