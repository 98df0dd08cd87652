"""Who can read stored objects, and whether they can be lost: S3, Azure storage, Google Cloud Storage."""

from __future__ import annotations

from driftgate.drift.severity.facts import Leaves
from driftgate.drift.severity.reading import texts
from driftgate.drift.severity.rule import Rule, Verdict, by_leaf, changed, floor, guard, kept, ranked, risk
from driftgate.finding import Severity

_EVERYBODY = ("allusers", "allauthenticatedusers", "authenticatedusers")
_S3 = "aws_s3_bucket aws_s3_bucket_acl aws_s3_object"


def _grantees(old: Leaves, new: Leaves) -> Verdict | None:
    """Grants of an ACL: groups by URI (S3) or `ROLE:entity` (Google)."""
    was, now = texts(old), texts(new)
    if any(grantee.lower().endswith(_EVERYBODY) for grantee in now - was):
        return Severity.CRITICAL, "ACL opened to everybody"
    if now - was:
        return Severity.MEDIUM, "ACL grant added"
    return (Severity.LOW, "ACL grant removed") if was - now else None


def _origins(old: Leaves, new: Leaves) -> Verdict | None:
    """Origins a browser may come from."""
    was, now = texts(old), texts(new)
    if "*" in now - was:
        return Severity.MEDIUM, "every origin allowed"
    return (Severity.LOW, "origins changed") if was != now else None


RULES: tuple[Rule, ...] = (
    guard(
        "aws_s3_bucket_public_access_block aws_s3_account_public_access_block aws_s3_access_point",
        "block_public_acls block_public_policy ignore_public_acls restrict_public_buckets "
        "public_access_block_configuration.*",
        Severity.CRITICAL,
        "public access block",
    ),
    ranked(
        _S3,
        "acl",
        "public-read-write public-read authenticated-read aws-exec-read log-delivery-write bucket-owner-read "
        "bucket-owner-full-control private",
        Severity.CRITICAL,
        "ACL",
    ),
    by_leaf(
        f"{_S3} google_storage_*_acl google_storage_*_access_control",
        "access_control_policy.grant.grantee.uri grant.uri role_entity entity",
        _grantees,
        "ACL grant for everybody: critical; for others: medium; removed: low",
    ),
    ranked(
        "google_storage_*_acl",
        "predefined_acl default_acl",
        "publicReadWrite publicRead authenticatedRead projectPrivate bucketOwnerRead bucketOwnerFullControl private",
        Severity.CRITICAL,
        "ACL",
    ),
    ranked(
        "aws_s3_bucket_ownership_controls",
        "rule.object_ownership",
        "ObjectWriter BucketOwnerPreferred BucketOwnerEnforced",
        Severity.MEDIUM,
        "object ownership",
    ),
    guard(
        "aws_s3_bucket aws_s3_bucket_versioning google_storage_bucket azurerm_storage_account",
        "versioning_configuration.status versioning.enabled blob_properties.versioning_enabled",
        Severity.HIGH,
        "versioning",
    ),
    guard(
        "aws_s3_bucket aws_s3_bucket_versioning",
        "versioning_configuration.mfa_delete versioning.mfa_delete",
        Severity.HIGH,
        "MFA delete",
    ),
    ranked(
        "aws_s3_bucket aws_s3_bucket_server_side_encryption_configuration",
        "rule.apply_server_side_encryption_by_default.sse_algorithm "
        "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm",
        "AES256 aws:kms aws:kms:dsse",
        Severity.MEDIUM,
        "encryption",
    ),
    kept(
        "aws_s3_bucket aws_s3_bucket_server_side_encryption_configuration",
        "rule.apply_server_side_encryption_by_default.sse_algorithm "
        "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm",
        Severity.HIGH,
        Severity.INFO,
        "encryption",
    ),
    kept(
        "aws_s3_bucket aws_s3_bucket_server_side_encryption_configuration",
        "rule.apply_server_side_encryption_by_default.kms_master_key_id "
        "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.kms_master_key_id",
        Severity.HIGH,
        Severity.HIGH,
        "encryption key",
    ),
    floor(
        "aws_s3_bucket aws_s3_bucket_lifecycle_configuration",
        "rule.expiration.days rule.noncurrent_version_expiration.noncurrent_days lifecycle_rule.expiration.days "
        "lifecycle_rule.noncurrent_version_expiration.days",
        Severity.HIGH,
        "time before objects expire",
    ),
    changed(
        "aws_s3_bucket aws_s3_bucket_lifecycle_configuration google_storage_bucket azurerm_storage_management_policy",
        "rule.status rule.filter rule.transition lifecycle_rule lifecycle_rule.* rule.actions",
        Severity.MEDIUM,
        "lifecycle",
    ),
    guard("aws_s3_bucket", "object_lock_enabled", Severity.HIGH, "object lock"),
    floor(
        "aws_s3_bucket_object_lock_configuration",
        "rule.default_retention.days rule.default_retention.years",
        Severity.HIGH,
        "retention",
    ),
    ranked(
        "aws_s3_bucket_object_lock_configuration",
        "rule.default_retention.mode",
        "GOVERNANCE COMPLIANCE",
        Severity.HIGH,
        "retention mode",
    ),
    kept(
        "aws_s3_bucket aws_s3_bucket_logging",
        "logging.target_bucket target_bucket",
        Severity.HIGH,
        Severity.HIGH,
        "access log bucket",
    ),
    by_leaf(
        "aws_s3_bucket aws_s3_bucket_cors_configuration google_storage_bucket",
        "cors_rule.allowed_origins cors.origin",
        _origins,
        "every origin allowed: medium; other origins: low",
    ),
    risk(
        "azurerm_storage_account",
        "allow_nested_items_to_be_public allow_blob_public_access",
        Severity.CRITICAL,
        "public blobs",
    ),
    ranked(
        "azurerm_storage_container",
        "container_access_type",
        "container blob private",
        Severity.CRITICAL,
        "private access",
    ),
    ranked(
        "azurerm_*",
        "network_rules.default_action network_acls.default_action default_action",
        "Allow Deny",
        Severity.HIGH,
        "network rule",
    ),
    floor(
        "azurerm_storage_account google_storage_bucket",
        "blob_properties.delete_retention_policy.days blob_properties.container_delete_retention_policy.days "
        "retention_policy.retention_period soft_delete_policy.retention_duration_seconds",
        Severity.HIGH,
        "retention",
    ),
    guard("google_storage_bucket", "retention_policy.is_locked", Severity.HIGH, "retention lock"),
    guard("google_storage_bucket", "uniform_bucket_level_access", Severity.HIGH, "uniform access"),
    ranked(
        "google_storage_bucket",
        "public_access_prevention",
        "inherited enforced",
        Severity.CRITICAL,
        "public access prevention",
    ),
)
