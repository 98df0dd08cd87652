"""Plans that real Terraform and the AWS provider made (tests/fixtures/plans/README.md)."""

from __future__ import annotations

import pytest
from drift.plan_builder import judge, recorded

from driftgate.finding import DriftClass, Finding, Severity

REVERTED, OUTSIDE, MISSING = DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE, DriftClass.MISSING
LOGS = "module.logs.aws_cloudwatch_log_group.this"

# What was done by hand: address, attribute, class, least severity.
TAMPERED = [
    ("aws_dynamodb_table.locks", "billing_mode", REVERTED, Severity.LOW),
    ("aws_dynamodb_table.locks", "point_in_time_recovery[0].enabled", REVERTED, Severity.MEDIUM),
    ("aws_dynamodb_table.locks", "point_in_time_recovery[0].recovery_period_in_days", OUTSIDE, Severity.INFO),
    ("aws_dynamodb_table.locks", "read_capacity", OUTSIDE, Severity.INFO),
    ("aws_dynamodb_table.locks", "write_capacity", OUTSIDE, Severity.INFO),
    ("aws_ecr_repository.app", "image_tag_mutability", REVERTED, Severity.LOW),
    ("aws_iam_role.app", "description", REVERTED, Severity.INFO),
    ("aws_iam_role.app", "inline_policy", OUTSIDE, Severity.CRITICAL),
    ("aws_iam_role.app", "managed_policy_arns", OUTSIDE, Severity.MEDIUM),
    ("aws_iam_role.app", "max_session_duration", REVERTED, Severity.LOW),
    ("aws_lambda_function.app", "environment[0].variables.MODE", REVERTED, Severity.LOW),
    ("aws_lambda_function.app", "environment[0].variables.TOKEN", REVERTED, Severity.LOW),
    ("aws_lambda_function.app", "timeout", REVERTED, Severity.LOW),
    ("aws_route_table.separate", "route", OUTSIDE, Severity.MEDIUM),
    ("aws_s3_bucket.assets", "tags.team", REVERTED, Severity.INFO),
    ("aws_s3_bucket_policy.logs", "policy", REVERTED, Severity.CRITICAL),
    ("aws_s3_bucket_public_access_block.assets", "", MISSING, Severity.HIGH),
    ("aws_s3_bucket_versioning.assets", "versioning_configuration[0].status", REVERTED, Severity.MEDIUM),
    ("aws_security_group.inline", "ingress", REVERTED, Severity.CRITICAL),
    ("aws_security_group.rules", "ingress", OUTSIDE, Severity.CRITICAL),
    ("aws_security_group.vpcrules", "ingress", OUTSIDE, Severity.CRITICAL),
    ("aws_sns_topic.alerts", "display_name", REVERTED, Severity.INFO),
    ("aws_ssm_parameter.db", "value", REVERTED, Severity.MEDIUM),
    ("aws_ssm_parameter.flag", "value", REVERTED, Severity.LOW),
    ("aws_ssm_parameter.loose", "value", OUTSIDE, Severity.INFO),
    ("aws_vpc.main", "tags.Name", REVERTED, Severity.INFO),
    ("aws_vpc.main", "tags.extra", REVERTED, Severity.INFO),
    ("aws_vpc_security_group_ingress_rule.ssh", "", MISSING, Severity.MEDIUM),
    (f'{LOGS}["api"]', "retention_in_days", REVERTED, Severity.LOW),
    (f'{LOGS}["web"]', "", MISSING, Severity.MEDIUM),
]

GONE = {
    "aws_iam_policy.app", "aws_iam_role_policy_attachment.app", "aws_iam_user.bot", "aws_kms_key.main",
    "aws_sns_topic.alerts", "aws_sns_topic_policy.alerts", f'{LOGS}["api"]', f'{LOGS}["web"]',
}  # fmt: skip


def drift(findings: list[Finding]) -> dict[tuple[str, str], DriftClass]:
    return {(item.address, a.path): a.cls for item in findings for a in item.attributes if a.cls.is_drift}


def pending(findings: list[Finding]) -> dict[str, set[str]]:
    found = {item.address: {a.path for a in item.attributes if a.cls is DriftClass.PENDING} for item in findings}
    return {address: paths for address, paths in found.items() if paths}


