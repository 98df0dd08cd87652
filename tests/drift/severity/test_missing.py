from __future__ import annotations

import pytest

from driftgate.drift.severity import Facts, judge
from driftgate.finding import DriftClass, Mark, Severity

CASES = [
    pytest.param("aws_cloudwatch_log_group", Severity.MEDIUM, id="a log group"),
    pytest.param("aws_cloudwatch_metric_alarm", Severity.MEDIUM, id="an alarm"),
    pytest.param("aws_ec2_tag", Severity.MEDIUM, id="a tag of its own"),
    pytest.param("aws_db_parameter_group", Severity.MEDIUM, id="settings around a database"),
    pytest.param("aws_security_group", Severity.HIGH, id="a security group"),
    pytest.param("aws_iam_role", Severity.HIGH, id="a role"),
    pytest.param("aws_sqs_queue", Severity.HIGH, id="a queue"),
    pytest.param("aws_sns_topic", Severity.HIGH, id="a topic"),
    pytest.param("some_thing", Severity.HIGH, id="a type nobody knows"),
    pytest.param("aws_db_instance", Severity.CRITICAL, id="a database"),
    pytest.param("aws_s3_bucket", Severity.CRITICAL, id="a bucket"),
    pytest.param("aws_s3_bucket_public_access_block", Severity.CRITICAL, id="a public access block"),
    pytest.param("aws_kms_key", Severity.CRITICAL, id="a key"),
    pytest.param("aws_cloudtrail", Severity.CRITICAL, id="a trail"),
    pytest.param("azurerm_mssql_database", Severity.CRITICAL, id="an Azure database"),
    pytest.param("azurerm_storage_account", Severity.CRITICAL, id="an Azure storage account"),
    pytest.param("google_sql_database_instance", Severity.CRITICAL, id="a Google database"),
    pytest.param("google_storage_bucket", Severity.CRITICAL, id="a Google bucket"),
]


def test_a_missing_object_is_not_encryption_switched_off() -> None:
    before = {"storage_encrypted": True, "deletion_protection": True}

    _, reason = judge(Facts("aws_db_instance", "", DriftClass.MISSING, before, Mark.ABSENT, before, before, {}))

    assert reason == "gone: holds data"


@pytest.mark.parametrize(("type_", "severity"), CASES)
def test_a_missing_object_is_judged_by_its_type(type_: str, severity: Severity) -> None:
    assert judge(Facts(type_, "", DriftClass.MISSING, {"id": "x"}, Mark.ABSENT, {}, {"id": "x"}, {}))[0] is severity
