"""States in S3 under each kind of lock, written by us and by the real terraform."""

from __future__ import annotations

import uuid
from pathlib import Path

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env
from contract.interop import InteropContract
from contract.race import RaceContract
from contract.sites import Site
from contract.writable import WritableContract

LOCKS = {
    "s3 lockfile": {"use_lockfile": True},
    "s3 dynamodb": {"dynamodb_table": "locks"},
    "s3 both": {"use_lockfile": True, "dynamodb_table": "locks"},
}


@pytest.fixture(scope="session")
def versioned_bucket(aws: str) -> str:
    """A bucket that keeps old versions, and beside it the table `locks`."""
    options = {"endpoint_url": aws, "region_name": "us-east-1"}
    options |= {"aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "test"}
    name = f"versioned-{uuid.uuid4().hex[:12]}"
    s3, dynamodb = boto3.client("s3", **options), boto3.client("dynamodb", **options)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    dynamodb.create_table(
        TableName="locks",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )
    s3.close()
    dynamodb.close()
    return name


@pytest.fixture(params=sorted(LOCKS))
def site(request: pytest.FixtureRequest, aws: str, versioned_bucket: str, tmp_path: Path) -> Site:
    config = {"bucket": versioned_bucket, "key": f"{uuid.uuid4().hex}/x.tfstate", "use_path_style": True}
    return Site(request.param, "s3", tmp_path, {**config, **LOCKS[request.param]}, aws_env(aws))


class TestWritingS3(WritableContract): ...


class TestS3BesideTerraform(InteropContract): ...


class TestS3Race(RaceContract): ...
