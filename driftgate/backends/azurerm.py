"""The `azurerm` backend: a blob in an Azure storage account, locked by its lease.

Settings: `azure_settings.py`. Source: https://developer.hashicorp.com/terraform/language/backend/azurerm, and run
against Terraform 1.11.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from driftgate.backends import azurerm_lease
from driftgate.backends.azure_errors import code_of, explained
from driftgate.backends.azure_session import blob_service
from driftgate.backends.azure_settings import HONOURED, AzureSettings, azure_settings
from driftgate.backends.azurerm_facts import Kept, facts
from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings, Version
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.remembered import again
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

NAMED = "env:"
CURRENT = "current"
"""The id of the present version in an account that keeps no versions."""
NOT_MODIFIED = 304
_SNAPSHOT, _VERSION = "snapshot", "versionid"


@dataclass(frozen=True, slots=True)
class AzureBackend:
    """The blob `name` in `container`; `key` is the default workspace's. `snapshot`: take one before each write."""

    container: str
    name: str
    key: str
    settings: AzureSettings
    snapshot: bool = False
    notes: tuple[str, ...] = ()
    conditional = True

    def get(self) -> Payload | None:
        """The blob; its token is the ETag, which the lock changes: read after locking.

        What this process has read before is not sent again.
        """
        return again(("azurerm", self.settings, self.container, self.name), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        other = {"etag": known.token, "match_condition": MatchConditions.IfModified} if known else {}
        with self._explained("read"):
            try:
                download = self._blob().download_blob(**other)
                return Payload(download.readall(), str(download.properties.etag))
            except HttpResponseError as error:
                if known and error.status_code == NOT_MODIFIED:
                    return known
                _only_the_blob(error)
                return None

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        with self._explained("write"):
            blob, options = self._blob(), _condition(replacing)
            try:
                metadata = None
                if replacing is not None:
                    if self.snapshot and replacing.data:
                        blob.create_snapshot(lease=lock_id, **options)
                    # It holds the lock record, and an upload would erase it.
                    metadata = blob.get_blob_properties(lease=lock_id).metadata
                    options["overwrite"] = True
                blob.upload_blob(data, lease=lock_id, metadata=metadata, content_settings=azurerm_lease.JSON, **options)
                return
            except (ResourceModifiedError, ResourceExistsError, ResourceNotFoundError) as error:
                if isinstance(error, ResourceNotFoundError):
                    _only_the_blob(error)
                stored = self.get()
        if stored is None or stored.data != data:  # else it was our own request, repeated by the SDK
            raise ConflictError(
                f"{self._where} was changed by somebody else, nothing was written", next_step="read it again"
            )

    def versions(self) -> Iterator[Version]:
        """The account's versions and the blob's snapshots.

        Locking and unlocking make versions of the account too: what has the same bytes as its neighbour is one here.
        """
        with self._explained("list"):
            listed = self._container().list_blobs(name_starts_with=self.name, include=["versions", "snapshots"])
            found = [blob for blob in listed if blob.name == self.name and blob.size]
        newest_first = sorted(found, key=lambda blob: (_is_current(blob), _moment(blob)), reverse=True)
        for _, alike in groupby(newest_first, key=lambda blob: blob.content_settings.content_md5 or id(blob)):
            run = list(alike)
            yield _version(run[0], written=run[-1].last_modified)

    def get_version(self, version_id: str) -> bytes:
        kind, _, moment = version_id.partition("=")
        choice = {_SNAPSHOT: {"snapshot": moment}, _VERSION: {"version_id": moment}, CURRENT: {}}.get(kind)
        with self._explained("read"):
            try:
                if choice is not None:
                    blob = self._container().get_blob_client(self.name, **choice)
                    data: bytes = blob.download_blob().readall()
                    return data
            except HttpResponseError as error:
                if error.status_code != 400:  # so it is for what is no moment in time
                    _only_the_blob(error)
        raise BackendError(f"{self._where} has no version {version_id}", next_step="list those there are")

    def delete(self, *, lock_id: str | None = None) -> None:
        """Remove the blob with its snapshots, which Azure lets no blob leave behind."""
        with self._explained("delete"):
            try:
                self._blob().delete_blob(delete_snapshots="include", lease=lock_id)
            except ResourceNotFoundError as error:
                _only_the_blob(error)

    def workspaces(self) -> tuple[str, ...]:
        prefix = f"{self.key}{NAMED}"
        with self._explained("list"):
            names = [name[len(prefix) :] for name in self._container().list_blob_names(name_starts_with=prefix)]
        return tuple(sorted({"default", *(name for name in names if name and "/" not in name)}))

    def lock(self, info: LockInfo) -> str:
        """Lease the blob, made empty where there is none; `info.id` is the lease's id too."""
        with self._explained("lock"):
            blob = self._blob()
            if azurerm_lease.take(blob, replace(info, path=f"{self.container}/{self.name}")):
                return info.id
            raise LockHeldError(self._where, azurerm_lease.holder(blob))

    def holder(self) -> LockInfo | None:
        with self._explained("read"):
            return azurerm_lease.holder(self._blob())

    def unlock(self, lock_id: str) -> None:
        with self._explained("unlock"):
            why = azurerm_lease.give_back(self._blob(), lock_id)
        self._check_unlocked(lock_id, why)

    def break_lock(self, lock_id: str) -> None:
        with self._explained("unlock"):
            why = azurerm_lease.break_(self._blob(), lock_id)
        self._check_unlocked(lock_id, why)

    def facts(self) -> Iterator[Fact]:
        return facts(Kept(self.settings, self.container, self.name, self.snapshot))

    def _check_unlocked(self, lock_id: str, why: str) -> None:
        if why:
            raise BackendError(
                f"cannot unlock {self._where} with id {lock_id}: {why}", next_step="`dg state locks` shows who holds it"
            )

    def _container(self) -> Any:
        return blob_service(self.settings).get_container_client(self.container)

    def _blob(self) -> Any:
        return self._container().get_blob_client(self.name)

    @property
    def _where(self) -> str:
        return f"azurerm://{self.settings.account}/{self.container}/{self.name}"

    def _explained(self, doing: str) -> AbstractContextManager[None]:
        return explained(doing, self._where, self.settings)


def open_azurerm(backend: BackendConfig, around: Surroundings) -> Backend:
    """The blob that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    name = locate(backend, PurePosixPath("."), env=around.env).object
    container, key = s.need("container_name", "key")
    snapshot = s.flag("snapshot", "ARM_SNAPSHOT")
    return AzureBackend(container, name, key, azure_settings(s, around), snapshot, s.not_honoured(HONOURED))


def _only_the_blob(error: HttpResponseError) -> None:
    """Raise what is not the answer that the blob is not there: a missing container must not read as a missing state."""
    if code_of(error) != "BlobNotFound":
        raise error


def _condition(replacing: Payload | None) -> dict[str, Any]:
    if replacing is None:
        return {"overwrite": False}
    return {"etag": replacing.token or "none", "match_condition": MatchConditions.IfNotModified}


def _version(blob: Any, written: datetime) -> Version:
    kind = f"{_SNAPSHOT}=" if blob.snapshot else f"{_VERSION}=" if blob.version_id else CURRENT
    time = written.isoformat().replace("+00:00", "Z")
    return Version(f"{kind}{_moment(blob)}", time, blob.size, _is_current(blob))


def _moment(blob: Any) -> str:
    return str(blob.snapshot or blob.version_id or "")


def _is_current(blob: Any) -> bool:
    return bool(blob.is_current_version) or not _moment(blob)
