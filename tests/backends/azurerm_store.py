"""Azure Storage as the tests of `azurerm` reach it: through the backend, and around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azurite import ACCOUNT, Azure

from driftgate import process
from driftgate.backends.azurerm import AzureBackend
from driftgate.backends.base import Backend
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig


def settings(container: Any, **more: Any) -> dict[str, Any]:
    name = container.container_name
    return {"storage_account_name": ACCOUNT, "container_name": name, "key": "app/prod.tfstate", **more}


def open_azurerm(config: dict[str, Any], env: dict[str, str], workspace: str = "default") -> AzureBackend:
    backend = open_backend(BackendConfig("azurerm", config, workspace), unit_dir=Path(), env=env, runner=process.run)
    assert isinstance(backend, AzureBackend)
    return backend


class AzureStore:
    verbatim = True

    def __init__(self, azure: Azure, container: Any) -> None:
        self.azure, self.container = azure, container

    def put(self, data: bytes, workspace: str = "default") -> None:
        name = "app/prod.tfstate" + ("" if workspace == "default" else f"env:{workspace}")
        self.container.upload_blob(name, data, overwrite=True)

    def dump(self) -> object:
        return {blob.name: (blob.etag, blob.lease.status) for blob in self.container.list_blobs()}

    def open(self, workspace: str = "default") -> Backend:
        return open_azurerm(settings(self.container), self.azure.env, workspace)
