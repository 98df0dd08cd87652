"""`dg discover` and `dg state` on the applied repo say what terraform says, and keep secrets to themselves."""

from __future__ import annotations

import json

import pytest
from acceptance.cloud_lab import STATE_BUCKET, UNITS, Lab, dg, must
from acceptance.tamper_cases import ACCESS, DATA, JOBS, STATE_CANARIES

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]


def test_discover_names_the_state_of_every_unit(lab: Lab) -> None:
    found = dg("discover", "-o", "json", cwd=lab.repo, env=lab.env)
    states = {unit["path"]: (unit["backend"]["workspace"], unit["object"]) for unit in found.json["units"]}

    assert found.code == 0, found.said
    assert states == {
        unit: ("default", f"{unit.removeprefix('live/')}/terraform.tfstate") for unit in UNITS if unit != JOBS
    } | {JOBS: ("prod", "env:/prod/jobs/terraform.tfstate")}


@pytest.mark.parametrize("unit", [DATA, JOBS])
def test_list_is_terraform_state_list(lab: Lab, unit: str) -> None:
    listed = dg("state", "list", unit, cwd=lab.repo, env=lab.env)
    expected = must(["terraform", "state", "list"], cwd=lab.repo / unit, env=lab.env).stdout.split()

    assert listed.code == 0, listed.said
    assert sorted(expected) == sorted(line.split()[0] for line in listed.stdout.splitlines() if line.strip())


@pytest.mark.parametrize("output", ["table", "json"])
def test_show_masks_secrets_until_told_to_reveal_them(lab: Lab, output: str) -> None:
    arguments = ("state", "show", "aws_ssm_parameter.database_password", "--unit", DATA, "-o", output)
    masked = dg(*arguments, cwd=lab.repo, env=lab.env)
    revealed = dg(*arguments, "--reveal", cwd=lab.repo, env=lab.env)

    assert (masked.code, revealed.code) == (0, 0), masked.said
    assert "/data/password" in masked.stdout
    assert STATE_CANARIES[0] not in masked.said
    assert STATE_CANARIES[0] in revealed.stdout


def test_pull_masks_secrets(lab: Lab) -> None:
    access_key = lab.aws.attributes(ACCESS, "aws_iam_access_key.ci")["secret"]
    pulled = {unit: dg("state", "pull", unit, cwd=lab.repo, env=lab.env) for unit in (ACCESS, DATA)}

    assert [run.code for run in pulled.values()] == [0, 0], pulled[DATA].said
    assert [canary for canary in STATE_CANARIES if canary in pulled[DATA].said] == []
    assert access_key not in pulled[ACCESS].said


def test_pull_reveals_the_stored_bytes(lab: Lab) -> None:
    stored = lab.aws.s3.get_object(Bucket=STATE_BUCKET, Key="data/terraform.tfstate")["Body"].read().decode()
    pulled = dg("state", "pull", "--reveal", DATA, cwd=lab.repo, env=lab.env)

    assert json.loads(stored)["serial"] > 0
    assert pulled.stdout == stored
