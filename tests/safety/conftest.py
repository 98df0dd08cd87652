"""Buckets for the tests that need one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest


@pytest.fixture
def s3(aws: str) -> Iterator[Any]:
    client = boto3.client(
        "s3", endpoint_url=aws, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    yield client
    client.close()


@pytest.fixture
def bucket(s3: Any) -> str:
    """The name of a fresh bucket."""
    name = f"backups-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name
