"""What is done behind Terraform's back or left unapplied in the code, and what `dg drift scan` must say about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acceptance.cloud_lab import Aws

Tamper = Callable[[Aws, Mapping[str, Any]], object]

REVERTED, OUTSIDE, MISSING, PENDING = "reverted-by-apply", "outside-code", "missing", "pending"
SEVERITIES = ("none", "info", "low", "medium", "high", "critical")
ACCESS, APP, DATA, JOBS, NETWORK = "live/access", "live/app", "live/data", "live/jobs", "live/network"

# The live values that replace secrets: as secret as the ones they replace.
LIVE_PASSWORD = "CANARY-live-ssm-7731"
LIVE_WEBHOOK = "https://evil.example.com/CANARY-live-webhook-5520"
STATE_CANARIES = ("CANARY-state-ssm-4417", "CANARY-variable-token-9083")
TOKEN = STATE_CANARIES[1]


@dataclass(frozen=True)
class Case:
    """One difference.

    `tamper` gets AWS clients and what the state recorded of the resource at `address`. `edit` is (old, new) text in
    the unit's main.tf that is not applied. `path` is the attribute, "" for the whole object. `reason` must be part of
    the attribute's reason; `also` are attributes that move along with it, whose class is left open.
    """

    id: str
    unit: str
    address: str
    path: str
    cls: str
    at_least: str = "none"
    at_most: str = "critical"
    tamper: Tamper | None = None
    edit: tuple[str, str] | None = None
    reason: str = ""
    also: tuple[str, ...] = ()


def permission(port: int, cidr: str, description: str = "") -> list[dict[str, Any]]:
    source = {"CidrIp": cidr} | ({"Description": description} if description else {})
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [source]}]


def policy(action: str | list[str], resource: str = "*", principal: object = None) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement | ({"Principal": principal} if principal else {})]}
    )


def trust(principal: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def replace_rule(port: int, old: str, new: str, description: str = "") -> Tamper:
    def tamper(aws: Aws, it: Mapping[str, Any]) -> None:
        aws.ec2.revoke_security_group_ingress(GroupId=it["id"], IpPermissions=permission(port, old))
        aws.ec2.authorize_security_group_ingress(GroupId=it["id"], IpPermissions=permission(port, new, description))

    return tamper


def add_rule(port: int, cidr: str) -> Tamper:
    return lambda aws, it: aws.ec2.authorize_security_group_ingress(
        GroupId=it["id"], IpPermissions=permission(port, cidr)
    )


def new_policy_version(document: str) -> Tamper:
    return lambda aws, it: aws.iam.create_policy_version(
        PolicyArn=it["arn"], PolicyDocument=document, SetAsDefault=True
    )


def log_tags(**tags: str) -> Tamper:
    return lambda aws, it: aws.logs.tag_log_group(logGroupName=it["name"], tags=tags)


def retention(days: int) -> Tamper:
    return lambda aws, it: aws.logs.put_retention_policy(logGroupName=it["name"], retentionInDays=days)


def parameter(value: str, kind: str = "String", **more: str) -> Tamper:
    return lambda aws, it: aws.ssm.put_parameter(Name=it["name"], Value=value, Type=kind, Overwrite=True, **more)


def topic(name: str, value: str) -> Tamper:
    return lambda aws, it: aws.sns.set_topic_attributes(TopicArn=it["arn"], AttributeName=name, AttributeValue=value)


def delete_log_group(aws: Aws, it: Mapping[str, Any]) -> None:
    aws.logs.delete_log_group(logGroupName=it["name"])


def move_route(aws: Aws, it: Mapping[str, Any]) -> None:
    other = aws.attributes(NETWORK, 'aws_network_interface.appliance["b"]')["id"]
    aws.ec2.replace_route(
        RouteTableId=it["route_table_id"], DestinationCidrBlock="10.99.0.0/16", NetworkInterfaceId=other
    )


def add_route(aws: Aws, it: Mapping[str, Any]) -> None:
    gateway = aws.attributes(NETWORK, "aws_internet_gateway.main")["id"]
    aws.ec2.create_route(RouteTableId=it["id"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def open_rule_resource(aws: Aws, it: Mapping[str, Any]) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIpv4": "0.0.0.0/0"}
    aws.ec2.modify_security_group_rules(
        GroupId=it["security_group_id"],
        SecurityGroupRules=[{"SecurityGroupRuleId": it["security_group_rule_id"], "SecurityGroupRule": rule}],
    )


def loosen_access_block(aws: Aws, it: Mapping[str, Any]) -> None:
    loose = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls"), True)
    loose |= dict.fromkeys(("BlockPublicPolicy", "RestrictPublicBuckets"), False)
    aws.s3.put_public_access_block(Bucket=it["bucket"], PublicAccessBlockConfiguration=loose)


def weaken_encryption(aws: Aws, it: Mapping[str, Any]) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    aws.s3.put_bucket_encryption(Bucket=it["bucket"], ServerSideEncryptionConfiguration={"Rules": [rule]})


def attach_foreign_policy(aws: Aws, it: Mapping[str, Any]) -> None:
    made = aws.iam.create_policy(PolicyName="contractors", PolicyDocument=policy("*"))
    aws.iam.attach_role_policy(RoleName=it["name"], PolicyArn=made["Policy"]["Arn"])


def reformat_bucket_policy(aws: Aws, it: Mapping[str, Any]) -> None:
    """Other key order, other white space, a list of one in place of a string."""
    document = json.loads(it["policy"])
    statement = {**dict(reversed(document["Statement"][0].items())), "Action": ["s3:*"]}
    text = json.dumps({"Statement": [statement], "Version": document["Version"]}, indent=4)
    aws.s3.put_bucket_policy(Bucket=it["bucket"], Policy=text)


def reformat_trust(aws: Aws, it: Mapping[str, Any]) -> None:
    document = json.loads(it["assume_role_policy"])
    statement = {**document["Statement"][0], "Action": ["sts:AssumeRole"]}
    text = json.dumps({**document, "Statement": statement}, indent=2)
    aws.iam.update_assume_role_policy(RoleName=it["name"], PolicyDocument=text)


def adopt_topic(aws: Aws, it: Mapping[str, Any]) -> None:
    aws.sns.create_topic(Name="jobs-adopted")


NIGHTLY = 'retention_in_days = terraform.workspace == "prod" ? 90 : 7'
HOURLY = """resource "aws_cloudwatch_log_group" "hourly" {
  name              = "/jobs/${terraform.workspace}/hourly"
  retention_in_days = 30
}
"""
RENAMED = (
    HOURLY.replace('"hourly" {', '"each_hour" {')
    + """
