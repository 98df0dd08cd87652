"""Entra ID, Resource Manager and the metadata service as one loopback server, for tests whose storage is azurite."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from azurite import ACCOUNT, KEY, Azure
from loopback import Answer, Request, serve

from driftgate import process
from driftgate.backends.azurerm import AzureBackend
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

TENANT = "0c7a1b5e-0000-4000-8000-000000000001"
CLIENT = "0c7a1b5e-0000-4000-8000-000000000002"
_MANAGED = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/tfacct"


def token(**more: str) -> str:
    """One that azurite takes: it looks at issuer, audience and times, and at no signature."""
    now = int(time.time())
    claims = {"aud": "https://storage.azure.com", "iss": f"https://sts.windows.net/{TENANT}/", "iat": now, "nbf": now - 60, "exp": now + 3600, **more}  # fmt: skip
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in [*parts, b"signature"])


class Cloud:
    """What Azure says besides the storage, and what it was asked; it answers `status` to what ends in `refuses`."""

    def __init__(self) -> None:
        self.host = ""
        self.status, self.refuses = 200, ("/token",)
        self.seen: list[Request] = []
        self.account: dict[str, Any] = {"primaryEndpoints": {"blob": f"https://{ACCOUNT}.blob.core.windows.net/"}}
        self.blob_service: dict[str, Any] = {}
        self.claims: dict[str, str] = {}

    def answer(self, request: Request) -> Answer:
        self.seen.append(request)
        path = request.path.partition("?")[0]
        url = f"https://{self.host}"
        known: dict[str, Any] = {
            "/metadata/endpoints": {
                "resourceManager": f"{url}/",
                "authentication": {"loginEndpoint": f"{url}/"},
                "suffixes": {"storage": "core.windows.net"},
            },
            f"/{TENANT}/v2.0/.well-known/openid-configuration": {
                "authorization_endpoint": f"{url}/{TENANT}/authorize",
                "token_endpoint": f"{url}/{TENANT}/oauth2/v2.0/token",
                "issuer": f"{url}/{TENANT}/v2.0",
            },
            f"/{TENANT}/oauth2/v2.0/token": {
                "access_token": token(**self.claims),
                "expires_in": 3600,
                "token_type": "Bearer",
            },
            "/github": {"value": "from github"},
            "/pipelines": {"oidcToken": "from pipelines"},
            f"{_MANAGED}/listKeys": {"keys": [{"value": KEY}]},
            f"{_MANAGED}/blobServices/default": {"properties": self.blob_service},
            _MANAGED: {"properties": self.account},
        }
        refused = self.status != 200 and path.endswith(self.refuses)
        document = {"error": "invalid_client", "error_description": "No."} if refused else known[path]
        headers = {"Content-Type": "application/json"}
        return Answer(self.status if refused else 200, json.dumps(document).encode(), headers)

    def exchanged(self) -> list[dict[str, str]]:
        """What was given to Entra ID for tokens."""
        bodies = [parse_qs(request.body.decode()) for request in self.seen if request.path.endswith("/token")]
        return [{name: values[0] for name, values in body.items()} for body in bodies]


@contextmanager
def start_cloud(azure: Azure) -> Iterator[Cloud]:
    """Yield it running, trusted by the clients of `azure`."""
    running = Cloud()
    with serve(running.answer, azure.authority.parent / "server.pem") as url:
        running.host = url.removeprefix("https://").replace("127.0.0.1", "localhost")
        yield running


def open_azurerm(azure: Azure, cloud: Cloud, config: dict[str, Any], env: dict[str, str] | None = None) -> AzureBackend:
    everywhere = {"storage_account_name": ACCOUNT, "container_name": "states", "key": "app.tfstate"}
    config = {**everywhere, "metadata_host": cloud.host, "tenant_id": TENANT, "client_id": CLIENT, **config}
    reached = {name: value for name, value in azure.env.items() if name != "ARM_ACCESS_KEY"}
    backend = open_backend(
        BackendConfig("azurerm", config), unit_dir=Path(), env={**reached, **(env or {})}, runner=process.run
    )
    assert isinstance(backend, AzureBackend)
    return backend
