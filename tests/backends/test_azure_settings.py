from __future__ import annotations

import base64
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from driftgate import process
from driftgate.backends.azure_settings import AzureSettings, Identity, Oidc, azure_settings
from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig


def resolved(config: dict[str, Any], env: dict[str, str], unit_dir: Path = Path()) -> AzureSettings:
    backend = BackendConfig("azurerm", {"storage_account_name": "a", **config})
    settings = Settings(backend, PurePosixPath("."), env, None)
    return azure_settings(settings, Surroundings(unit_dir, env, process.run))


def of(**identity: Any) -> AzureSettings:
    return AzureSettings("a", identity=Identity(**identity))


ACTIONS = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions/?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
PIPELINES = {"SYSTEM_OIDCREQUESTURI": "https://ado/", "SYSTEM_ACCESSTOKEN": "t"}
CASES = [
    pytest.param({}, {}, AzureSettings("a"), id="nothing"),
    pytest.param({"access_key": "k"}, {"ARM_ACCESS_KEY": "e"}, AzureSettings("a", access_key="k"), id="block before env"),
    pytest.param({}, {"ARM_SAS_TOKEN": "?sig=s"}, AzureSettings("a", sas_token="sig=s"), id="SAS of the environment"),
    pytest.param({"use_azuread_auth": True}, {}, AzureSettings("a", entra=True), id="Entra ID"),
    pytest.param({}, {"ARM_USE_AZUREAD": "true"}, AzureSettings("a", entra=True), id="Entra ID by environment"),
    pytest.param(
        {"resource_group_name": "g", "lookup_blob_endpoint": "true"}, {"ARM_SUBSCRIPTION_ID": "s"},
        AzureSettings("a", subscription="s", resource_group="g", lookup_endpoint=True), id="to be looked up",
    ),
    pytest.param(
        {"environment": "China"}, {"ARM_METADATA_HOSTNAME": "m"},
        AzureSettings("a", environment="china", metadata_host="m"), id="another cloud",
    ),
    pytest.param({}, {"SSL_CERT_FILE": "/ca"}, AzureSettings("a", ca_bundle="/ca"), id="authority"),
    pytest.param(
        {"tenant_id": "t", "client_id": "c", "client_secret": "s"}, {}, of(tenant="t", client="c", secret="s"),
        id="secret",
    ),
    pytest.param(
        {"client_id_file_path": "id"}, {"ARM_TENANT_ID": "t", "ARM_CLIENT_SECRET_FILE_PATH": "word"},
        of(tenant="t", client="in a file", secret="in another"), id="files",
    ),
    pytest.param(
        {"client_certificate": base64.b64encode(b"pfx").decode(), "client_certificate_password": "p"}, {},
        of(certificate=b"pfx", certificate_password="p"), id="certificate",
    ),
    pytest.param({}, {"ARM_CLIENT_CERTIFICATE_PATH": "id"}, of(certificate=b"in a file\n"), id="certificate's file"),
    pytest.param({"use_oidc": True, "oidc_token": "o"}, {}, of(oidc=Oidc("o")), id="OIDC token"),
    pytest.param({}, {"ARM_USE_OIDC": "1", **ACTIONS}, of(oidc=Oidc("", "", "https://actions/?v=2", "t")), id="GitHub"),
    pytest.param(
        {"use_oidc": True, "ado_pipeline_service_connection_id": "7"}, PIPELINES,
        of(oidc=Oidc("", "", "https://ado/", "t", "7")), id="Azure Pipelines",
    ),
    pytest.param(
        {"use_aks_workload_identity": True}, {"AZURE_FEDERATED_TOKEN_FILE": "/f", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"},
        of(tenant="t", client="c", oidc=Oidc(token_file="/f")), id="AKS",
    ),
    pytest.param({"use_msi": True, "use_cli": False}, {}, of(managed=True, cli=False), id="managed identity"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "env", "expected"), CASES)
def test_settings(config: dict[str, Any], env: dict[str, str], expected: AzureSettings, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("in a file\n")
    (tmp_path / "word").write_text("in another\n")

    assert resolved(config, env, tmp_path) == expected


def test_a_tokens_file_is_looked_for_where_terraform_runs(tmp_path: Path) -> None:
    found = resolved({"use_oidc": True, "oidc_token_file_path": "token"}, {}, tmp_path)

    assert found.identity.oidc == Oidc(token_file=str(tmp_path / "token"))


def test_nothing_secret_is_in_the_repr() -> None:
    oidc = Oidc(token="hunter2", request_token="hunter2")
    identity = Identity(secret="hunter2", certificate=b"hunter2", certificate_password="hunter2", oidc=oidc)

    assert "hunter2" not in repr(AzureSettings("a", access_key="hunter2", sas_token="hunter2", identity=identity))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"client_certificate": "*"}, "client_certificate is not base64"),
        ({"client_certificate_path": "none"}, "client_certificate_path: .*none cannot be read"),
        ({"client_secret_file_path": "none"}, "client_secret_file_path: .*none cannot be read"),
    ],
)
def test_values_that_cannot_be_used(config: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        resolved(config, {}, tmp_path)

    assert caught.value.next_step
