"""Backups in a Google Cloud Storage bucket; `storage.objects.create` is all that writing takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.api_core.exceptions import NotFound, PreconditionFailed

from driftgate import process
from driftgate.backends.base import Surroundings
from driftgate.backends.gcs import GcsBackend, open_gcs
from driftgate.backends.gcs_errors import explained
from driftgate.backends.gcs_session import TIMEOUT, account, retries, storage_client
from driftgate.backends.gcs_settings import GcsSettings
from driftgate.safety.backups.store import as_backup_error
from driftgate.unit import BackendConfig


@dataclass(frozen=True, slots=True)
class GcsStore:
    """The objects of `bucket` whose names begin with `prefix`; `customer_key` are the 32 bytes of a key of your own."""

    bucket: str
    prefix: str
    settings: GcsSettings
    customer_key: bytes | None = field(default=None, repr=False)
    kms_key: str = ""
    durable: bool = True

    @property
    def address(self) -> str:
        return f"gs://{self.bucket}/{self.prefix}".rstrip("/")

    def put_new(self, name: str, data: bytes) -> bool:
        with as_backup_error(), self._explained("write", name):
            try:
                self._blob(name).upload_from_string(
                    data,
                    content_type="application/octet-stream",
                    if_generation_match=0,  # only where there is no object
                    timeout=TIMEOUT,
                    retry=retries(),
                )
            except PreconditionFailed:
                return False
        return True

    def get(self, name: str) -> bytes | None:
        with as_backup_error(), self._explained("read", name):
            try:
                data: bytes = self._blob(name).download_as_bytes(raw_download=True, timeout=TIMEOUT, retry=retries())
                return data
            except NotFound:
                return None

    def names(self) -> Iterator[str]:
        with as_backup_error(), self._explained("list", ""):
            listed = storage_client(self.settings).list_blobs(
                self.bucket, prefix=self.prefix, timeout=TIMEOUT, retry=retries()
            )
            yield from (blob.name.removeprefix(self.prefix) for blob in listed)

    def delete(self, name: str) -> None:
        with as_backup_error(), self._explained("delete", name):
            try:
                self._blob(name).delete(timeout=TIMEOUT, retry=retries())
            except NotFound:
                return

    def _blob(self, name: str) -> Any:
        bucket = storage_client(self.settings).bucket(self.bucket)
        return bucket.blob(self.prefix + name, encryption_key=self.customer_key, kms_key_name=self.kms_key or None)

    def _explained(self, doing: str, name: str) -> AbstractContextManager[None]:
        return explained(doing, f"gs://{self.bucket}/{self.prefix}{name}", lambda: account(self.settings))


def open_gcs_store(bucket: str, prefix: str, config: Mapping[str, str], env: Mapping[str, str]) -> GcsStore:
    """The place `gs://bucket/prefix`. `config` are settings of Terraform's gcs backend (`credentials`, …).

    What is not set there comes from the environment and Google's own chain. Raises BackupError.
    """
    block = BackendConfig("gcs", {**config, "bucket": bucket, "prefix": prefix})
    with as_backup_error():
        backend = open_gcs(block, Surroundings(Path(), env, process.run))
    assert isinstance(backend, GcsBackend)
    return GcsStore(bucket, prefix, backend.settings, backend.customer_key, backend.kms_key)
