"""The two places where an `s3` backend keeps its lock: a file beside the state, and an item of a DynamoDB table.

Both are conditional writes. A request that the SDK has repeated may find our own record: then it was stored the first
time. Source: the requests that Terraform 1.11 makes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from driftgate.backends.aws_errors import code_of, explained
from driftgate.backends.aws_session import dynamodb_client
from driftgate.backends.aws_settings import AwsSettings
from driftgate.backends.base import Payload
from driftgate.backends.lock import LockHeldError, LockInfo, recorded
from driftgate.backends.s3_bucket import Bucket, RefusedError

ATTEMPTS = 3
"""How often a lock is tried whose holder is gone by the time that we ask who it is."""


class LockPlace(Protocol):
    """Where one record stands."""

    def take(self, info: LockInfo) -> None:
        """Store the record. Raises LockHeldError."""
        ...

    def read(self) -> LockInfo | None: ...

    def drop(self) -> None:
        """Remove the record, whosever it is."""
        ...

    def excludes(self) -> bool:
        """Whether the store refuses a second record beside the one there is."""
        ...


@dataclass(frozen=True, slots=True)
class LockFile:
    """`use_lockfile`: the object `key`."""

    bucket: Bucket
    key: str

    def take(self, info: LockInfo) -> None:
        _take(lambda: self._store(info.to_json()), self.read, info)

    def read(self) -> LockInfo | None:
        payload = self.bucket.get(self.key, act="lock")
        return recorded(payload.data) if payload else None

    def drop(self) -> None:
        self.bucket.delete(self.key, act="lock")

    def excludes(self) -> bool:
        payload = self.bucket.get(self.key, act="lock")
        return payload is not None and not self._store(payload.data)

    def _store(self, record: bytes) -> bool:
        try:
            self.bucket.put(self.key, record, replacing=None, act="lock")
        except RefusedError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class LockTable:
    """`dynamodb_table`: the item `bucket/key` of `table`, and the state's MD5 in the item `bucket/key-md5`."""

    table: str
    item: str
    settings: AwsSettings

    def take(self, info: LockInfo) -> None:
        _take(lambda: self._store(info), self.read, info)

    def read(self) -> LockInfo | None:
        found = self._get(self.item)
        return recorded(found["Info"]["S"].encode()) if "Info" in found else None

    def drop(self) -> None:
        self._delete(self.item)

    def excludes(self) -> bool:
        """DynamoDB's conditions are its own; there is no other that would leave them out."""
        return True

    def digest(self) -> str:
        """The stored digest in hex, "" where there is none that terraform would look at."""
        found = self._get(f"{self.item}-md5").get("Digest", {}).get("S", "")
        return found if len(found) == 32 else ""

    def write_digest(self, payload: Payload | None) -> None:
        """Store the digest of `payload`, or none."""
        name = f"{self.item}-md5"
        if payload is None:
            self._delete(name)
            return
        with self._explained():
            item = {"LockID": {"S": name}, "Digest": {"S": md5(payload.data)}}
            dynamodb_client(self.settings).put_item(TableName=self.table, Item=item)

    def _store(self, info: LockInfo) -> bool:
        item = {"LockID": {"S": self.item}, "Info": {"S": info.to_json().decode()}}
        condition = "attribute_not_exists(LockID)"
        with self._explained():
            client = dynamodb_client(self.settings)
            try:
                client.put_item(TableName=self.table, Item=item, ConditionExpression=condition)
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _get(self, name: str) -> Any:
        with self._explained():
            answer = dynamodb_client(self.settings).get_item(
                TableName=self.table, Key={"LockID": {"S": name}}, ConsistentRead=True
            )
            return answer.get("Item", {})

    def _delete(self, name: str) -> None:
        with self._explained():
            dynamodb_client(self.settings).delete_item(TableName=self.table, Key={"LockID": {"S": name}})

    def _explained(self) -> AbstractContextManager[None]:
        where = f"{self.item} in the DynamoDB table {self.table}"
        return explained("lock", where, self.settings, bucket=self.item.partition("/")[0])


def md5(data: bytes) -> str:
    """The digest that terraform compares, in hex."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _take(store: Callable[[], bool], read: Callable[[], LockInfo | None], info: LockInfo) -> None:
    for _ in range(ATTEMPTS):
        if store():
            return
        holder = read()
        if holder is None:
            continue  # given back between our two requests
        if holder.id == info.id:
            return
        raise LockHeldError(info.path, holder)
    raise LockHeldError(info.path, None)
