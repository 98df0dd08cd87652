"""The `gcs` backend: an object in Google Cloud Storage, and a lock object beside it whose generation is the lock id.

Settings: `gcs_settings.py`. Source: https://developer.hashicorp.com/terraform/language/backend/gcs, and run against
Terraform 1.11.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from google.api_core.exceptions import GoogleAPIError, NotFound, NotModified, PreconditionFailed
from requests.exceptions import RequestException

from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings, Version
from driftgate.backends.gcs_errors import explained
from driftgate.backends.gcs_facts import facts
from driftgate.backends.gcs_session import TIMEOUT, account, retries, storage_client
from driftgate.backends.gcs_settings import HONOURED, GcsSettings, encryption_key, gcs_settings
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.remembered import again
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

STATE, LOCK = ".tfstate", ".tflock"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class GcsBackend:
    """The object `bucket`/`name`; `customer_key` are the 32 bytes of a key that Google does not keep."""

    bucket: str
    name: str
    settings: GcsSettings
    customer_key: bytes | None = field(default=None, repr=False)
    kms_key: str = ""
    notes: tuple[str, ...] = ()
    conditional = True

    def get(self) -> Payload | None:
        """The object; its token is the generation. What this process has read before is not sent again."""
        return again(("gcs", self.settings, self.bucket, self.name, self.customer_key), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        with self._explained("read"):
            blob = self._state()
            try:
                data = _download(blob, other_than=int(known.token or 0) if known else None)
            except NotModified:
                return known
            except NotFound:
                self._bucket_must_exist()
                return None
        return Payload(data, str(blob.generation))

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        generation = int(replacing.token or 0) if replacing else 0  # 0: only where there is no object
        with self._explained("write"):
            try:
                self._state().upload_from_string(
                    data,
                    content_type="application/json",
                    if_generation_match=generation,
                    timeout=TIMEOUT,
                    retry=retries(),
                )
                return
            except PreconditionFailed:
                stored = self.get()
        if stored is None or stored.data != data:  # else it was our own request, repeated by the SDK
            raise ConflictError(
                f"{self._where} was changed by somebody else, nothing was written", next_step="read it again"
            )

    def versions(self) -> Iterator[Version]:
        with self._explained("list"):
            found = [blob for blob in self._listed(prefix=self.name, versions=True) if blob.name == self.name]
        for blob in sorted(found, key=lambda blob: int(blob.generation), reverse=True):
            created = blob.time_created.isoformat().replace("+00:00", "Z")
            yield Version(str(blob.generation), created, blob.size, blob.time_deleted is None)

    def get_version(self, version_id: str) -> bytes:
        with self._explained("read"):
            try:
                return _download(self._state(generation=int(version_id)))
            except (NotFound, ValueError):
                raise BackendError(
                    f"{self._where} has no version {version_id}", next_step="list those there are"
                ) from None

    def delete(self, *, lock_id: str | None = None) -> None:
        with self._explained("delete"):
            try:
                self._state().delete(timeout=TIMEOUT, retry=retries())
            except NotFound:
                self._bucket_must_exist()

    def workspaces(self) -> tuple[str, ...]:
        folder = self.name.rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        with self._explained("list"):
            names = [blob.name for blob in self._listed(prefix=prefix, delimiter="/")]
        found = {name[len(prefix) : -len(STATE)] for name in names if name.endswith(STATE)}
        return tuple(sorted(found | {"default"}))

    def lock(self, info: LockInfo) -> str:
        """Take the lock by writing the lock object where there is none; its generation is the id."""
        with self._explained("lock"):
            blob = self._lock_object()
            record = replace(info, path=f"gs://{self.bucket}/{blob.name}").to_json()
            try:
                blob.upload_from_string(
                    record, content_type="application/json", if_generation_match=0, timeout=TIMEOUT, retry=retries()
                )
                return str(blob.generation)
            except PreconditionFailed:
                holder, generation = self._record()
            except BaseException:
                self._take_back(info.id)  # the answer may be lost, and the lock taken
                raise
        if holder is None or holder.id != info.id:
            raise LockHeldError(self._where, holder and replace(holder, id=generation))
        return generation  # our own request, repeated by the SDK

    def _take_back(self, ours: str) -> None:
        """Remove the lock object if it is `ours`, in one try: a failure is being told already."""
        blob = self._lock_object()
        with suppress(GoogleAPIError, RequestException, ValueError):
            if LockInfo.from_json(blob.download_as_bytes(timeout=TIMEOUT, retry=None)).id == ours:
                blob.delete(if_generation_match=int(blob.generation), timeout=TIMEOUT, retry=None)

    def holder(self) -> LockInfo | None:
        with self._explained("read"):
            holder, generation = self._record()
        return holder and replace(holder, id=generation)

    def unlock(self, lock_id: str) -> None:
        repeated: list[Exception] = []
        with self._explained("unlock"):
            try:
                self._lock_object().delete(
                    if_generation_match=int(lock_id), timeout=TIMEOUT, retry=retries(repeated.append)
                )
                return
            except NotFound:
                if repeated:  # the first request, whose answer was lost, has done it
                    return
                why = "it is not locked"
            except PreconditionFailed:
                why = "it is locked under another id"
            except ValueError:
                why = "the lock ids of this backend are numbers"
        raise BackendError(
            f"cannot unlock {self._where} with id {lock_id}: {why}", next_step="`dg state locks` shows who holds it"
        )

    break_lock = unlock

    def lock_excludes(self, lock_id: str) -> bool:
        with self._explained("lock"):
            blob = self._lock_object()
            record = _download(blob)
            try:
                blob.upload_from_string(record, if_generation_match=0, timeout=TIMEOUT, retry=retries())
            except PreconditionFailed:
                return True
        return False

    def facts(self) -> Iterator[Fact]:
        key = "the key of encryption_key" if self.customer_key else self.kms_key and f"the KMS key {self.kms_key}"
        return facts(self.bucket, self.settings, key=key)

    def _record(self) -> tuple[LockInfo | None, str]:
        """The lock record as written, and the lock object's generation; None when there is none."""
        blob = self._lock_object()
        try:
            data = _download(blob)
        except NotFound:
            return None, ""
        try:
            return LockInfo.from_json(data), str(blob.generation)
        except ValueError:
            return LockInfo("", "", "", "", info="the lock object is no lock record"), str(blob.generation)

    def _bucket_must_exist(self) -> None:
        """Google answers 404 for both; a missing bucket must not read as a missing state."""
        list(self._listed(prefix=self.name, max_results=1))

    def _listed(self, **options: Any) -> Any:
        client = storage_client(self.settings)
        return client.list_blobs(self.bucket, timeout=TIMEOUT, retry=retries(), **options)

    def _state(self, generation: int | None = None) -> Any:
        bucket = storage_client(self.settings).bucket(self.bucket)
        return bucket.blob(
            self.name, generation=generation, encryption_key=self.customer_key, kms_key_name=self.kms_key or None
        )

    def _lock_object(self) -> Any:
        """Never under the customer's key: terraform writes and reads it without."""
        return storage_client(self.settings).bucket(self.bucket).blob(self.name.removesuffix(STATE) + LOCK)

    @property
    def _where(self) -> str:
        return f"gs://{self.bucket}/{self.name}"

    def _explained(self, doing: str) -> AbstractContextManager[None]:
        return explained(doing, self._where, lambda: account(self.settings))


def open_gcs(backend: BackendConfig, around: Surroundings) -> Backend:
    """The object that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    name = locate(backend, PurePosixPath("."), env=around.env).object
    (bucket,) = s.need("bucket")
    return GcsBackend(
        bucket,
        name,
        gcs_settings(s, around),
        encryption_key(s, around),
        s.get("kms_encryption_key", "GOOGLE_KMS_ENCRYPTION_KEY"),
        s.not_honoured(HONOURED),
    )


def _download(blob: Any, other_than: int | None = None) -> bytes:
    """The object's bytes; one that was uploaded with `Content-Encoding: gzip` comes unpacked, as terraform reads it.

    Raises NotModified when it is still the generation `other_than`.
    """
    data: bytes = blob.download_as_bytes(
        raw_download=True, if_generation_not_match=other_than, timeout=TIMEOUT, retry=retries()
    )
    return gzip.decompress(data) if data.startswith(_GZIP) else data
