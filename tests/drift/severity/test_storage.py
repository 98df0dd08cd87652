from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from driftgate.finding import Mark, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
RULE = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": "k1"}]}
AES = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256", "kms_master_key_id": ""}]}


def statement(principal: object, action: str = "s3:GetObject", **more: object) -> str:
    """A bucket policy of one statement."""
    own = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "arn:aws:s3:::b/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**own, **more}]})


NOTHING = [
    pytest.param("aws_s3_bucket_versioning", "versioning_configuration[0].status", "Suspended", "Enabled",
        id="versioning on"),
    pytest.param("aws_s3_bucket_public_access_block", "block_public_acls", False, True,
        id="the public access block on"),
    pytest.param("aws_s3_bucket_acl", "acl", "public-read", "private", id="an ACL made private"),
    pytest.param("aws_s3_bucket_policy", "policy", statement("*"), " " + statement("*"),
        id="an open policy with another space"),
    pytest.param("aws_s3_bucket_server_side_encryption_configuration", "rule", [AES], [RULE],
        id="encryption with a key of one's own"),
    pytest.param("azurerm_storage_container", "container_access_type", "blob", "private",
        id="a container made private"),
    pytest.param("google_storage_bucket", "public_access_prevention", "inherited", "enforced",
        id="public access prevented"),
    pytest.param("google_storage_bucket", "versioning[0].enabled", False, True, id="Google versioning on"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_tightened_is_info(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] is Severity.INFO


CASES = [
    pytest.param("aws_s3_bucket_versioning", "versioning_configuration[0].status", "Enabled", "Suspended",
        Severity.HIGH, "versioning switched off", id="versioning suspended"),
    pytest.param("aws_s3_bucket_versioning", "versioning_configuration", [{"status": "Enabled"}],
        [{"status": "Suspended"}], Severity.HIGH, "versioning switched off",
        id="versioning suspended, seen as a block"),
    pytest.param("aws_s3_bucket", "versioning[0].enabled", True, False, Severity.HIGH, "versioning switched off",
        id="versioning suspended on the bucket itself"),
    pytest.param("aws_s3_bucket_versioning", "versioning_configuration[0].mfa_delete", "Enabled", "Disabled",
        Severity.HIGH, "MFA delete switched off", id="MFA delete off"),
    pytest.param("aws_s3_bucket_public_access_block", "block_public_policy", True, False, Severity.CRITICAL,
        "public access block switched off", id="public access block off"),
    pytest.param("aws_s3_bucket_public_access_block", "restrict_public_buckets", True, None, Severity.CRITICAL,
        "public access block switched off", id="public access block gone"),
    pytest.param("aws_s3_bucket_acl", "acl", "private", "public-read", Severity.CRITICAL, "ACL weakened",
        id="ACL made public"),
    pytest.param("aws_s3_bucket_acl", "acl", "private", "something-new", Severity.MEDIUM,
        "the next apply puts it back", id="an ACL nobody knows"),
    pytest.param("aws_s3_bucket", "grant", [], [{"uri": ALL_USERS, "permissions": ["READ"]}], Severity.CRITICAL,
        "ACL opened to everybody", id="a grant to everybody"),
    pytest.param("aws_s3_bucket_acl", "access_control_policy[0].grant", [], [{"grantee": [{"uri": ALL_USERS}]}],
        Severity.CRITICAL, "ACL opened to everybody", id="a grant to everybody in an access control policy"),
    pytest.param("google_storage_bucket_acl", "role_entity", ["OWNER:x"], ["OWNER:x", "READER:allUsers"],
        Severity.CRITICAL, "ACL opened to everybody", id="a Google grant to everybody"),
    pytest.param("google_storage_bucket_acl", "role_entity", [], ["READER:user-x"], Severity.MEDIUM,
        "ACL grant added", id="a Google grant to somebody"),
    pytest.param("google_storage_bucket_acl", "role_entity", ["READER:user-x"], [], Severity.LOW,
        "ACL grant removed", id="a Google grant taken back"),
    pytest.param("aws_s3_bucket_policy", "policy", statement({"AWS": "arn:aws:iam::1:root"}), statement("*"),
        Severity.CRITICAL, "opened to everybody", id="a policy for everybody"),
    pytest.param("aws_s3_bucket_policy", "policy", "", statement({"AWS": "*"}), Severity.CRITICAL,
        "opened to everybody", id="a first policy, for everybody"),
    pytest.param("aws_s3_bucket_policy", "policy", statement("*"), statement({"AWS": "arn:aws:iam::1:root"}),
        Severity.LOW, "narrowed: fewer permissions", id="a policy no longer for everybody"),
    pytest.param("aws_s3_bucket_policy", "policy", "",
        statement("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), Severity.MEDIUM,
        "opened to everybody under a condition", id="a policy for everybody in the organization"),
    pytest.param("aws_s3_bucket_policy", "policy", "",
        statement("*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), Severity.HIGH,
        "opened to everybody under a condition", id="a policy for everybody under another condition"),
    pytest.param("aws_s3_bucket_policy", "policy", statement("*", Effect="Deny"), "", Severity.HIGH, "deny removed",
        id="a deny taken away"),
    pytest.param("aws_s3_bucket_server_side_encryption_configuration", "rule", [RULE], [], Severity.HIGH,
        "encryption removed", id="encryption removed"),
    pytest.param("aws_s3_bucket_server_side_encryption_configuration",
        "rule[0].apply_server_side_encryption_by_default[0].sse_algorithm", "aws:kms", "AES256", Severity.MEDIUM,
        "encryption weakened", id="encryption without a key of one's own"),
    pytest.param("aws_s3_bucket_server_side_encryption_configuration",
        "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id", "k1", "k2", Severity.HIGH,
        "encryption key replaced", id="somebody else's key"),
    pytest.param("aws_s3_bucket_lifecycle_configuration", "rule[0].expiration[0].days", 365, 1, Severity.HIGH,
        "time before objects expire shortened", id="objects expire sooner"),
    pytest.param("aws_s3_bucket_lifecycle_configuration", "rule[0].status", "Enabled", "Disabled", Severity.MEDIUM,
        "lifecycle changed", id="a lifecycle rule off"),
    pytest.param("aws_s3_bucket_logging", "target_bucket", "logs", Mark.ABSENT, Severity.HIGH,
        "access log bucket removed", id="access logs off"),
    pytest.param("aws_s3_bucket_cors_configuration", "cors_rule[0].allowed_origins", ["https://a"], ["*"],
        Severity.MEDIUM, "every origin allowed", id="every origin allowed"),
    pytest.param("aws_s3_bucket_cors_configuration", "cors_rule[0].allowed_origins", ["*"], ["https://a"],
        Severity.LOW, "origins changed", id="origins narrowed"),
    pytest.param("aws_s3_bucket_ownership_controls", "rule[0].object_ownership", "BucketOwnerEnforced",
        "ObjectWriter", Severity.MEDIUM, "object ownership weakened", id="ACLs allowed again"),
    pytest.param("azurerm_storage_account", "allow_nested_items_to_be_public", False, True, Severity.CRITICAL,
        "public blobs switched on", id="Azure public blobs"),
    pytest.param("azurerm_storage_account", "allow_nested_items_to_be_public", True, False, Severity.LOW,
        "public blobs switched off", id="Azure public blobs off"),
    pytest.param("azurerm_storage_account", "network_rules[0].default_action", "Deny", "Allow", Severity.HIGH,
        "network rule weakened", id="Azure network rules off"),
    pytest.param("azurerm_storage_account", "blob_properties[0].delete_retention_policy[0].days", 30, 1,
        Severity.HIGH, "retention shortened", id="Azure retention shortened"),
    pytest.param("azurerm_storage_container", "container_access_type", "private", "container", Severity.CRITICAL,
        "private access weakened", id="Azure container made public"),
    pytest.param("google_storage_bucket", "public_access_prevention", "enforced", "inherited", Severity.CRITICAL,
        "public access prevention weakened", id="Google public access prevention off"),
    pytest.param("google_storage_bucket", "uniform_bucket_level_access", True, False, Severity.HIGH,
        "uniform access switched off", id="Google uniform access off"),
    pytest.param("google_storage_bucket", "retention_policy", [{"retention_period": 9, "is_locked": True}], [],
        Severity.HIGH, "retention removed", id="Google retention removed"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), CASES)
def test_stored_objects(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)
