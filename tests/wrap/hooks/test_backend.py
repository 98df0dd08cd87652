from __future__ import annotations

from pathlib import Path

import pytest
from wrap.hooks.conftest import Found, git, s3, write

APP = "live/app/main.tf"


def test_units_in_order(found: Found) -> None:
    assert found("dg-backend", APP, "live/net/main.tf", "README.md") == []


def test_two_units_with_one_state(worktree: Path, found: Found) -> None:
    write(worktree, {"live/copy/main.tf": s3("net")})
    assert found("dg-backend", "live/copy/main.tf") == [("shared-state", "live/copy", 0)]
    assert found("dg-backend", APP) == []


@pytest.mark.parametrize(
    ("block", "rules"),
    [
        (s3("new"), []),
        (s3("new", '    dynamodb_table = "locks"\n    kms_key_id = "k"\n'), []),
        (s3("new", "    encrypt = true\n"), ["no-lock"]),
        (s3("new", "    use_lockfile = true\n"), ["no-encryption"]),
        (s3("new", ""), ["no-lock", "no-encryption"]),
        ('terraform {\n  backend "gcs" {\n    bucket = "b"\n  }\n}\n', []),
        (
            'terraform {\n  backend "http" {\n    address = "http://x.y/s"\n    lock_address = "http://x.y/l"\n  }\n}\n',
            ["no-encryption"],
        ),
        ('terraform {\n  backend "http" {\n    address = "https://x.y/s"\n  }\n}\n', ["no-lock"]),
        ('terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }\n}\n', []),
        ('terraform {\n  backend "s3" {\n    bucket = var.bucket\n  }\n}\n', []),
        ('terraform {\n  backend "s3" {\n', []),
    ],
    ids=[
        "safe",
        "older lock",
        "no lock",
        "no encryption",
        "neither",
        "gcs",
        "http in clear",
        "http without lock",
        "cloud",
        "unknown",
        "broken",
    ],
)
def test_locks_and_encryption(worktree: Path, found: Found, block: str, rules: list[str]) -> None:
    write(worktree, {"live/new/main.tf": block})
    assert [rule for rule, _, _ in found("dg-backend", "live/new/main.tf")] == rules
    assert found("dg-backend", APP) == []


def test_a_local_state_in_a_repo_that_others_have(worktree: Path, found: Found) -> None:
    write(
        worktree, {"live/new/main.tf": 'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_sqs_queue" "q" {}\n'}
    )
    assert found("dg-backend", "live/new/main.tf") == []
    git(worktree, "remote", "add", "origin", "https://git.example/x")
    assert found("dg-backend", "live/new/main.tf") == [("local-backend", "live/new/main.tf", 0)]
    write(worktree, {"modules/m/main.tf": 'resource "aws_sqs_queue" "q" {}\n'})
    assert found("dg-backend", "modules/m/main.tf") == []


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (s3("app"), False),
        (s3("app", "    encrypt = true\n    use_lockfile = true # comment\n"), False),
        (s3("app", '    dynamodb_table = "l"\n    encrypt = true\n'), False),
        ("# moved down\n\n" + s3("app"), False),
        (s3("app2"), True),
        (s3("app").replace("acme-state", "acme-state-2"), True),
        (s3("app").replace('"s3"', '"gcs"'), True),
        ("", True),
    ],
    ids=["same", "order", "another lock", "lines", "key", "bucket", "type", "removed"],
)
def test_a_backend_that_moves_its_state(worktree: Path, found: Found, now: str, moved: bool) -> None:
    write(worktree, {APP: now})
    assert [rule for rule, _, _ in found("dg-backend", APP) if rule == "moved-state"] == ["moved-state"] * moved


def test_a_new_unit_and_a_new_repo_move_nothing(worktree: Path, found: Found) -> None:
    write(worktree, {"live/new/main.tf": s3("new")})
    assert found("dg-backend", "live/new/main.tf") == []
    git(worktree, "update-ref", "-d", "HEAD")
    write(worktree, {APP: s3("elsewhere")})
    assert found("dg-backend", APP) == []


def test_a_block_that_went_to_another_file_moves_nothing(worktree: Path, found: Found) -> None:
    write(worktree, {APP: "", "live/app/backend.tf": s3("app")})
    assert found("dg-backend", APP, "live/app/backend.tf") == []


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("terraform apply -auto-approve", False),
        ("terraform plan -lock=false", False),
        ("terraform -chdir=x plan -out p -lock=false", False),
        ("terraform apply -lock=false", True),
        ("terraform -chdir=live/app apply -auto-approve -lock=false", True),
        ("tofu destroy --lock=false", True),
        ("terragrunt apply -lock=false", True),
        ("terraform state rm -lock=false aws_x.y", True),
        ("export TF_CLI_ARGS_apply='-lock=false'", True),
        ("export TF_CLI_ARGS_plan='-lock=false'", False),
        ('TF_CLI_ARGS: "-lock=false"', True),
        ("terraform plan; terraform show", False),
        ("terragrunt run-all plan -lock=false", False),
        ("terragrunt run --all -- apply -lock=false", True),
    ],
)
def test_commands_that_switch_the_lock_off(worktree: Path, found: Found, line: str, bad: bool) -> None:
    write(
        worktree,
        {"deploy.sh": f"#!/bin/sh\n{line}\n", ".github/workflows/x.yml": f"run: |\n  {line}\n", "notes.txt": line},
    )
    assert found("dg-backend", "deploy.sh", "notes.txt") == [("lock-false", "deploy.sh", 2)] * bad
    assert found("dg-backend", ".github/workflows/x.yml") == [("lock-false", ".github/workflows/x.yml", 2)] * bad


TERRAGRUNT = """terraform {
  source = "../../modules/m"
}
remote_state {
  backend = "s3"
  config = {
    bucket       = "acme-state"
    key          = "%s"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
"""


def test_terragrunt_units_are_judged_too(worktree: Path, found: Found) -> None:
    write(worktree, {
        "modules/m/main.tf": 'resource "terraform_data" "x" {}\n',
        "tg/a/terragrunt.hcl": TERRAGRUNT % "a",
        "tg/b/terragrunt.hcl": TERRAGRUNT % "b",
    })  # fmt: skip
    assert found("dg-backend", "tg/a/terragrunt.hcl", "tg/b/terragrunt.hcl", "tg/a/.terraform.lock.hcl") == []
    write(worktree, {"tg/b/terragrunt.hcl": TERRAGRUNT % "a"})
    assert found("dg-backend", "tg/b/terragrunt.hcl") == [("shared-state", "tg/a", 0)]
    write(worktree, {"tg/b/terragrunt.hcl": TERRAGRUNT.replace("use_lockfile = true", "") % "b"})
    assert found("dg-backend", "tg/b/terragrunt.hcl") == [("no-lock", "tg/b/terragrunt.hcl", 0)]
