"""Backups in an S3 bucket, written on the condition that nothing is there; `s3:PutObject` is all that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate import process
from driftgate.backends.base import Surroundings
from driftgate.backends.s3 import S3Backend, open_s3
from driftgate.backends.s3_bucket import Bucket, RefusedError
from driftgate.safety.backups.store import as_backup_error
from driftgate.unit import BackendConfig

_ATTEMPTS = 2
"""A refusal may mean that somebody writes the same at this moment, and may yet fail: only the second one counts."""


@dataclass(frozen=True, slots=True)
class S3Store:
    """The objects of `bucket` whose keys begin with `prefix`."""

    bucket: Bucket
    prefix: str = ""
    durable: bool = True

    @property
    def address(self) -> str:
        return f"s3://{self.bucket.name}/{self.prefix}".rstrip("/")

    def put_new(self, name: str, data: bytes) -> bool:
        with as_backup_error():
            for _ in range(_ATTEMPTS):
                try:
                    self.bucket.put(self.prefix + name, data, replacing=None)
                    return True
                except RefusedError:
                    continue
        return False

    def get(self, name: str) -> bytes | None:
        with as_backup_error():
            payload = self.bucket.get(self.prefix + name)
        return None if payload is None else payload.data

    def names(self) -> Iterator[str]:
        with as_backup_error():
            yield from (key.removeprefix(self.prefix) for key in self.bucket.keys(self.prefix))

    def delete(self, name: str) -> None:
        with as_backup_error():
            self.bucket.delete(self.prefix + name)


def open_s3_store(bucket: str, prefix: str, config: Mapping[str, str], env: Mapping[str, str]) -> S3Store:
    """The place `s3://bucket/prefix`. `config` are settings of Terraform's s3 backend (`region`, `profile`, …).

    What is not set there comes from the environment and AWS's own chain. Raises BackupError.
    """
    block = BackendConfig("s3", {"encrypt": True, **config, "bucket": bucket, "key": f"{prefix}x"})
    with as_backup_error():
        backend = open_s3(block, Surroundings(Path(), env, process.run))
    assert isinstance(backend, S3Backend)
    return S3Store(backend.bucket, prefix)