moved {
  from = aws_cloudwatch_log_group.hourly
  to   = aws_cloudwatch_log_group.each_hour
}
"""
)
RETIRED = HOURLY.replace("hourly", "retired")
NEW = """
resource "aws_sns_topic" "adopted" {
  name = "jobs-adopted"
}

import {
  to = aws_sns_topic.adopted
  id = "arn:aws:sns:us-east-1:123456789012:jobs-adopted"
}

resource "aws_ssm_parameter" "new" {
  name  = "/jobs/new"
  type  = "String"
  value = "new"
}
"""
DEFERRED = 'data "aws_iam_policy_document" "publish" {\n'

# fmt: off
CASES = (
    # network: security groups whose rules stand inside the group
    Case("sg-opened-to-world", NETWORK, "aws_security_group.web", "ingress", REVERTED, "critical",
         tamper=add_rule(22, "0.0.0.0/0")),
    Case("sg-rule-narrowed", NETWORK, "aws_security_group.bastion", "ingress", REVERTED, "info", "low",
         tamper=replace_rule(22, "10.0.0.0/8", "10.1.0.0/16")),
    Case("sg-rule-removed", NETWORK, "aws_security_group.batch", "ingress", REVERTED, "info", "medium",
         tamper=lambda aws, it: aws.ec2.revoke_security_group_ingress(
             GroupId=it["id"], IpPermissions=permission(8443, "10.41.0.0/16"))),
    Case("sg-https-opened-to-world", NETWORK, "aws_security_group.portal", "ingress", REVERTED, "critical",
         tamper=replace_rule(443, "10.0.0.0/8", "0.0.0.0/0")),
    Case("sg-opened-to-world-ipv6", NETWORK, "aws_security_group.proxy", "ingress", REVERTED, "critical",
         tamper=lambda aws, it: aws.ec2.authorize_security_group_ingress(GroupId=it["id"], IpPermissions=[
             {"IpProtocol": "tcp", "FromPort": 3128, "ToPort": 3128, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])),
    # ... and groups whose rules are resources of their own
    Case("sg-rule-by-hand-other-port", NETWORK, "aws_security_group.db", "ingress", OUTSIDE, "critical",
         tamper=add_rule(22, "0.0.0.0/0")),
    Case("sg-rule-by-hand-same-port", NETWORK, "aws_security_group.cache", "ingress", OUTSIDE, "critical",
         tamper=add_rule(6379, "0.0.0.0/0")),
    Case("rule-resource-opened", NETWORK, "aws_vpc_security_group_ingress_rule.db_from_office", "cidr_ipv4", REVERTED,
         "critical", tamper=open_rule_resource),
    Case("rule-resource-deleted", NETWORK, 'aws_vpc_security_group_ingress_rule.cache["jobs"]', "", MISSING, "high",
         tamper=lambda aws, it: aws.ec2.revoke_security_group_ingress(
             GroupId=it["security_group_id"], SecurityGroupRuleIds=[it["security_group_rule_id"]])),
    # network: the rest
    Case("vpc-tag-edited", NETWORK, "aws_vpc.main", "tags.Name", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.ec2.create_tags(Resources=[it["id"]], Tags=[{"Key": "Name", "Value": "main2"}])),
    Case("default-tag-removed", NETWORK, "aws_internet_gateway.main", "tags_all.Owner", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.ec2.delete_tags(Resources=[it["id"]], Tags=[{"Key": "Owner"}])),
    Case("default-tag-edited", NETWORK, "aws_route_table.private", "tags.Env", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.ec2.create_tags(Resources=[it["id"]], Tags=[{"Key": "Env", "Value": "dev"}]),
         also=("tags_all.Env",)),
    Case("unset-attribute-with-default", NETWORK, "aws_vpc.main", "enable_dns_support", REVERTED, "info",
         tamper=lambda aws, it: aws.ec2.modify_vpc_attribute(VpcId=it["id"], EnableDnsSupport={"Value": False})),
    Case("interface-forwards", NETWORK, 'aws_network_interface.appliance["b"]', "source_dest_check", REVERTED, "info",
         tamper=lambda aws, it: aws.ec2.modify_network_interface_attribute(
             NetworkInterfaceId=it["id"], SourceDestCheck={"Value": False})),
    Case("subnet-gives-public-ips", NETWORK, 'aws_subnet.public["a"]', "map_public_ip_on_launch", REVERTED, "medium",
         tamper=lambda aws, it: aws.ec2.modify_subnet_attribute(
             SubnetId=it["id"], MapPublicIpOnLaunch={"Value": True})),
    Case("route-deleted", NETWORK, "aws_route.internet", "", MISSING, "high",
         tamper=lambda aws, it: aws.ec2.delete_route(
             RouteTableId=it["route_table_id"], DestinationCidrBlock="0.0.0.0/0")),
    Case("route-to-other-target", NETWORK, "aws_route.inspection", "network_interface_id", REVERTED, "low",
         tamper=move_route),
    Case("route-by-hand", NETWORK, "aws_route_table.private", "route", OUTSIDE, "low", tamper=add_route),

    # storage
    Case("versioning-suspended", APP, 'module.bucket["assets"].aws_s3_bucket_versioning.this',
         "versioning_configuration[0].status", REVERTED, "medium",
         tamper=lambda aws, it: aws.s3.put_bucket_versioning(
             Bucket=it["bucket"], VersioningConfiguration={"Status": "Suspended"})),
    Case("encryption-weakened", APP, 'module.bucket["backups"].aws_s3_bucket_server_side_encryption_configuration.this',
         "rule", REVERTED, "medium", tamper=weaken_encryption),
    Case("access-block-loosened", APP, 'module.bucket["exports"].aws_s3_bucket_public_access_block.this',
         "block_public_policy", REVERTED, "high", tamper=loosen_access_block, also=("restrict_public_buckets",)),
    Case("access-block-deleted", APP, 'module.bucket["assets"].aws_s3_bucket_public_access_block.this', "", MISSING,
         "high", tamper=lambda aws, it: aws.s3.delete_public_access_block(Bucket=it["bucket"])),
    Case("bucket-policy-public", APP, 'module.bucket["media"].aws_s3_bucket_policy.this', "policy", REVERTED,
         "critical",
         tamper=lambda aws, it: aws.s3.put_bucket_policy(
             Bucket=it["bucket"], Policy=policy("s3:GetObject", "arn:aws:s3:::acme-media/*", principal="*"))),
    Case("bucket-tag-added", APP, "aws_s3_bucket.site", "tags.Extra", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.s3.put_bucket_tagging(Bucket="acme-site", Tagging={"TagSet": [
             {"Key": key, "Value": value} for key, value in {**it["tags_all"], "Extra": "by hand"}.items()]})),
    Case("bucket-unset-attribute", APP, "aws_s3_bucket.site", "acceleration_status", OUTSIDE, "info", "medium",
         tamper=lambda aws, it: aws.s3.put_bucket_accelerate_configuration(
             Bucket="acme-site", AccelerateConfiguration={"Status": "Enabled"})),
    Case("bucket-acl-public", APP, "aws_s3_bucket.site", "grant", OUTSIDE, "high",
         tamper=lambda aws, it: aws.s3.put_bucket_acl(Bucket="acme-site", ACL="public-read")),
    Case("bucket-cors-by-hand", APP, 'module.bucket["media"].aws_s3_bucket.this', "cors_rule", OUTSIDE, "info",
         tamper=lambda aws, it: aws.s3.put_bucket_cors(Bucket="acme-media", CORSConfiguration={
             "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})),
    Case("bucket-deleted", APP, "aws_s3_bucket.scratch", "", MISSING, "high",
         tamper=lambda aws, it: aws.s3.delete_bucket(Bucket="acme-scratch")),
    Case("ecr-scan-off", APP, "aws_ecr_repository.api", "image_scanning_configuration[0].scan_on_push", REVERTED, "low",
         tamper=lambda aws, it: aws.ecr.put_image_scanning_configuration(
             repositoryName="acme/api", imageScanningConfiguration={"scanOnPush": False})),
    Case("ecr-mutable", APP, "aws_ecr_repository.web", "image_tag_mutability", REVERTED, "low",
         tamper=lambda aws, it: aws.ecr.put_image_tag_mutability(
             repositoryName="acme/web", imageTagMutability="MUTABLE")),
    Case("volume-deleted", APP, "aws_ebs_volume.scratch", "", MISSING, "high",
         tamper=lambda aws, it: aws.ec2.delete_volume(VolumeId=it["id"])),
    Case("count-instance-changed", APP, "aws_cloudwatch_log_group.worker[1]", "retention_in_days", REVERTED, "low",
         tamper=retention(1)),
    Case("count-instance-deleted", APP, "aws_cloudwatch_log_group.worker[2]", "", MISSING, "medium",
         tamper=delete_log_group),

    # identity
    Case("trust-widened", ACCESS, "aws_iam_role.app", "assume_role_policy", REVERTED, "critical",
         tamper=lambda aws, it: aws.iam.update_assume_role_policy(
             RoleName="app", PolicyDocument=trust({"AWS": "*"}))),
    Case("role-policy-by-hand", ACCESS, "aws_iam_role.worker", "inline_policy", OUTSIDE, "high",
         tamper=lambda aws, it: aws.iam.put_role_policy(
             RoleName="worker", PolicyName="backdoor", PolicyDocument=policy("*"))),
    Case("policy-attached-by-hand", ACCESS, "aws_iam_role.deploy", "managed_policy_arns", OUTSIDE, "medium",
         tamper=attach_foreign_policy),
    Case("session-prolonged", ACCESS, "aws_iam_role.report", "max_session_duration", REVERTED, "low",
         tamper=lambda aws, it: aws.iam.update_role(RoleName="report", MaxSessionDuration=43200)),
    Case("boundary-removed", ACCESS, "aws_iam_role.bounded", "permissions_boundary", REVERTED, "high",
         tamper=lambda aws, it: aws.iam.delete_role_permissions_boundary(RoleName="bounded")),
    Case("key-deactivated", ACCESS, "aws_iam_access_key.ci", "status", REVERTED, "info", "medium",
         tamper=lambda aws, it: aws.iam.update_access_key(UserName="ci", AccessKeyId=it["id"], Status="Inactive")),
    Case("role-policy-widened", ACCESS, "aws_iam_role_policy.app", "policy", REVERTED, "high",
         tamper=lambda aws, it: aws.iam.put_role_policy(
             RoleName="app", PolicyName="read-assets", PolicyDocument=policy("s3:*"))),
    Case("policy-widened", ACCESS, "aws_iam_policy.reader", "policy", REVERTED, "high",
         tamper=new_policy_version(policy("*"))),
    Case("policy-narrowed", ACCESS, "aws_iam_policy.auditor", "policy", REVERTED, "info", "medium",
         tamper=lambda aws, it: new_policy_version(json.dumps(
             {"Version": "2012-10-17", "Statement": json.loads(it["policy"])["Statement"][:1]}))(aws, it)),
    Case("attachment-removed", ACCESS, 'aws_iam_role_policy_attachment.reader["worker"]', "", MISSING, "high",
         tamper=lambda aws, it: aws.iam.detach_role_policy(RoleName="worker", PolicyArn=it["policy_arn"])),
    Case("user-tag-removed", ACCESS, "aws_iam_user.ci", "tags.Purpose", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.iam.untag_user(UserName="ci", TagKeys=["Purpose"])),
    Case("group-deleted", ACCESS, "aws_iam_group.operators", "", MISSING, "high",
         tamper=lambda aws, it: aws.iam.delete_group(GroupName="operators")),

    # data
    Case("kms-rotation-off", DATA, "aws_kms_key.main", "enable_key_rotation", REVERTED, "medium",
         tamper=lambda aws, it: aws.kms.disable_key_rotation(KeyId=it["key_id"])),
    Case("kms-policy-public", DATA, "aws_kms_key.backup", "policy", OUTSIDE, "high",
         tamper=lambda aws, it: aws.kms.put_key_policy(
             KeyId=it["key_id"], PolicyName="default", Policy=policy("kms:*", principal={"AWS": "*"}))),
    Case("dynamodb-pitr-off", DATA, "aws_dynamodb_table.orders", "point_in_time_recovery[0].enabled", REVERTED,
         "medium",
         tamper=lambda aws, it: aws.dynamodb.update_continuous_backups(
             TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}),
         also=("point_in_time_recovery[0].recovery_period_in_days",)),
    Case("dynamodb-ttl-off", DATA, "aws_dynamodb_table.tokens", "ttl[0].enabled", REVERTED, "info",
         tamper=lambda aws, it: aws.dynamodb.update_time_to_live(
             TableName="tokens", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"})),
    Case("dynamodb-unprotected", DATA, "aws_dynamodb_table.invoices", "deletion_protection_enabled", REVERTED, "medium",
         tamper=lambda aws, it: aws.dynamodb.update_table(TableName="invoices", DeletionProtectionEnabled=False)),
    Case("dynamodb-billing", DATA, "aws_dynamodb_table.ledger", "billing_mode", REVERTED, "info",
         tamper=lambda aws, it: aws.dynamodb.update_table(
             TableName="ledger", BillingMode="PROVISIONED",
             ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 7}),
         also=("read_capacity", "write_capacity")),
    Case("secret-policy-public", DATA, "aws_secretsmanager_secret.api", "policy", OUTSIDE, "high",
         tamper=lambda aws, it: aws.secretsmanager.put_resource_policy(
             SecretId=it["arn"], ResourcePolicy=policy("secretsmanager:GetSecretValue", principal="*"))),
    Case("ignored-capacity", DATA, "aws_dynamodb_table.sessions", "read_capacity", OUTSIDE, "info", "medium",
         tamper=lambda aws, it: aws.dynamodb.update_table(
             TableName="sessions", ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 5}),
         reason="ignore_changes"),
    Case("ignored-tag", DATA, "aws_cloudwatch_log_group.audit", "tags.Cost", OUTSIDE, "info", "low",
         tamper=log_tags(Cost="42"), reason="ignore_changes"),
    Case("tag-edited", DATA, "aws_cloudwatch_log_group.queries", "tags.Team", REVERTED, "info", "low",
         tamper=log_tags(Team="ops")),
    Case("tag-removed", DATA, "aws_cloudwatch_log_group.queries", "tags.Tier", REVERTED, "info", "low",
         tamper=lambda aws, it: aws.logs.untag_log_group(logGroupName=it["name"], tags=["Tier"])),
    Case("tag-added", DATA, "aws_cloudwatch_log_group.queries", "tags.By", REVERTED, "info", "low",
         tamper=log_tags(By="hand")),
    Case("retention-shortened", DATA, "aws_cloudwatch_log_group.slow", "retention_in_days", REVERTED, "low",
         tamper=retention(1)),
    Case("sns-display-name", DATA, "aws_sns_topic.alerts", "display_name", REVERTED, "info", "medium",
         tamper=topic("DisplayName", "Hacked")),
    Case("sns-policy-public", DATA, "aws_sns_topic.events", "policy", REVERTED, "high",
         tamper=topic("Policy", policy("sns:Publish", "arn:aws:sns:us-east-1:123456789012:events", principal="*"))),
    Case("sns-unset-policy-public", DATA, "aws_sns_topic.audit", "policy", OUTSIDE, "high",
         tamper=topic("Policy", policy("sns:Publish", "arn:aws:sns:us-east-1:123456789012:audit", principal="*"))),
    Case("topic-deleted", DATA, "aws_sns_topic.legacy", "", MISSING, "high",
         tamper=lambda aws, it: aws.sns.delete_topic(TopicArn=it["arn"])),
    Case("parameter-deleted", DATA, "aws_ssm_parameter.legacy", "", MISSING, "high",
         tamper=lambda aws, it: aws.ssm.delete_parameter(Name=it["name"])),
    Case("secret-value", DATA, "aws_ssm_parameter.database_password", "value", REVERTED, "medium",
         tamper=parameter(LIVE_PASSWORD, "SecureString")),
    Case("secret-by-variable", DATA, "aws_ssm_parameter.webhook", "insecure_value", REVERTED, "low",
         tamper=parameter(LIVE_WEBHOOK)),
    Case("parameter-value", DATA, "aws_ssm_parameter.feature", "value", REVERTED, "low", tamper=parameter("on")),
    Case("secret-leaked-in-description", DATA, "aws_ssm_parameter.endpoint", "description", REVERTED, "info",
         tamper=parameter("db.internal:5432", Description=f"ask with {TOKEN} first")),

    # code that moved on: the workspace's unit
    Case("code-attribute", JOBS, "aws_cloudwatch_log_group.weekly", "retention_in_days", PENDING, "none", "none",
         edit=('weekly"\n  retention_in_days = 30', 'weekly"\n  retention_in_days = 14')),
    Case("code-replaces", JOBS, "aws_sns_topic.failed", "name", PENDING, "none", "none",
         edit=('-failed"', '-broken"')),
    Case("code-new-resource", JOBS, "aws_ssm_parameter.new", "", PENDING, "none", "none",
         edit=('data "aws_caller_identity"', NEW + '\ndata "aws_caller_identity"')),
    Case("code-removed-resource", JOBS, "aws_cloudwatch_log_group.retired", "", PENDING, "none", "none",
         edit=(RETIRED, "")),
    Case("code-imports", JOBS, "aws_sns_topic.adopted", "", PENDING, "none", "none", tamper=adopt_topic),
    Case("drift-and-code", JOBS, "aws_cloudwatch_log_group.nightly", "retention_in_days", REVERTED, "low",
         tamper=retention(1), edit=(NIGHTLY, "retention_in_days = 180")),
    Case("moved-and-drift", JOBS, "aws_cloudwatch_log_group.each_hour", "retention_in_days", REVERTED, "low",
         tamper=lambda aws, it: aws.logs.put_retention_policy(logGroupName="/jobs/prod/hourly", retentionInDays=1),
         edit=(HOURLY, RENAMED)),
    Case("workspace-drift", JOBS, "aws_cloudwatch_log_group.yearly", "retention_in_days", REVERTED, "low",
         tamper=retention(3)),
)
# fmt: on

# Done to the cloud and no finding: the same, written differently or written again.
SILENT_TAMPERS: tuple[tuple[str, str, Tamper], ...] = (
    (APP, 'module.bucket["exports"].aws_s3_bucket_policy.this', reformat_bucket_policy),
    (ACCESS, "aws_iam_role.worker", reformat_trust),
    (DATA, "aws_ssm_parameter.unchanged", parameter("the same")),
    (NETWORK, "aws_security_group.quiet", replace_rule(443, "10.50.0.0/16", "10.50.0.0/16", "https")),
)

# Code changes that are no finding at all: a data source that has to be read again, an output that changes with it.
SILENT_EDITS = ((JOBS, DEFERRED, DEFERRED + "  depends_on = [aws_cloudwatch_log_group.nightly]\n\n"),)
