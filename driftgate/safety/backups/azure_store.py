"""Backups in a container of an Azure storage account, written on the condition that nothing is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from driftgate import process
from driftgate.backends.azure_errors import code_of, explained
from driftgate.backends.azure_session import blob_service
from driftgate.backends.azure_settings import AzureSettings
from driftgate.backends.azurerm import AzureBackend, open_azurerm
from driftgate.backends.base import Surroundings
from driftgate.safety.backup import BackupError
from driftgate.safety.backups.store import as_backup_error
from driftgate.unit import BackendConfig


@dataclass(frozen=True, slots=True)
class AzureStore:
    """The blobs of `container` whose names begin with `prefix`."""

    container: str
    prefix: str
    settings: AzureSettings
    durable: bool = True

    @property
    def address(self) -> str:
        return f"azurerm://{self.settings.account}/{self.container}/{self.prefix}".rstrip("/")

    def put_new(self, name: str, data: bytes) -> bool:
        with as_backup_error(), self._explained("write", name):
            try:
                self._client().upload_blob(self.prefix + name, data, overwrite=False)
            except ResourceExistsError:
                return False
        return True

    def get(self, name: str) -> bytes | None:
        with as_backup_error(), self._explained("read", name):
            try:
                data: bytes = self._client().download_blob(self.prefix + name).readall()
                return data
            except ResourceNotFoundError as error:
                _container_must_exist(error)
                return None

    def names(self) -> Iterator[str]:
        with as_backup_error(), self._explained("list", ""):
            listed = self._client().list_blob_names(name_starts_with=self.prefix or None)
            yield from (name.removeprefix(self.prefix) for name in listed)

    def delete(self, name: str) -> None:
        with as_backup_error(), self._explained("delete", name):
            try:
                self._client().delete_blob(self.prefix + name, delete_snapshots="include")
            except ResourceNotFoundError as error:
                _container_must_exist(error)

    def _client(self) -> Any:
        return blob_service(self.settings).get_container_client(self.container)

    def _explained(self, doing: str, name: str) -> AbstractContextManager[None]:
        return explained(doing, f"{self.address}/{name}".rstrip("/"), self.settings)


def _container_must_exist(error: ResourceNotFoundError) -> None:
    """A missing container must not read as a place without backups."""
    if code_of(error) == "ContainerNotFound":
        raise error


def open_azure_store(account: str, path: str, config: Mapping[str, str], env: Mapping[str, str]) -> AzureStore:
    """The place `azurerm://account/container/prefix`. `config` are settings of Terraform's azurerm backend.

    What is not set there comes from the environment (`ARM_…`) and Azure's own chain. Raises BackupError.
    """
    container, _, prefix = path.partition("/")
    if not container:
        raise BackupError(f"`azurerm://{account}` names no container", next_step="write azurerm://account/container")
    where = {"storage_account_name": account, "container_name": container, "key": f"{prefix}x"}
    with as_backup_error():
        backend = open_azurerm(BackendConfig("azurerm", {**config, **where}), Surroundings(Path(), env, process.run))
    assert isinstance(backend, AzureBackend)
    return AzureStore(container, prefix, backend.settings)
