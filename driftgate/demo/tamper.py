"""What is done to the embedded AWS behind Terraform's back, and what a scan has to say about each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driftgate.demo.aws import EmbeddedAws
from driftgate.demo.layout import APP, DATA, NETWORK
from driftgate.finding import DriftClass


@dataclass(frozen=True, slots=True)
class Tamper:
    """One thing somebody did by hand. `attribute` is the path that drifts, "" where the whole object is gone."""

    sentence: str
    unit: str
    address: str
    attribute: str
    cls: DriftClass
    do: Callable[[EmbeddedAws], object]


def _open_ssh(aws: EmbeddedAws) -> None:
    _allow(aws, "shop-web", 22, "0.0.0.0/0")


def _let_office_into_database(aws: EmbeddedAws) -> None:
    _allow(aws, "shop-db", 5432, "198.51.100.0/24")


def _rename_cost_center(aws: EmbeddedAws) -> None:
    ec2 = aws.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["shop"]}])["Vpcs"]
    ec2.create_tags(Resources=[vpcs[0]["VpcId"]], Tags=[{"Key": "CostCenter", "Value": "marketing"}])


def _delete_queue(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="shop-orders")["QueueUrl"])


def _suspend_versioning(aws: EmbeddedAws) -> None:
    aws.client("s3").put_bucket_versioning(Bucket="shop-uploads", VersioningConfiguration={"Status": "Suspended"})


def _widen_policy(aws: EmbeddedAws) -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_role_policy(RoleName="shop-worker", PolicyName="uploads", PolicyDocument=document)


def _rotate_token(aws: EmbeddedAws) -> None:
    aws.client("ssm").put_parameter(
        Name="/shop/worker/payment-token", Value="tok_demo_Zq8vN3xWc1", Type="SecureString", Overwrite=True
    )


def _stop_key_rotation(aws: EmbeddedAws) -> None:
    kms = aws.client("kms")
    kms.disable_key_rotation(KeyId=kms.describe_key(KeyId="alias/shop-staging-data")["KeyMetadata"]["KeyId"])


def _scale_sessions(aws: EmbeddedAws) -> None:
    aws.client("dynamodb").update_table(
        TableName="shop-staging-sessions", ProvisionedThroughput={"ReadCapacityUnits": 40, "WriteCapacityUnits": 5}
    )


def _allow(aws: EmbeddedAws, group: str, port: int, cidr: str) -> None:
    ec2 = aws.client("ec2")
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [group]}])["SecurityGroups"]
    permission: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}
    ec2.authorize_security_group_ingress(GroupId=found[0]["GroupId"], IpPermissions=[permission])


REVERTED, OUTSIDE, MISSING = DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE, DriftClass.MISSING

# fmt: off
TAMPERS = (
    Tamper("opened SSH of the web servers to the whole internet",
           NETWORK.path, "aws_security_group.web", "ingress", REVERTED, _open_ssh),
    Tamper("let the office into the database, by a rule that no code knows of",
           NETWORK.path, "aws_security_group.db", "ingress", OUTSIDE, _let_office_into_database),
    Tamper("gave the VPC another cost center",
           NETWORK.path, "aws_vpc.main", "tags.CostCenter", REVERTED, _rename_cost_center),
    Tamper("deleted the queue of orders",
           APP.path, "aws_sqs_queue.orders", "", MISSING, _delete_queue),
    Tamper("suspended versioning of the bucket for uploads",
           APP.path, "module.uploads.aws_s3_bucket_versioning.this", "versioning_configuration[0].status", REVERTED,
           _suspend_versioning),
    Tamper("let the worker do anything in S3",
           APP.path, "aws_iam_role_policy.worker", "policy", REVERTED, _widen_policy),
    Tamper("rotated the payment token, which the code leaves to others",
           APP.path, "aws_ssm_parameter.payment_token", "value", OUTSIDE, _rotate_token),
    Tamper("stopped the yearly rotation of the encryption key",
           DATA.path, "aws_kms_key.data", "enable_key_rotation", REVERTED, _stop_key_rotation),
    Tamper("scaled up the table of sessions, which the code allows",
           DATA.path, "aws_dynamodb_table.sessions", "read_capacity", OUTSIDE, _scale_sessions),
)
# fmt: on
