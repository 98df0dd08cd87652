"""The example layout on an embedded AWS: ten units of three accounts applied as a run-all would, tampered with, scanned.

DG_TEST_LIVE=live/dev applies that account's too, DG_TEST_LIVE=live all 108. That takes the better part of an hour:
`pytest --timeout 7200` and this file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from acceptance.cloud_lab import Aws, Lab, Run, base_env, counted, dg, must, tree_hash
from aws_server import aws_env, start_aws

from driftgate import process
from driftgate.demo.aws import EmbeddedAws
from driftgate.demo.terragrunt import apply_units, create_state_buckets, example, lay_out_live
from driftgate.discover.units import discover
from driftgate.graph.dag import queue
from driftgate.tfexec.binary import find_binary
from driftgate.tfexec.mirror import cli_config, find_provider_mirror
from driftgate.tfexec.reads import Terraform

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("terragrunt-live")]

DEV, STAGING, PROD = "live/dev/us-east-1", "live/staging/eu-west-1", "live/prod/ap-southeast-2"
ALL = tuple(
    sorted(file.parent.relative_to(example()).as_posix() for file in example().glob("live/*/*/*/terragrunt.hcl"))
)
TEN = (
    *(f"{DEV}/{name}" for name in ("images", "keys", "logs", "network", "security")),
    *(f"{STAGING}/{name}" for name in ("network", "orders", "security")),
    *(f"{PROD}/{name}" for name in ("alerts", "network")),
)
MORE = os.environ.get("DG_TEST_LIVE", "none")
APPLIED = tuple(unit for unit in ALL if unit in TEN or unit.startswith(MORE))
NOT_APPLIED = "live/prod/eu-west-1/worker"
SECONDS = 60 * len(APPLIED)
SEVERITIES = ("none", "info", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Tamper:
    """Something done by hand in a region, and how a scan has to tell it."""

    unit: str
    address: str
    cls: str
    at_least: str
    service: str
    do: Callable[[Any], object]


def _open_ssh(ec2: Any) -> None:
    group = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["dev-use1-app"]}])
    ec2.authorize_security_group_ingress(
        GroupId=group["SecurityGroups"][0]["GroupId"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )


def _rename(ec2: Any) -> None:
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["staging-euw1"]}])["Vpcs"][0]
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name", "Value": "legacy"}])


def _delete_topic(sns: Any) -> None:
    (topic,) = (topic["TopicArn"] for topic in sns.list_topics()["Topics"] if "prod-" in topic["TopicArn"])
    sns.delete_topic(TopicArn=topic)


def _stop_rotation(kms: Any) -> None:
    (key,) = (key for key in kms.list_keys()["Keys"] if "dev-use1" in _described(kms, key["KeyId"]))
    kms.disable_key_rotation(KeyId=key["KeyId"])


def _described(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["Description"])


REVERTED = "reverted-by-apply"
TAMPERS = {
    tamper.unit: tamper
    for tamper in (
        Tamper(f"{DEV}/security", "aws_security_group.app", REVERTED, "critical", "ec2", _open_ssh),
        Tamper(f"{DEV}/keys", "aws_kms_key.this", REVERTED, "low", "kms", _stop_rotation),
        Tamper(
            f"{DEV}/logs", "aws_cloudwatch_log_group.this", REVERTED, "info", "logs",
            lambda logs: logs.put_retention_policy(logGroupName="/acme/dev-use1", retentionInDays=90),
        ),
        Tamper(f"{STAGING}/network", "aws_vpc.this", REVERTED, "info", "ec2", _rename),
        Tamper(
            f"{STAGING}/orders", "aws_dynamodb_table.this", REVERTED, "low", "dynamodb",
            lambda dynamodb: dynamodb.update_continuous_backups(
                TableName="staging-euw1-orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
            ),
        ),
        Tamper(f"{PROD}/alerts", "aws_sns_topic.this", "missing", "medium", "sns", _delete_topic),
    )
}  # fmt: skip
WENT_ALONG = f"{PROD}/subscriptions"
"""The subscription to the topic that is deleted."""
UNTOUCHED = sorted(set(APPLIED) - TAMPERS.keys() - {WENT_ALONG})


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The example with ten units of three accounts applied; skips with the reason where that cannot be."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    mirror = find_provider_mirror(os.environ)
    if mirror is None:
        pytest.skip("no local mirror holds the AWS provider: name one with DG_TEST_PROVIDER_MIRROR")
    folder = tmp_path_factory.mktemp("terragrunt-live")
    config = folder / "cli.tfrc"
    config.write_text(cli_config(mirror))
    env = base_env(folder / "home") | {"TF_CLI_CONFIG_FILE": str(config), "DG_DRIFT_TERRAGRUNT": "native"}
    repo = folder / "repo"
    lay_out_live(repo)
    must(["git", "init", "-q", "-b", "main"], cwd=repo, env=env)
    with start_aws() as endpoint:
        env |= aws_env(endpoint)
        create_state_buckets(EmbeddedAws(endpoint))
        tf = Terraform(find_binary(env, run=process.run), repo, env, process.run)
        apply_units(tf, APPLIED, folder / "trees", parallelism=3)
        yield Lab(Aws(endpoint), repo, env)


def scan(lab: Lab, *arguments: str, seconds: int = 300) -> Run:
    """Scan in JSON; whatever it finds, it leaves the tree alone."""
    before = tree_hash(lab.repo)
    run = dg("drift", "scan", "-o", "json", *arguments, cwd=lab.repo, env=lab.env, seconds=seconds)
    assert tree_hash(lab.repo) == before
    assert lab.leftovers == []
    return run


@pytest.fixture(scope="session")
def tampered(live: Lab) -> Run:
    """A scan of all that was applied, after somebody was at work in the console of three accounts."""
    for tamper in TAMPERS.values():
        region = tamper.unit.split("/")[2]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        tamper.do(boto3.client(tamper.service, endpoint_url=live.aws.endpoint, region_name=region, **keys))
    return scan(live, *(argument for unit in APPLIED for argument in ("--include", unit)), seconds=SECONDS)


def test_the_whole_layout_is_found_with_every_state(tmp_path: Path) -> None:
    lay_out_live(tmp_path / "repo")

    units = discover(tmp_path / "repo", env={})

    assert sorted(str(unit.path) for unit in units) == list(ALL)
    assert len(ALL) == 108
    assert [unit.error for unit in units if unit.error] == []
    assert len({unit.location.identity for unit in units if unit.location}) == 108
    order = queue(units)
    assert (len(order.levels), order.cycles) == (4, ())


@pytest.mark.parametrize("tamper", TAMPERS.values(), ids=TAMPERS)
def test_every_tamper_is_found_in_its_unit(tampered: Run, tamper: Tamper) -> None:
    (finding,) = counted(tampered.unit(tamper.unit))

    assert (finding["address"], finding["class"]) == (tamper.address, tamper.cls)
    assert SEVERITIES.index(finding["severity"]) >= SEVERITIES.index(tamper.at_least)
    assert finding["source"]["file"] == f"modules/{tamper.unit.rpartition('/')[2]}/main.tf"
    assert tampered.code == 2


def patch(lab: Lab, *arguments: str) -> Run:
    before = tree_hash(lab.repo)
    run = dg("remediate", "patch", f"{DEV}/logs", "-o", "json", *arguments, cwd=lab.repo, env=lab.env)
    assert tree_hash(lab.repo) == before
    assert lab.leftovers == []
    return run


def test_the_literal_behind_an_input_is_the_whole_accounts(live: Lab, tampered: Run) -> None:
    (left,) = patch(live).json["left"]

    assert left["reason"].startswith("this literal also feeds live/dev/")
    assert "logs: aws_cloudwatch_log_group.this.retention_in_days" in left["reason"]


def test_accepted_all_the_same_it_is_changed_where_the_account_says_it(live: Lab, tampered: Run) -> None:
    run = patch(live, "--wide")

    assert (run.code, run.json["left"], run.json["proved"]) == (0, [], True)
    assert [item["file"] for item in run.json["patched"]] == ["live/dev/account.hcl"]
    assert "-  retention_days = 1\n+  retention_days = 90\n" in run.json["patch"]


@pytest.mark.parametrize("path", UNTOUCHED)
def test_a_unit_that_nobody_touched_is_clean(tampered: Run, path: str) -> None:
    """Those that need the outputs of others have the real ones."""
    unit = tampered.unit(path)

    assert (unit["status"], counted(unit)) == ("ok", [])
    assert unit["checked"] >= 1
    assert not any("mock" in note for note in unit["notes"])


def test_every_applied_unit_was_scanned(tampered: Run) -> None:
    assert sorted(unit["path"] for unit in tampered.json["units"]) == sorted(APPLIED)


@pytest.mark.skipif(NOT_APPLIED in APPLIED, reason="all units are applied")
def test_a_unit_whose_dependencies_are_not_applied_is_flagged(live: Lab) -> None:
    run = scan(live, "--include", NOT_APPLIED)

    (unit,) = run.json["units"]
    flagged = [note for note in unit["notes"] if note.startswith("planned with mock outputs of")]
    assert [note.split(":")[0].rpartition(".")[2] for note in flagged] == ["artifacts", "jobs", "orders"]


def test_render_with_the_real_outputs(live: Lab) -> None:
    run = dg("render", f"{DEV}/security", "-o", "json", "--read-outputs", cwd=live.repo, env=live.env)

    inputs = run.json["inputs"]
    assert inputs["vpc_id"].startswith("vpc-")
    assert inputs["vpc_id"] != "vpc-00000000"
    assert (inputs["cidr_block"], inputs["name"]) == ("10.0.0.0/16", "dev-use1")
