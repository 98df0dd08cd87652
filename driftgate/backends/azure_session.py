"""Azure clients, one pooled blob client for each set of settings; the only way to Azure for backends."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from azure.core import PipelineClient
from azure.core.credentials import AzureSasCredential
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter

from driftgate.backends.azure_identity import entra_credential, named_in
from driftgate.backends.azure_settings import AzureSettings
from driftgate.backends.base import BackendError

RETRIES: dict[str, Any] = {
    "retry_total": 3,
    "retry_connect": 2,
    "initial_backoff": 0,
    "increment_base": 2,
    "random_jitter_range": 1,
}
"""The SDK's own, after 2, 4 and 8 seconds instead of 18, 24 and 42; one less where nobody answers at all."""
CONNECT_SECONDS = 5
READ_SECONDS = 60
CONNECTIONS = 32
_STORAGE_SCOPE = "https://storage.azure.com/.default"
_STORAGE_API = "2023-01-01"
_METADATA_API = "2022-09-01"

_clients: dict[AzureSettings, Any] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Cloud:
    """The endpoints of one of Azure's clouds; `known` when Entra ID itself knows its authority."""

    authority: str
    manager: str
    storage: str
    known: bool = True


CLOUDS = {
    "public": Cloud("https://login.microsoftonline.com", "https://management.azure.com", "core.windows.net"),
    "usgovernment": Cloud(
        "https://login.microsoftonline.us", "https://management.usgovcloudapi.net", "core.usgovcloudapi.net"
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn", "https://management.chinacloudapi.cn", "core.chinacloudapi.cn"
    ),
}


def blob_service(settings: AzureSettings) -> Any:
    """The blob client for `settings`, shared by all threads and made on first use.

    Raises BackendError for settings that cannot work, and whatever Azure's SDK raises while it looks for credentials.
    """
    with _lock:
        if settings not in _clients:
            _clients[settings] = _service(settings)
        return _clients[settings]


def who(settings: AzureSettings) -> str:
    """How the caller is known to Azure, for a denial; "" when a credential does not say."""
    if settings.sas_token and not settings.access_key:
        return "the SAS token"
    if settings.entra:
        return f"client {settings.identity.client}" if settings.identity.client else ""
    return "the account key"


def caller(settings: AzureSettings) -> str:
    """Who asks the storage: of a login at Entra ID what its token says, which is somebody also where `who` is nobody.

    Raises as `blob_service`.
    """
    if settings.access_key or settings.sas_token or not settings.entra:
        return who(settings)
    return named_in(blob_service(settings).credential.get_token(_STORAGE_SCOPE).token) or who(settings)


def managed(settings: AzureSettings, path: str = "") -> Any:
    """What Resource Manager says about the storage account, or about `path` below it. Raises as `blob_service`."""
    return _manager(settings, _cloud(settings), "GET", path)


def _service(settings: AzureSettings) -> Any:
    cloud = _cloud(settings)
    endpoint = f"https://{settings.account}.blob.{cloud.storage}"
    if settings.lookup_endpoint:
        endpoint = str(_manager(settings, cloud, "GET", "")["properties"]["primaryEndpoints"]["blob"])
    credential = _credential(settings, cloud)
    return BlobServiceClient(endpoint, credential=credential, transport=_transport(settings, endpoint), **RETRIES)


def _credential(settings: AzureSettings, cloud: Cloud) -> Any:
    """In Terraform's order: the key, the SAS token, Entra ID, and else the key that the account's owner may ask for."""
    if settings.access_key:
        return {"account_name": settings.account, "account_key": settings.access_key}
    if settings.sas_token:
        return AzureSasCredential(settings.sas_token)
    if settings.entra:
        credential = _entra(settings, cloud)
        credential.get_token(_STORAGE_SCOPE)  # a login that fails now is not tried again and again by the client
        return credential
    return {
        "account_name": settings.account,
        "account_key": str(_manager(settings, cloud, "POST", "/listKeys")["keys"][0]["value"]),
    }


def _entra(settings: AzureSettings, cloud: Cloud) -> Any:
    transport = _transport(settings, cloud.authority)
    return entra_credential(settings.identity, cloud.authority, known=cloud.known, transport=transport)


def _manager(settings: AzureSettings, cloud: Cloud, method: str, path: str) -> Any:
    """What Azure Resource Manager answers about the storage account."""
    if not settings.subscription or not settings.resource_group:
        raise BackendError(
            f"backend azurerm: no credentials for storage account {settings.account}",
            next_step="set use_azuread_auth = true, access_key or sas_token; or resource_group_name and "
            "subscription_id, for the account's key to be looked up",
        )
    scope = f"/subscriptions/{quote(settings.subscription)}/resourceGroups/{quote(settings.resource_group)}"
    account = f"{scope}/providers/Microsoft.Storage/storageAccounts/{quote(settings.account)}"
    token = BearerTokenCredentialPolicy(_entra(settings, cloud), f"{cloud.manager}/.default")
    return _json(settings, method, f"{cloud.manager}{account}{path}?api-version={_STORAGE_API}", token)


def _cloud(settings: AzureSettings) -> Cloud:
    if not settings.metadata_host:
        if settings.environment not in CLOUDS:
            raise BackendError(
                f"backend azurerm: environment `{settings.environment}` is not known",
                next_step=f"use one of {', '.join(CLOUDS)}, or metadata_host",
            )
        return CLOUDS[settings.environment]
    found = _json(settings, "GET", f"https://{settings.metadata_host}/metadata/endpoints?api-version={_METADATA_API}")
    one = found[0] if isinstance(found, list) else found
    manager, authority = str(one["resourceManager"]), str(one["authentication"]["loginEndpoint"])
    known = any(authority.rstrip("/") == cloud.authority for cloud in CLOUDS.values())
    return Cloud(authority.rstrip("/"), manager.rstrip("/"), str(one["suffixes"]["storage"]), known)


def _json(settings: AzureSettings, method: str, url: str, *policies: Any) -> Any:
    """The JSON at `url`. Raises Azure's own errors."""
    retry = RetryPolicy(retry_total=RETRIES["retry_total"])
    client: Any = PipelineClient(url, policies=[retry, *policies], transport=_transport(settings, url))
    with client:
        response = client.send_request(HttpRequest(method, url))
        response.raise_for_status()
        return response.json()


def _transport(settings: AzureSettings, url: str) -> RequestsTransport:
    """Connections for a client that speaks to the host of `url`, and that closes them with itself."""
    session = requests.Session()
    session.trust_env = False  # the environment was read into the settings
    session.proxies = {"https": settings.proxies.through(url)}
    session.mount("https://", HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS))
    return RequestsTransport(
        session=session,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        connection_verify=settings.ca_bundle or True,
    )
