"""Attributes whose value the cloud moves by itself. Data; nothing here may decide who can reach or read a thing."""

from __future__ import annotations

from fnmatch import fnmatchcase

# Resource type glob -> globs of attribute paths (without indices).
VOLATILE: dict[str, tuple[str, ...]] = {
    "*": (
        "last_modified",
        "last_modified_*",
        "last_updated",
        "last_updated_*",
        "last_used",
        "last_used_*",
        "latest_restorable_time",
        "modified_at",
        "modified_date",
        "updated_at",
        "update_time",
        "etag",
        "metadata.resource_version",
        "metadata.generation",
        "metadata.managed_fields",
    ),
    "aws_acm_certificate": ("renewal_*", "pending_renewal", "not_after", "not_before"),
    "aws_backup_vault": ("recovery_points",),
    "aws_cloudfront_distribution": ("in_progress_validation_batches", "status"),
    "aws_db_*": ("engine_version_actual", "replicas"),
    "aws_ecs_task_definition": ("revision", "arn", "id"),
    "aws_efs_file_system": ("size_in_bytes*", "number_of_mount_targets"),
    "aws_eks_*": ("platform_version", "resources*"),
    "aws_elasticache_*": ("engine_version_actual", "member_clusters"),
    "aws_iam_policy": ("attachment_count",),
    "aws_iam_role": ("role_last_used*",),
    "aws_instance": ("public_ip", "public_dns", "password_data"),
    "aws_lambda_*": ("version", "qualified_arn", "qualified_invoke_arn"),
    "aws_launch_template": ("latest_version",),
    "aws_*lb_target_group": ("load_balancer_arns",),
    "aws_rds_*": ("engine_version_actual", "cluster_members"),
    "aws_sfn_state_machine": ("revision_id", "state_machine_version_arn"),
    "aws_ssm_document": ("latest_version",),
    "aws_ssm_parameter": ("version",),
    "aws_wafv2_*": ("lock_token", "capacity"),
    "google_*": (
        "fingerprint",
        "*_fingerprint",
        "generation",
        "metageneration",
        "effective_time",
        "creation_timestamp",
    ),
    "google_cloud_run*": (
        "conditions*",
        "terminal_condition*",
        "latest_*",
        "observed_generation",
        "reconciling",
        "status*",
    ),
}

# Where a generic name is the only sign of a change that matters: an object's etag moves with its content.
TELLING = {
    "aws_s3_object": ("etag",),
    "aws_s3_bucket_object": ("etag",),
    "google_storage_bucket_object": ("generation",),
}


def is_volatile(type_: str, place: str) -> bool:
    """Whether the cloud moves this attribute (path without indices) of that resource type by itself."""
    if place in TELLING.get(type_, ()):
        return False
    return any(
        fnmatchcase(place, pattern)
        for types, patterns in VOLATILE.items()
        if fnmatchcase(type_, types)
        for pattern in patterns
    )
