from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.finding import Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]

NOTHING = [
    pytest.param("aws_db_instance", "deletion_protection", False, True, id="deletion protection on"),
    pytest.param("aws_db_instance", "backup_retention_period", 1, 30, id="backups kept longer"),
    pytest.param("aws_cloudwatch_log_group", "retention_in_days", 30, 0, id="logs kept for ever"),
    pytest.param("aws_cloudtrail", "enable_logging", False, True, id="a trail on"),
    pytest.param("aws_db_instance", "enabled_cloudwatch_logs_exports", [], ["audit"], id="a log export added"),
    pytest.param("google_sql_database_instance", "settings[0].availability_type", "ZONAL", "REGIONAL",
        id="a Google standby added"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_more_protection_is_info(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] is Severity.INFO


CASES = [
    pytest.param("aws_db_instance", "deletion_protection", True, False, Severity.HIGH,
        "deletion protection switched off", id="deletion protection off"),
    pytest.param("aws_instance", "disable_api_termination", True, False, Severity.HIGH,
        "deletion protection switched off", id="termination protection off"),
    pytest.param("google_sql_database_instance", "deletion_protection", True, None, Severity.HIGH,
        "deletion protection switched off", id="Google deletion protection gone"),
    pytest.param("azurerm_key_vault", "purge_protection_enabled", True, False, Severity.HIGH,
        "purge protection switched off", id="Azure purge protection off"),
    pytest.param("aws_db_instance", "backup_retention_period", 30, 1, Severity.HIGH, "backup retention shortened",
        id="backups kept for a day"),
    pytest.param("aws_db_instance", "backup_retention_period", 30, 0, Severity.HIGH, "backup retention removed",
        id="backups off"),
    pytest.param("aws_db_instance", "backup_retention_period", 30, None, Severity.HIGH, "backup retention removed",
        id="backups gone"),
    pytest.param("azurerm_postgresql_flexible_server", "backup_retention_days", 30, 7, Severity.HIGH,
        "backup retention shortened", id="Azure backups kept shorter"),
    pytest.param("google_sql_database_instance", "settings[0].backup_configuration[0].enabled", True, False,
        Severity.HIGH, "backup switched off", id="Google backups off"),
    pytest.param("aws_dynamodb_table", "point_in_time_recovery[0].enabled", True, False, Severity.HIGH,
        "backup switched off", id="point-in-time recovery off"),
    pytest.param("aws_db_instance", "multi_az", True, False, Severity.MEDIUM, "standby copy switched off",
        id="no standby"),
    pytest.param("google_sql_database_instance", "settings[0].availability_type", "REGIONAL", "ZONAL",
        Severity.MEDIUM, "standby copy weakened", id="no Google standby"),
    pytest.param("azurerm_storage_account", "account_replication_type", "GRS", "LRS", Severity.MEDIUM,
        "replication weakened", id="Azure copies in one place"),
    pytest.param("aws_s3_bucket", "force_destroy", False, True, Severity.MEDIUM,
        "deletion without a copy switched on", id="a bucket that goes with its objects"),
    pytest.param("aws_cloudtrail", "enable_logging", True, False, Severity.CRITICAL, "audit trail switched off",
        id="the trail stopped"),
    pytest.param("aws_cloudtrail", "s3_bucket_name", "a", "b", Severity.HIGH, "audit trail changed",
        id="the trail goes elsewhere"),
    pytest.param("aws_guardduty_detector", "enable", True, False, Severity.CRITICAL, "threat detection switched off",
        id="the detector off"),
    pytest.param("aws_lb", "access_logs[0].enabled", True, False, Severity.MEDIUM, "logging switched off",
        id="access logs off"),
    pytest.param("google_compute_subnetwork", "log_config", [{"aggregation_interval": "INTERVAL_5_SEC"}], [],
        Severity.HIGH, "log destination removed", id="Google flow logs gone"),
    pytest.param("aws_cloudwatch_metric_alarm", "actions_enabled", True, False, Severity.HIGH, "alarm switched off",
        id="an alarm silenced"),
    pytest.param("aws_cloudwatch_metric_alarm", "alarm_actions", ["arn"], [], Severity.MEDIUM,
        "alarm action removed", id="an alarm that tells nobody"),
    pytest.param("aws_eks_cluster", "enabled_cluster_log_types", ["api", "audit"], ["api"], Severity.HIGH,
        "log export removed", id="cluster audit log off"),
    pytest.param("google_container_cluster", "logging_service", "logging.googleapis.com/kubernetes", "none",
        Severity.HIGH, "cluster logging weakened", id="Google cluster logging off"),
    pytest.param("aws_cloudwatch_log_group", "retention_in_days", 365, 7, Severity.MEDIUM, "log retention shortened",
        id="logs kept for a week"),
    pytest.param("aws_cloudwatch_log_group", "retention_in_days", 0, 365, Severity.MEDIUM, "log retention shortened",
        id="logs no longer kept for ever"),
    pytest.param("azurerm_log_analytics_workspace", "retention_in_days", 90, 30, Severity.MEDIUM,
        "log retention shortened", id="Azure logs kept shorter"),
    pytest.param("aws_sqs_queue", "message_retention_seconds", 345600, 60, Severity.MEDIUM, "retention shortened",
        id="messages kept for a minute"),
    pytest.param("aws_sqs_queue", "redrive_policy", "{}", "", Severity.MEDIUM, "dead-letter queue removed",
        id="no dead-letter queue"),
    pytest.param("aws_kms_key", "deletion_window_in_days", 30, 7, Severity.MEDIUM, "time before deletion shortened",
        id="a key that goes sooner"),
    pytest.param("aws_instance", "monitoring", True, False, Severity.LOW, "detailed monitoring switched off",
        id="detailed monitoring off"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), CASES)
def test_protection(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)
