"""What keeps things from being lost or unseen: deletion protection, backups, standby copies, logs and alarms."""

from __future__ import annotations

from driftgate.drift.severity.rule import Rule, changed, floor, guard, kept, members, ranked, risk
from driftgate.finding import Severity

RULES: tuple[Rule, ...] = (
    guard(
        "*",
        "deletion_protection deletion_protection_enabled enable_deletion_protection disable_api_termination "
        "disable_api_stop termination_protection settings.deletion_protection_enabled",
        Severity.HIGH,
        "deletion protection",
    ),
    guard(
        "azurerm_key_vault",
        "purge_protection_enabled soft_delete_enabled",
        Severity.HIGH,
        "purge protection",
    ),
    kept("azurerm_management_lock", "lock_level", Severity.HIGH, Severity.MEDIUM, "lock"),
    risk(
        "*",
        "skip_final_snapshot force_destroy force_delete delete_automated_backups",
        Severity.MEDIUM,
        "deletion without a copy",
    ),
    guard(
        "*",
        "point_in_time_recovery.enabled backup_policy.status settings.backup_configuration.enabled "
        "settings.backup_configuration.point_in_time_recovery_enabled settings.backup_configuration.binary_log_enabled "
        "point_in_time_recovery_enabled automatic_backup_enabled",
        Severity.HIGH,
        "backup",
    ),
    floor(
        "*",
        "backup_retention_period automated_snapshot_retention_period snapshot_retention_limit backup_retention_days "
        "automatic_backup_retention_days preferred_retention_period short_term_retention_policy.retention_days "
        "settings.backup_configuration.transaction_log_retention_days "
        "settings.backup_configuration.backup_retention_settings.retained_backups retention_daily.count "
        "rule.lifecycle.delete_after",
        Severity.HIGH,
        "backup retention",
    ),
    floor(
        "aws_kms_*key aws_secretsmanager_secret azurerm_key_vault google_kms_crypto_key",
        "deletion_window_in_days recovery_window_in_days soft_delete_retention_days destroy_scheduled_duration",
        Severity.MEDIUM,
        "time before deletion",
    ),
    guard(
        "*",
        "multi_az multi_az_enabled automatic_failover_enabled geo_redundant_backup_enabled zone_redundant "
        "zone_redundancy_enabled enable_cross_zone_load_balancing",
        Severity.MEDIUM,
        "standby copy",
    ),
    ranked(
        "google_sql_database_instance", "settings.availability_type", "ZONAL REGIONAL", Severity.MEDIUM, "standby copy"
    ),
    ranked(
        "azurerm_storage_account azurerm_recovery_services_vault",
        "account_replication_type storage_mode_type",
        "LRS LocallyRedundant ZRS ZoneRedundant GRS GeoRedundant RAGRS GZRS RAGZRS",
        Severity.MEDIUM,
        "replication",
    ),
    guard(
        "aws_cloudtrail",
        "enable_logging is_multi_region_trail enable_log_file_validation include_global_service_events",
        Severity.CRITICAL,
        "audit trail",
    ),
    changed(
        "aws_cloudtrail",
        "s3_bucket_name event_selector event_selector.* advanced_event_selector",
        Severity.HIGH,
        "audit trail",
    ),
    kept("aws_cloudtrail", "cloud_watch_logs_group_arn", Severity.HIGH, Severity.HIGH, "audit trail"),
    guard(
        "aws_guardduty_detector aws_config_configuration_recorder_status aws_securityhub_account aws_inspector2_* "
        "aws_macie2_account",
        "enable is_enabled recording_group.all_supported status",
        Severity.CRITICAL,
        "threat detection",
    ),
    guard(
        "*",
        "access_logs.enabled connection_logs.enabled logging.enabled logging_enabled access_logging.enabled "
        "log_config.enable enhanced_vpc_routing logging_config.enabled "
        "metrics_enabled performance_insights_enabled monitoring.enabled",
        Severity.MEDIUM,
        "logging",
    ),
    kept(
        "*",
        "access_logs.bucket log_config.aggregation_interval access_log_settings.destination_arn logging_config.bucket "
        "log_destination log_analytics_workspace_id logging_configuration.log_destination_configs",
        Severity.HIGH,
        Severity.HIGH,
        "log destination",
    ),
    guard("aws_instance aws_launch_template", "monitoring", Severity.LOW, "detailed monitoring"),
    floor("aws_db_instance aws_rds_cluster*", "monitoring_interval", Severity.LOW, "monitoring interval"),
    guard(
        "aws_cloudwatch_* azurerm_monitor_* google_monitoring_*",
        "actions_enabled enabled is_enabled",
        Severity.HIGH,
        "alarm",
    ),
    members(
        "aws_cloudwatch_* aws_sns_*",
        "alarm_actions ok_actions insufficient_data_actions",
        Severity.LOW,
        Severity.MEDIUM,
        "alarm action",
    ),
    changed(
        "aws_cloudwatch_metric_alarm", "threshold evaluation_periods comparison_operator", Severity.MEDIUM, "alarm"
    ),
    members(
        "*",
        "enabled_cloudwatch_logs_exports enabled_cluster_log_types enable_components "
        "logging_config.enable_components enabled_log.category enabled_log",
        Severity.INFO,
        Severity.HIGH,
        "log export",
    ),
    ranked(
        "google_container_cluster",
        "logging_service monitoring_service",
        "none logging.googleapis.com monitoring.googleapis.com logging.googleapis.com/kubernetes "
        "monitoring.googleapis.com/kubernetes",
        Severity.HIGH,
        "cluster logging",
    ),
    floor(
        "aws_cloudwatch_log_group",
        "retention_in_days",
        Severity.MEDIUM,
        "log retention",
        zero_is_forever=True,
    ),
    floor(
        "azurerm_log_analytics_workspace google_logging_project_bucket_config azurerm_monitor_*",
        "retention_in_days retention_days retention_policy.days",
        Severity.MEDIUM,
        "log retention",
    ),
    floor(
        "aws_sqs_queue aws_kinesis_stream", "message_retention_seconds retention_period", Severity.MEDIUM, "retention"
    ),
    kept(
        "aws_sqs_queue aws_lambda_function",
        "redrive_policy dead_letter_config.target_arn",
        Severity.MEDIUM,
        Severity.LOW,
        "dead-letter queue",
    ),
)
