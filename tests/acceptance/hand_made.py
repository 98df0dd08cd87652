"""Objects that somebody made by hand, twenty types of them: what an adoption is asked to take over."""

from __future__ import annotations

import json
from typing import Any

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]})


def make(aws: Any) -> dict[str, str]:
    """Make them; import IDs by resource type."""
    return {**_storage(aws), **_network(aws), **_access(aws), **_operations(aws)}


def _storage(aws: Any) -> dict[str, str]:
    name = "acme-uploads"
    aws.s3.create_bucket(Bucket=name)
    aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "Team", "Value": "web"}]})
    aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    aws.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))
    aws.dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    volume = aws.ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3")["VolumeId"]
    return {
        "aws_s3_bucket": name,
        "aws_s3_bucket_versioning": name,
        "aws_s3_bucket_public_access_block": name,
        "aws_dynamodb_table": "orders",
        "aws_ebs_volume": volume,
    }


def _network(aws: Any) -> dict[str, str]:
    vpc = aws.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    zone = {"AvailabilityZone": "us-east-1a"}
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", **zone)["Subnet"]["SubnetId"]
    group = aws.ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    instance = aws.ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", SubnetId=subnet
    )["Instances"][0]["InstanceId"]
    return {
        "aws_vpc": vpc,
        "aws_subnet": subnet,
        "aws_security_group": group,
        "aws_route_table": table,
        "aws_route_table_association": f"{subnet}/{table}",
        "aws_instance": instance,
    }


def _access(aws: Any) -> dict[str, str]:
    aws.iam.create_role(RoleName="uploader", AssumeRolePolicyDocument=TRUST)
    policy = aws.iam.create_policy(PolicyName="uploads", PolicyDocument=READ)["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName="uploader", PolicyArn=policy)
    aws.iam.put_role_policy(RoleName="uploader", PolicyName="read", PolicyDocument=READ)
    aws.iam.create_user(UserName="bob")
    return {
        "aws_iam_role": "uploader",
        "aws_iam_policy": policy,
        "aws_iam_role_policy_attachment": f"uploader/{policy}",
        "aws_iam_role_policy": "uploader:read",
        "aws_iam_user": "bob",
    }


def _operations(aws: Any) -> dict[str, str]:
    queue = aws.sqs.create_queue(QueueName="uploads", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    topic = aws.sns.create_topic(Name="alerts")["TopicArn"]
    aws.logs.create_log_group(logGroupName="/acme/uploads")
    aws.events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    key = aws.kms.create_key(Description="uploads")["KeyMetadata"]["KeyId"]
    return {
        "aws_sqs_queue": queue,
        "aws_sns_topic": topic,
        "aws_cloudwatch_log_group": "/acme/uploads",
        "aws_cloudwatch_event_rule": "default/nightly",
        "aws_kms_key": key,
    }
