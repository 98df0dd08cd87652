"""The `s3` backend, with the block's own settings (listed in `aws_settings.py`) and AWS's default chain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from driftgate.backends.aws_settings import AwsSettings, aws_settings, not_honoured
from driftgate.backends.base import Backend, BackendError, Fact, Payload, Surroundings, Version
from driftgate.backends.customer_key import customer_key
from driftgate.backends.lock import LockInfo
from driftgate.backends.s3_bucket import Bucket, Encryption, RefusedError
from driftgate.backends.s3_facts import facts
from driftgate.backends.s3_locks import LockFile, LockPlace, LockTable, md5
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig


@dataclass(frozen=True, slots=True)
class S3Backend:
    """The object `key` of `bucket`, without a lock; `default_key` is that of the default workspace.

    `table` holds a digest of the state, which terraform compares whenever it reads.
    """

    bucket: Bucket
    key: str
    default_key: str
    workspace_prefix: str = "env:"
    table: LockTable | None = None
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> AwsSettings:
        return self.bucket.settings

    @property
    def conditional(self) -> bool:
        return True

    def get(self) -> Payload | None:
        """The object; its token is the ETag. What this process has read before is not sent again."""
        return self.bucket.get_again(self.key)

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        try:
            self.bucket.put(self.key, data, replacing=replacing.token if replacing else None)
        except RefusedError:
            stored = self.get()
            if stored is None or stored.data != data:  # else it is ours: the SDK has repeated the request
                raise self.bucket.conflict(self.key) from None
        if self.table:
            self.table.write_digest(Payload(data))

    def digest_fault(self, payload: Payload | None) -> str:
        expected = self.table.digest() if self.table else ""
        actual = md5(payload.data) if payload else "no state"
        if self.table is None or expected in ("", actual):
            return ""
        return (
            f"the DynamoDB table {self.table.table} says that the state has MD5 {expected}, stored is {actual}: "
            "terraform refuses to read it"
        )

    def write_digest(self, payload: Payload | None) -> None:
        if self.table:
            self.table.write_digest(payload)

    def versions(self) -> Iterator[Version]:
        return self.bucket.versions(self.key)

    def get_version(self, version_id: str) -> bytes:
        payload = self.bucket.get(self.key, version_id)
        if payload is None:
            raise BackendError(
                f"s3://{self.bucket.name}/{self.key} has no version {version_id}",
                next_step="`dg state history` lists them",
            )
        return payload.data

    def delete(self, *, lock_id: str | None = None) -> None:
        self.bucket.delete(self.key)
        self.write_digest(None)

    def facts(self) -> Iterator[Fact]:
        return facts(self.bucket)

    def workspaces(self) -> tuple[str, ...]:
        """Those with an object `prefix/NAME/key`, as terraform finds them."""
        start = f"{self.workspace_prefix}/" if self.workspace_prefix else ""
        found = {"default"}
        for key in self.bucket.keys(start):
            name, _, rest = key.removeprefix(start).partition("/")
            if rest == self.default_key:
                found.add(name)
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class LockingS3Backend(S3Backend):
    """With a lock in each of `places`: the file beside the state first, then the DynamoDB table."""

    places: tuple[LockPlace, ...] = ()

    def lock(self, info: LockInfo) -> str:
        record = replace(info, path=self._lock_path)
        tried: list[LockPlace] = []
        try:
            for place in self.places:
                tried.append(place)
                place.take(record)
        except BaseException:
            for place in tried:  # also where the answer was lost: the record may stand there
                with contextlib.suppress(BackendError):  # what led here counts more; a stale record is named later
                    if (stored := place.read()) and stored.id == info.id:
                        place.drop()
            raise
        return info.id

    def unlock(self, lock_id: str) -> None:
        self._drop(lock_id)

    def break_lock(self, lock_id: str) -> None:
        self._drop(lock_id)

    def holder(self) -> LockInfo | None:
        return next((record for place in self.places if (record := place.read())), None)

    def lock_excludes(self, lock_id: str) -> bool:
        return all(place.excludes() for place in self.places)

    @property
    def _lock_path(self) -> str:
        return f"{self.bucket.name}/{self.key}"

    def _drop(self, lock_id: str) -> None:
        """Remove the records with this id, from every place before a failure is told."""
        records = [(place, place.read()) for place in self.places]
        ours = [place for place, record in records if record and record.id == lock_id]
        failures = [failure for place in ours if (failure := _dropped(place))]
        if failures:
            raise failures[0]
        if not ours:
            others = ", ".join(record.id for _, record in records if record)
            raise BackendError(
                f"{self._lock_path} is not locked under id {lock_id}" + (f" but {others}" if others else ""),
                next_step="`dg state locks` shows who holds it",
            )


def open_s3(backend: BackendConfig, around: Surroundings) -> Backend:
    """The object that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    key = locate(backend, PurePosixPath("."), env=around.env).object
    name, default_key = s.need("bucket", "key")
    settings, notes = aws_settings(s, around), not_honoured(s)
    bucket = Bucket(name, settings, _encryption(s), s.get("acl"))
    table = LockTable(s.get("dynamodb_table"), f"{name}/{key}", settings) if s.get("dynamodb_table") else None
    prefix = s.get("workspace_key_prefix", default="env:")
    places: list[LockPlace] = [LockFile(bucket, f"{key}.tflock")] if s.flag("use_lockfile") else []
    places += [table] if table else []
    if places:
        return LockingS3Backend(bucket, key, default_key, prefix, table, notes, tuple(places))
    return S3Backend(bucket, key, default_key, prefix, table, notes)


def _encryption(s: Settings) -> Encryption | None:
    """As the block says; its keys only count with `encrypt`."""
    customer_key = _customer_key(s)
    return Encryption(s.get("kms_key_id"), customer_key) if s.flag("encrypt") else None


def _customer_key(s: Settings) -> bytes | None:
    name, variable = "sse_customer_key", "AWS_SSE_CUSTOMER_KEY"
    return customer_key(s.get(name, variable), backend="s3", setting=name, variable=variable)


def _dropped(place: LockPlace) -> BackendError | None:
    try:
        place.drop()
    except BackendError as error:
        return error
    return None
