"""The settings of an `azurerm` backend that decide who asks Azure and how. Pure, but for reading secret files.

Honoured, each with its ARM_ variable: access_key · sas_token · use_azuread_auth · resource_group_name subscription_id
(for the account's keys, which are asked for where none of the first three is given) lookup_blob_endpoint ·
tenant_id client_id client_id_file_path · client_secret client_secret_file_path · client_certificate
client_certificate_path client_certificate_password · use_oidc oidc_token oidc_token_file_path oidc_request_url
oidc_request_token ado_pipeline_service_connection_id (and the variables of GitHub and Azure Pipelines) ·
use_aks_workload_identity · use_msi · use_cli · environment metadata_host. From the environment too: HTTPS_PROXY
NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE. Not honoured: msi_endpoint.

Source: https://developer.hashicorp.com/terraform/language/backend/azurerm.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.rest_proxy import NO_PROXIES, Proxies, proxies
from driftgate.backends.where_settings import Settings

_HONOURED = """storage_account_name container_name key snapshot access_key sas_token use_azuread_auth
    resource_group_name subscription_id lookup_blob_endpoint tenant_id client_id client_id_file_path client_secret
    client_secret_file_path client_certificate client_certificate_path client_certificate_password use_oidc
    oidc_token oidc_token_file_path oidc_request_url oidc_request_token ado_pipeline_service_connection_id
    use_aks_workload_identity use_msi use_cli environment metadata_host"""
HONOURED = frozenset(_HONOURED.split())
_REQUEST_URLS = ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")
_REQUEST_TOKENS = ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
_CONNECTIONS = ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")


@dataclass(frozen=True, slots=True)
class Oidc:
    """A token from outside Azure that is exchanged: given, in a file, or to be asked for at `request_url`."""

    token: str = field(default="", repr=False)
    token_file: str = ""
    request_url: str = ""
    request_token: str = field(default="", repr=False)
    service_connection: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks Entra ID for tokens: the first of certificate, secret, OIDC, managed identity and CLI that is given."""

    tenant: str = ""
    client: str = ""
    secret: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    certificate_password: str = field(default="", repr=False)
    oidc: Oidc | None = None
    managed: bool = False
    cli: bool = True


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """Everything that sets two blob clients apart, hashable: units with equal settings share one client."""

    account: str
    access_key: str = field(default="", repr=False)
    sas_token: str = field(default="", repr=False)
    entra: bool = False
    identity: Identity = Identity()
    subscription: str = ""
    resource_group: str = ""
    lookup_endpoint: bool = False
    environment: str = "public"
    metadata_host: str = ""
    ca_bundle: str = ""
    proxies: Proxies = NO_PROXIES


def azure_settings(s: Settings, around: Surroundings) -> AzureSettings:
    """How the backend with settings `s` reaches Azure. Raises BackendError for a value that cannot be used."""
    (account,) = s.need("storage_account_name")
    return AzureSettings(
        account=account,
        access_key=s.get("access_key", "ARM_ACCESS_KEY"),
        sas_token=s.get("sas_token", "ARM_SAS_TOKEN").removeprefix("?"),
        entra=s.flag("use_azuread_auth", "ARM_USE_AZUREAD"),
        identity=_identity(s, around.unit_dir),
        subscription=s.get("subscription_id", "ARM_SUBSCRIPTION_ID"),
        resource_group=s.get("resource_group_name"),
        lookup_endpoint=s.flag("lookup_blob_endpoint"),
        environment=s.get("environment", "ARM_ENVIRONMENT", default="public").lower(),
        metadata_host=s.get("metadata_host", "ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST"),
        ca_bundle=s.env.get("SSL_CERT_FILE") or s.env.get("REQUESTS_CA_BUNDLE", ""),
        proxies=proxies(s.env),
    )


def _identity(s: Settings, unit_dir: Path) -> Identity:
    return Identity(
        tenant=s.get("tenant_id", "ARM_TENANT_ID", "AZURE_TENANT_ID"),
        client=_value(s, unit_dir, "client_id") or s.env.get("AZURE_CLIENT_ID", ""),
        secret=_value(s, unit_dir, "client_secret"),
        certificate=_certificate(s, unit_dir),
        certificate_password=s.get("client_certificate_password", "ARM_CLIENT_CERTIFICATE_PASSWORD"),
        oidc=_oidc(s, unit_dir),
        managed=s.flag("use_msi", "ARM_USE_MSI"),
        cli=s.flag("use_cli", "ARM_USE_CLI", default=True),
    )


def _oidc(s: Settings, unit_dir: Path) -> Oidc | None:
    if s.flag("use_aks_workload_identity", "ARM_USE_AKS_WORKLOAD_IDENTITY"):
        return Oidc(token_file=s.env.get("AZURE_FEDERATED_TOKEN_FILE", ""))
    if not s.flag("use_oidc", "ARM_USE_OIDC"):
        return None
    token_file = s.get("oidc_token_file_path", "ARM_OIDC_TOKEN_FILE_PATH")
    return Oidc(
        s.get("oidc_token", "ARM_OIDC_TOKEN"),
        str(unit_dir / token_file) if token_file else "",
        s.get("oidc_request_url", *_REQUEST_URLS),
        s.get("oidc_request_token", *_REQUEST_TOKENS),
        s.get("ado_pipeline_service_connection_id", *_CONNECTIONS),
    )


def _certificate(s: Settings, unit_dir: Path) -> bytes:
    text = s.get("client_certificate", "ARM_CLIENT_CERTIFICATE")
    if text:
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise BackendError(
                "backend azurerm: client_certificate is not base64", next_step="give the base64 of the PKCS#12 bundle"
            ) from None
    path = s.get("client_certificate_path", "ARM_CLIENT_CERTIFICATE_PATH")
    return _read(unit_dir / path, "client_certificate_path") if path else b""


def _value(s: Settings, unit_dir: Path, name: str) -> str:
    """The setting itself, else what is in the file that `…_file_path` names."""
    value = s.get(name, f"ARM_{name.upper()}")
    path = s.get(f"{name}_file_path", f"ARM_{name.upper()}_FILE_PATH")
    return value or (_read(unit_dir / path, f"{name}_file_path").decode(errors="replace").strip() if path else "")


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackendError(
            f"backend azurerm: {name}: {path} cannot be read ({error.strerror})",
            next_step="check the path and its permissions",
        ) from None
