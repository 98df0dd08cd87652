"""How a bucket keeps states: who we are there, old versions, encryption, and whether strangers can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from driftgate.backends.aws_errors import code_of
from driftgate.backends.aws_session import caller, s3_client
from driftgate.backends.base import Fact
from driftgate.backends.s3_bucket import Bucket

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ENCRYPTED = {"AES256": "with keys of S3", "aws:kms": "with a KMS key", "aws:kms:dsse": "twice with a KMS key"}


def facts(bucket: Bucket) -> Iterator[Fact]:
    """What can be found out about `bucket`, one call for each."""
    who = caller(bucket.settings)
    yield Fact(
        "identity", True if who else None, who or "not known: this service has no AWS STS, or it does not answer"
    )
    for name, ask, grant in (
        ("versioned", _versioned, "s3:GetBucketVersioning"),
        ("encrypted", _encrypted, "s3:GetEncryptionConfiguration"),
        ("private", _private, "s3:GetBucketPublicAccessBlock"),
    ):
        yield _asked(name, ask, grant, bucket)


def _asked(name: str, ask: Callable[[Any, str], Fact], grant: str, bucket: Bucket) -> Fact:
    try:
        return ask(s3_client(bucket.settings), bucket.name)
    except ClientError as error:
        return Fact(name, None, f"not known: AWS answered {code_of(error)}", f"grant {grant}")
    except KeyError as error:
        return Fact(name, None, f"not known: the answer has no {error.args[0]}, as AWS's have")
    except (BotoCoreError, OSError, ValueError) as error:
        return Fact(name, None, f"not known: {' '.join(str(error).split())[:200]}")


def _versioned(client: Any, bucket: str) -> Fact:
    status = client.get_bucket_versioning(Bucket=bucket).get("Status", "never")
    if status == "Enabled":
        return Fact("versioned", True, "the bucket keeps old versions")
    return Fact(
        "versioned", False, f"the bucket keeps no old versions ({status.lower()})",
        "switch it on: `aws s3api put-bucket-versioning --versioning-configuration Status=Enabled`",
    )  # fmt: skip


def _encrypted(client: Any, bucket: str) -> Fact:
    try:
        rules = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if code_of(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        rules = []
    kinds = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for rule in rules]
    if not any(kinds):
        return Fact("encrypted", False, "the bucket encrypts nothing by itself", "set its default encryption")
    return Fact("encrypted", True, f"by default {_ENCRYPTED.get(kinds[0], kinds[0])}")


def _private(client: Any, bucket: str) -> Fact:
    try:
        blocked = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if code_of(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        blocked = {}
    open_ = [name for name in _BLOCKS if not blocked.get(name)]
    if not open_:
        return Fact("private", True, "public access is blocked")
    return Fact("private", False, f"nothing keeps it from being made public: {', '.join(open_)} not set",
                "block public access of the bucket")  # fmt: skip
