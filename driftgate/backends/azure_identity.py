"""The credential that asks Entra ID for tokens, chosen as terraform chooses: the first kind that is given."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.core import PipelineClient
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ChainedTokenCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from driftgate.backends.azure_settings import Identity, Oidc
from driftgate.backends.base import BackendError

logging.getLogger("azure").addHandler(logging.NullHandler())  # it tells at length of every login that it tries
_AUDIENCE = "api://AzureADTokenExchange"
_PIPELINES_API = "7.1"


def entra_credential(identity: Identity, authority: str, *, known: bool, transport: Any) -> Any:
    """A credential of Azure's SDK; nobody is asked before its first use.

    `authority` is the cloud's login endpoint, `known` whether Entra ID would vouch for it; `transport` carries the
    requests. Raises BackendError for an OIDC login that says nowhere where its token is.
    """
    to_entra: dict[str, Any] = {"authority": authority, "disable_instance_discovery": not known, "transport": transport}
    tenant, client = identity.tenant, identity.client
    if identity.certificate and tenant and client:
        password = identity.certificate_password or None
        return CertificateCredential(
            tenant, client, certificate_data=identity.certificate, password=password, **to_entra
        )
    if identity.secret and tenant and client:
        return ClientSecretCredential(tenant, client, identity.secret, **to_entra)
    if identity.oidc is not None:
        return ClientAssertionCredential(tenant, client, _assertion(identity.oidc, transport), **to_entra)
    if identity.managed:
        return ManagedIdentityCredential(client_id=client or None)
    own = [AzureCliCredential(tenant_id=tenant)] if identity.cli else []
    return ChainedTokenCredential(*own, DefaultAzureCredential(authority=authority.partition("://")[2]))


def named_in(token: str) -> str:
    """Who a token of Entra ID was given to, for showing; "" when it does not say, as it need not.

    Source: https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference.
    """
    payload = token.partition(".")[2].partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return ""
    user = claims.get("upn") or claims.get("unique_name") or claims.get("preferred_username")
    client = claims.get("appid") or claims.get("azp")
    return str(user) if user else f"client {client}" if client else ""


def _assertion(oidc: Oidc, transport: Any) -> Callable[[], str]:
    """Gives the token to exchange, anew for each exchange: these tokens are short-lived."""
    if oidc.token:
        return lambda: oidc.token
    if oidc.token_file:
        return lambda: Path(oidc.token_file).read_text(encoding="utf-8").strip()
    if oidc.request_url and oidc.request_token:
        return lambda: _requested(oidc, transport)
    raise BackendError(
        "backend azurerm: use_oidc is set, and no token given",
        next_step="set ARM_OIDC_TOKEN or ARM_OIDC_TOKEN_FILE_PATH; on GitHub, `permissions: id-token: write`",
    )


def _requested(oidc: Oidc, transport: Any) -> str:
    """The token that GitHub gives, or Azure Pipelines for a service connection.

    Sources: https://docs.github.com/en/actions/reference/security/oidc,
    https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create.
    """
    joint = "&" if "?" in oidc.request_url else "?"
    if oidc.service_connection:
        query = f"api-version={_PIPELINES_API}&serviceConnectionId={oidc.service_connection}"
        method, name = "POST", "oidcToken"
    else:
        method, query, name = "GET", f"audience={_AUDIENCE}", "value"
    headers = {"Authorization": f"Bearer {oidc.request_token}", "Content-Type": "application/json"}
    client: Any = PipelineClient(oidc.request_url, policies=[RetryPolicy()], transport=transport)
    response = client.send_request(HttpRequest(method, f"{oidc.request_url}{joint}{query}", headers=headers))
    response.raise_for_status()
    return str(response.json()[name])