def test_right_after_an_apply_nothing_is_drift() -> None:
    findings = judge(recorded("untouched"))

    assert {item.cls for item in findings} == {DriftClass.COMPUTED}
    assert {a.severity for item in findings for a in item.attributes} == {Severity.NONE}
    assert len(findings) == 27
    assert len({item.type for item in findings}) >= 18


def test_nor_in_another_repo() -> None:
    findings = judge(recorded("untouched-more"))

    assert drift(findings) == {}
    assert pending(findings) == {}
    assert len(findings) == 33


def test_everything_done_by_hand_is_found_and_nothing_else() -> None:
    assert drift(judge(recorded("tampered"))) == {(address, path): cls for address, path, cls, _ in TAMPERED}


@pytest.mark.parametrize(("address", "path", "cls", "least"), TAMPERED, ids=str)
def test_how_much_each_matters(address: str, path: str, cls: DriftClass, least: Severity) -> None:
    [found] = [item for item in judge(recorded("tampered")) if item.address == address]
    [attribute] = [a for a in found.attributes if a.path == path]

    assert attribute.severity >= least
    assert found.severity >= attribute.severity


def test_nothing_is_pending_while_the_code_stands_still() -> None:
    assert pending(judge(recorded("tampered"))) == {}


def test_drift_and_code_are_told_apart() -> None:
    findings = judge(recorded("code-moved"))
    by_address = {item.address: item for item in findings}

    assert pending(findings) == {
        "aws_cloudwatch_log_group.lambda": {"retention_in_days", "tags_all.team"},
        "aws_dynamodb_table.locks": {"tags.Name"},
        "aws_iam_group.operators": {""},
        "aws_iam_policy.app": {"policy"},
        "aws_iam_user.bot": {""},
        "aws_route_table_association.a": {"subnet_id"},
        "aws_s3_bucket.assets": {"tags.env"},
        "aws_sns_topic.extra": {""},
        "aws_ssm_parameter.flag": {""},
        "aws_subnet.a": {"cidr_block"},
    }
    forgotten = {("aws_ssm_parameter.flag", "value")}  # Terraform does not even read what it is to forget
    assert drift(findings).keys() == drift(judge(recorded("tampered"))).keys() - forgotten
    assert by_address[f'{LOGS}["api"]'].attributes[0].reason.startswith("the code changed too")
    assert by_address["aws_subnet.a"].reason == "the code change forces replacement"
    assert by_address["aws_iam_group.operators"].reason == "moved from aws_iam_group.ops"
    assert by_address["aws_cloudwatch_log_group.lambda"].reason == "to be imported"


def test_what_only_follows_from_a_missing_object_is_no_change_of_code() -> None:
    findings = judge(recorded("upstream-gone"))
    reasons = {(item.address, a.path): a.reason for item in findings for a in item.attributes}

    assert drift(findings) == {(address, ""): MISSING for address in GONE}
    assert pending(findings) == {}
    assert reasons["aws_ssm_parameter.arns", "value"] == f'follows from {LOGS}["api"] or {LOGS}["web"]'
    key = "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
    assert reasons["aws_s3_bucket_server_side_encryption_configuration.assets", key] == "follows from aws_kms_key.main"
    [user] = [item for item in findings if item.address == "aws_iam_user.bot"]
    assert user.reason == "gone from the cloud; also removed from code"


@pytest.mark.parametrize("name", ["errored", "refresh-only"])
def test_a_plan_that_stopped_half_way_still_tells_what_was_read(name: str) -> None:
    findings = judge(recorded(name))

    assert drift(findings) == {(address, ""): MISSING for address in GONE}
    assert not any("removed from code" in item.reason for item in findings)


def test_secrets_are_marked() -> None:
    values = {
        (item.address, a.path): a.sensitive
        for name in ("tampered", "code-moved")
        for item in judge(recorded(name))
        for a in item.attributes
    }

    assert values["aws_ssm_parameter.db", "value"]
    assert not values["aws_vpc.main", "tags.Name"]
    assert values["aws_ssm_parameter.flag", ""]
