from __future__ import annotations

import pytest

from driftgate.drift.noise.volatile import VOLATILE, is_volatile

TYPES = sorted({types.replace("*", "thing") for types in VOLATILE} | {"aws_security_group", "aws_s3_bucket"})


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    "place",
    [
        "policy",
        "assume_role_policy",
        "ingress",
        "egress",
        "kms_key_id",
        "encrypted",
        "storage_encrypted",
        "publicly_accessible",
        "deletion_protection",
        "acl",
        "value",
        "secret_string",
        "source_code_hash",
        "tags.Name",
        "versioning_configuration.status",
        "rule.cidr_blocks",
        "image_id",
        "ami",
        "unique_id",
        "instance_state",
    ],
)
def test_what_decides_over_access_or_content_is_never_volatile(type_: str, place: str) -> None:
    assert not is_volatile(type_, place)


@pytest.mark.parametrize(
    ("type_", "place", "expected"),
    [
        ("aws_iam_role", "role_last_used.region", True),
        ("aws_db_instance", "latest_restorable_time", True),
        ("aws_cloudfront_distribution", "etag", True),
        ("aws_ssm_parameter", "version", True),
        ("aws_eks_cluster", "version", False),
        ("aws_s3_object", "etag", False),
        ("aws_lambda_function", "last_modified", True),
        ("google_compute_instance", "label_fingerprint", True),
        ("google_storage_bucket_object", "generation", False),
    ],
)
def test_table(type_: str, place: str, expected: bool) -> None:
    assert is_volatile(type_, place) is expected
