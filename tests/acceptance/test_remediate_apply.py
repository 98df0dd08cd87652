"""Revert on real terraform, the AWS provider and moto: drift of several kinds is planned, executed, killed in the middle,
taken up again, and the next scan is clean."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance.cloud_lab import STATE_BUCKET, Aws, Lab, Run, base_env, commit, counted, dg, lay_out, must, run
from aws_server import aws_env, start_aws

from driftgate.tfexec.mirror import cli_config, find_provider_mirror

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-execute")]

KILLED = Path(__file__).parents[1] / "remediate/execute/killed.py"
MAIN = f"""\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
  backend "s3" {{
    bucket       = "{STATE_BUCKET}"
    key          = "app/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }}
}}

provider "aws" {{
  region = "us-east-1"
}}

resource "aws_sns_topic" "alerts" {{
  name         = "alerts"
  display_name = "Alerts"
}}

resource "aws_sns_topic" "left_open" {{
  name = "left-open"
  lifecycle {{
    ignore_changes = [display_name]
  }}
}}

resource "aws_ssm_parameter" "topic" {{
  name  = "/app/topic"
  type  = "String"
  value = aws_sns_topic.alerts.arn
}}

resource "aws_cloudwatch_log_group" "audit" {{
  name              = "/app/audit"
  retention_in_days = 30
}}

resource "aws_security_group" "web" {{
  name        = "web"
  description = "web"
  ingress {{
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}
"""
STEPS = {
    ("revert", "aws_cloudwatch_log_group.audit"),
    ("revert", "aws_security_group.web"),
    ("revert", "aws_sns_topic.alerts"),
    ("accept", "aws_sns_topic.left_open"),
    ("revert", "aws_ssm_parameter.topic"),
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A repo of one applied unit on a cloud of its own; skips with the reason where that cannot be."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    mirror = find_provider_mirror(os.environ)
    if mirror is None:
        pytest.skip("no local mirror holds the AWS provider: name one with DG_TEST_PROVIDER_MIRROR")
    folder = tmp_path_factory.mktemp("execute")
    (folder / "cli.tfrc").write_text(cli_config(mirror))
    (folder / "source/app").mkdir(parents=True)
    (folder / "source/app/main.tf").write_text(MAIN)
    env = base_env(folder / "home") | {"TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc")}
    with start_aws() as endpoint:
        env |= aws_env(endpoint)
        lab = Lab(Aws(endpoint), folder / "repo", env)
        lab.aws.s3.create_bucket(Bucket=STATE_BUCKET)
        lab.aws.s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        lay_out(folder / "source", lab.repo, env)
        must(["terraform", "init", "-input=false", "-no-color"], cwd=lab.repo / "app", env=env)
        must(["terraform", "apply", "-auto-approve", "-input=false", "-no-color"], cwd=lab.repo / "app", env=env)
        commit(lab.repo, env, "apply")
        yield lab


@pytest.fixture(scope="module")
def plan(app: Lab) -> Path:
    """The plan file for what somebody did by hand."""
    topic, open_topic, group = (app.aws.attributes("app", address) for address in (
        "aws_sns_topic.alerts", "aws_sns_topic.left_open", "aws_security_group.web",
    ))  # fmt: skip
    app.aws.sns.set_topic_attributes(TopicArn=topic["arn"], AttributeName="DisplayName", AttributeValue="Pager")
    app.aws.sns.set_topic_attributes(TopicArn=open_topic["arn"], AttributeName="DisplayName", AttributeValue="Mine")
    app.aws.ssm.put_parameter(Name="/app/topic", Type="String", Value="by hand", Overwrite=True)
    app.aws.logs.delete_log_group(logGroupName="/app/audit")
    world = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    app.aws.ec2.authorize_security_group_ingress(GroupId=group["id"], IpPermissions=world)
    file = app.repo.parent / "fix.json"
    found = dg("remediate", "plan", "-o", "json", "--out", str(file), cwd=app.repo, env=app.env)
    assert found.code == 2, found.said
    return file


def test_a_plan_file_is_only_shown_without_yes(app: Lab, plan: Path) -> None:
    before = app.aws.objects_written()

    shown = dg("remediate", "apply", str(plan), "-o", "json", cwd=app.repo, env=app.env)

    assert shown.code == 0, shown.said
    steps = [(step["strategy"], step["address"]) for step in shown.json["steps"]]
    assert set(steps) == STEPS
    assert steps.index(("revert", "aws_sns_topic.alerts")) < steps.index(("revert", "aws_ssm_parameter.topic"))
    assert app.aws.objects_written() == before


def test_killed_while_the_provider_works_it_goes_on_and_the_next_scan_is_clean(app: Lab, plan: Path) -> None:
    done = _killed(app, plan, "while terraform applies")
    assert done.code == -signal.SIGKILL, done.said

    resumed = dg("remediate", "apply", "--resume", "--lock-timeout", "4m", "--yes", "-o", "json",
                 cwd=app.repo, env=app.env, seconds=480)  # fmt: skip
    assert resumed.code == 0, resumed.said
    assert {(step["strategy"], step["address"]) for step in resumed.json["done"]} == STEPS

    scan = dg("drift", "scan", "-o", "json", cwd=app.repo, env=app.env)
    assert scan.code == 0, scan.said
    assert counted(scan.unit("app")) == []
    topic = app.aws.attributes("app", "aws_sns_topic.alerts")["arn"]
    assert app.aws.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "Alerts"
    assert app.aws.attributes("app", "aws_sns_topic.left_open")["display_name"] == "Mine"


def test_every_version_of_the_state_is_kept(app: Lab) -> None:
    """What the run replaced is in a backup, and every one of them is what terraform wrote to the bucket."""
    kept = json.loads(dg("backup", "list", "-o", "json", cwd=app.repo, env=app.env).stdout)["backups"]
    history = app.aws.s3.list_object_versions(Bucket=STATE_BUCKET, Prefix="app/terraform.tfstate")["Versions"]
    bodies = [app.aws.s3.get_object(Bucket=STATE_BUCKET, Key=v["Key"], VersionId=v["VersionId"])["Body"].read()
              for v in history if v["Key"].endswith(".tfstate")]  # fmt: skip
    written, backed_up = {json.loads(body)["serial"] for body in bodies}, {item["serial"] for item in kept}

    assert backed_up <= written
    assert {serial for serial in written if min(backed_up) <= serial < max(written)} <= backed_up


def _killed(app: Lab, plan: Path, boundary: str) -> Run:
    """Run the plan up to that boundary, the fifth."""
    names = app.repo.parent / "names"
    arguments = ["remediate", "apply", str(plan), "--yes"]
    done = run([sys.executable, str(KILLED), "5", str(names), *arguments], cwd=app.repo, env=app.env)
    assert names.read_text().splitlines()[-1] == boundary
    return done
