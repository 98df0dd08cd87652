"""Objects that are in a state and gone from the cloud: what is lost, by type."""

from __future__ import annotations

from fnmatch import fnmatchcase

from driftgate.drift.severity.rule import Verdict
from driftgate.finding import Severity

# First match wins: the exceptions stand before the family they belong to.
MISSING: tuple[tuple[Severity, str, str], ...] = (
    (
        Severity.MEDIUM,
        "gone: rules and settings around a data store",
        "aws_*_parameter_group aws_*_subnet_group aws_*_option_group aws_s3_bucket_lifecycle_configuration "
        "aws_s3_bucket_notification aws_s3_bucket_cors_configuration aws_s3_bucket_website_configuration "
        "aws_s3_bucket_metric aws_s3_bucket_inventory aws_db_event_subscription aws_kms_alias",
    ),
    (
        Severity.MEDIUM,
        "gone: logs, alarms, dashboards and helpers",
        "aws_cloudwatch_log_* aws_cloudwatch_metric_* aws_cloudwatch_composite_alarm aws_cloudwatch_dashboard "
        "aws_*_tag aws_resourcegroups_group "
        "azurerm_monitor_*alert* azurerm_dashboard azurerm_portal_dashboard google_monitoring_* "
        "google_logging_metric random_* null_resource time_* local_*",
    ),
    (
        Severity.CRITICAL,
        "gone: public access to the bucket is no longer blocked",
        "aws_s3_bucket_public_access_block aws_s3_account_public_access_block",
    ),
    (
        Severity.CRITICAL,
        "gone: holds data",
        "aws_db_instance aws_rds_cluster aws_rds_global_cluster aws_docdb_cluster aws_neptune_cluster "
        "aws_redshift_cluster aws_dynamodb_table aws_dynamodb_global_table aws_elasticsearch_domain "
        "aws_opensearch_domain aws_s3_bucket aws_ebs_volume aws_efs_file_system aws_fsx_*_file_system "
        "aws_backup_vault aws_ecr_repository aws_secretsmanager_secret azurerm_*_database "
        "azurerm_*sql*_server azurerm_cosmosdb_account azurerm_storage_account azurerm_storage_container "
        "azurerm_managed_disk azurerm_recovery_services_vault google_sql_database* google_spanner_* "
        "google_bigtable_* google_bigquery_dataset google_bigquery_table google_storage_bucket "
        "google_compute_disk google_firestore_database google_filestore_instance",
    ),
    (
        Severity.CRITICAL,
        "gone: what it encrypted cannot be read",
        "aws_kms_key aws_kms_replica_key aws_kms_external_key azurerm_key_vault azurerm_key_vault_key "
        "google_kms_crypto_key google_kms_key_ring",
    ),
    (
        Severity.CRITICAL,
        "gone: nobody records what happens",
        "aws_cloudtrail aws_guardduty_detector aws_config_configuration_recorder",
    ),
)


def judge_missing(type_: str) -> Verdict | None:
    """The verdict on a missing object of that type, None when the class default holds."""
    for severity, reason, types in MISSING:
        if any(fnmatchcase(type_, glob) for glob in types.split()):
            return severity, reason
    return None
