"""One S3 bucket as an `s3` backend reaches it: objects read, written on a condition, listed, with their versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from driftgate.backends.aws_errors import code_of, explained
from driftgate.backends.aws_session import s3_client
from driftgate.backends.aws_settings import AwsSettings
from driftgate.backends.base import ConflictError, Payload, Version
from driftgate.backends.remembered import again

_UNCHANGED = ("304", "NotModified")
_ABSENT = ("NoSuchKey", "NoSuchVersion", "404")
# 409: AWS saw another conditional write of the same object at the same time.
_REFUSED = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")


class RefusedError(Exception):
    """The condition of a write was not met."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """How objects are encrypted: with the bucket's own key, `kms_key`, or the 32 bytes of a `customer_key` (SSE-C)."""

    kms_key: str = ""
    customer_key: bytes | None = None

    @property
    def for_reading(self) -> dict[str, Any]:
        """The arguments of a read."""
        if self.customer_key is None or self.kms_key:
            return {}
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": self.customer_key}

    @property
    def for_writing(self) -> dict[str, Any]:
        """The arguments of a write; a KMS key goes before a customer key, as in terraform."""
        if self.kms_key:
            return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key}
        return self.for_reading or {"ServerSideEncryption": "AES256"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket `name`; None for `encryption` leaves it to the bucket."""

    name: str
    settings: AwsSettings
    encryption: Encryption | None = None
    acl: str = ""

    def get(
        self, key: str, version: str | None = None, *, act: str = "read", known: Payload | None = None
    ) -> Payload | None:
        """The object, None where there is none; its token is the ETag. Raises BackendError.

        Where it is still what is `known`, that is returned and S3 sends no bytes.
        """
        target = {**self._at(key), **(self.encryption.for_reading if self.encryption else {})}
        if version is not None:
            target["VersionId"] = version
        if known is not None:
            target["IfNoneMatch"] = known.token
        with self._explained(act, key):
            try:
                answer = s3_client(self.settings).get_object(**target)
            except ClientError as error:
                if code_of(error) in _UNCHANGED:
                    return known
                if code_of(error) in _ABSENT:
                    return None
                raise
            return Payload(answer["Body"].read(), answer["ETag"])

    def get_again(self, key: str) -> Payload | None:
        """As `get`; what this process has read before is sent again only if it has changed."""
        place = ("s3", self.settings, self.name, key, self.encryption)
        return again(place, lambda known: self.get(key, known=known))

    def put(self, key: str, data: bytes, *, replacing: str | None, act: str = "write") -> None:
        """Store `data` in place of the object with the ETag `replacing`, None: where there is none.

        As terraform does: JSON, encrypted and with the ACL of the block, SHA-256 as checksum unless it says
        otherwise. Raises RefusedError when another object is there, BackendError.
        """
        condition = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing}
        with self._explained(act, key):
            try:
                self._put(key, data, condition)
            except ClientError as error:
                if code_of(error) in _REFUSED or (code_of(error) in _ABSENT and replacing is not None):
                    raise RefusedError from None
                raise

    def _put(self, key: str, data: bytes, condition: dict[str, str]) -> None:
        arguments = {**self._at(key), "Body": data, "ContentType": "application/json", **condition}
        arguments |= self.encryption.for_writing if self.encryption else {}
        if self.acl:
            arguments["ACL"] = self.acl
        if not self.settings.skip_checksum:
            arguments["ChecksumAlgorithm"] = "SHA256"
        s3_client(self.settings).put_object(**arguments)

    def delete(self, key: str, *, act: str = "delete") -> None:
        """Remove the object if there is one. Raises BackendError."""
        with self._explained(act, key):
            s3_client(self.settings).delete_object(**self._at(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """The names of all objects below `prefix`. Raises BackendError."""
        with self._explained("list", prefix):
            pages = s3_client(self.settings).get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.name, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def versions(self, key: str) -> Iterator[Version]:
        """The versions of exactly this object, newest first; nothing in a bucket that was never versioned."""
        with self._explained("list the versions of", key):
            pages = s3_client(self.settings).get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.name, Prefix=key):
                for entry in page.get("Versions", ()):
                    kept = not (entry["VersionId"] == "null" and entry["IsLatest"])
                    if entry["Key"] == key and kept:
                        yield _version(entry)

    def conflict(self, key: str) -> ConflictError:
        """The error for a state that has changed."""
        return ConflictError(
            f"s3://{self.name}/{key} has changed since it was read; nothing was written", next_step="start again"
        )

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.name, "Key": key}

    def _explained(self, act: str, key: str) -> AbstractContextManager[None]:
        return explained(act, f"s3://{self.name}/{key}", self.settings, bucket=self.name)


def _version(entry: dict[str, Any]) -> Version:
    time = entry["LastModified"].isoformat().replace("+00:00", "Z")
    return Version(entry["VersionId"], time, entry["Size"], current=entry["IsLatest"])
