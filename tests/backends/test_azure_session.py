"""Entra ID, Resource Manager and the metadata service are one loopback server here; the storage is azurite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.identity import AzureCliCredential, CredentialUnavailableError, ManagedIdentityCredential
from azurite import KEY, Azure, start_azurite
from backends.azure_cloud import CLIENT, TENANT, Cloud, open_azurerm, start_cloud
from certificates import make_certificates
from contract.backend import state
from cryptography.hazmat.primitives import serialization

from driftgate import process
from driftgate.backends import azure_identity, azure_session
from driftgate.backends.azure_identity import entra_credential
from driftgate.backends.azure_session import CLOUDS, blob_service
from driftgate.backends.azure_settings import Identity
from driftgate.backends.azurerm import AzureBackend
from driftgate.backends.base import BackendError
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with start_azurite(tmp_path_factory.mktemp("azurite")) as running:
        with running.service() as service:
            service.create_container("states").upload_blob("app.tfstate", state(7))
        yield running


@pytest.fixture
def cloud(azure: Azure) -> Iterator[Cloud]:
    with start_cloud(azure) as running:
        yield running


LOGINS = [
    pytest.param({"client_secret": "s"}, {}, {"client_secret": "s", "client_id": CLIENT}, id="secret"),
    pytest.param({"use_oidc": True, "oidc_token": "o"}, {}, {"client_assertion": "o"}, id="OIDC token"),
    pytest.param(
        {"use_oidc": True}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://HOST/github?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
        {"client_assertion": "from github"}, id="GitHub",
    ),
    pytest.param(
        {"use_oidc": True, "ado_pipeline_service_connection_id": "7"},
        {"SYSTEM_OIDCREQUESTURI": "https://HOST/pipelines", "SYSTEM_ACCESSTOKEN": "t"},
        {"client_assertion": "from pipelines"}, id="Azure Pipelines",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("config", "env", "given"), LOGINS)
def test_entra_id_gives_a_token_for_the_storage(
    azure: Azure, cloud: Cloud, config: dict[str, Any], env: dict[str, str], given: dict[str, str]
) -> None:
    env = {name: value.replace("HOST", cloud.host) for name, value in env.items()}
    backend = open_azurerm(azure, cloud, {"use_azuread_auth": True, **config}, env)

    assert backend.get().data == state(7)  # type: ignore[union-attr]
    (asked,) = cloud.exchanged()
    assert asked.items() >= given.items()
    assert asked["scope"].startswith("https://storage.azure.com/.default")
    for request in cloud.seen:
        if request.path.startswith(("/github", "/pipelines")):
            assert request.headers["Authorization"] == "Bearer t"
            assert "audience=api://AzureADTokenExchange" in request.path or "serviceConnectionId=7" in request.path


def test_a_certificate(azure: Azure, cloud: Cloud, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = make_certificates(tmp_path)
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "bundle.pem").write_bytes(pem + made.client.read_bytes())
    config = {"use_azuread_auth": True, "client_certificate_path": str(tmp_path / "bundle.pem")}

    assert open_azurerm(azure, cloud, config).get().data == state(7)  # type: ignore[union-attr]
    assert "client_assertion" in cloud.exchanged()[0]


def test_without_key_or_token_the_accounts_key_is_looked_up(azure: Azure, cloud: Cloud) -> None:
    config = {"resource_group_name": "g", "subscription_id": "s", "client_secret": "s", "lookup_blob_endpoint": True}
    backend = open_azurerm(azure, cloud, config)

    assert backend.get().data == state(7)  # type: ignore[union-attr]
    looked_up = [r for r in cloud.seen if r.path.startswith("/subscriptions/")]
    assert [r.method for r in looked_up] == ["GET", "POST"]
    assert all(r.headers["Authorization"].startswith("Bearer ") for r in looked_up)


def test_nothing_to_log_in_with_says_what_there_could_be(azure: Azure, cloud: Cloud) -> None:
    with pytest.raises(BackendError, match="no credentials for storage account tfacct") as caught:
        open_azurerm(azure, cloud, {}).get()

    assert "use_azuread_auth" in caught.value.next_step


def test_a_login_that_entra_id_refuses(azure: Azure, cloud: Cloud) -> None:
    cloud.status = 401
    with pytest.raises(BackendError, match="Entra ID does not accept the login") as caught:
        open_azurerm(azure, cloud, {"use_azuread_auth": True, "client_secret": "wrong"}).get()

    assert "az login" in caught.value.next_step


def test_oidc_without_a_token(azure: Azure, cloud: Cloud) -> None:
    with pytest.raises(BackendError, match="use_oidc is set, and no token given") as caught:
        open_azurerm(azure, cloud, {"use_azuread_auth": True, "use_oidc": True}).get()

    assert "id-token: write" in caught.value.next_step


def test_a_file_with_the_token_is_read_for_each_exchange(tmp_path: Path) -> None:
    from driftgate.backends.azure_settings import Oidc

    (tmp_path / "token").write_text("first\n")
    assertion = azure_identity._assertion(Oidc(token_file=str(tmp_path / "token")), None)
    first = assertion()
    (tmp_path / "token").write_text("second\n")

    assert (first, assertion()) == ("first", "second")


def test_a_managed_identity_and_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    managed = entra_credential(
        Identity(client=CLIENT, managed=True), CLOUDS["public"].authority, known=True, transport=None
    )
    chained = entra_credential(Identity(tenant=TENANT), CLOUDS["public"].authority, known=True, transport=None)

    assert isinstance(managed, ManagedIdentityCredential)
    assert isinstance(chained.credentials[0], AzureCliCredential)
    assert len(chained.credentials) == 2


class Nobody:
    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        raise CredentialUnavailableError(message="nothing\nfound")


def test_no_login_at_all_is_one_line(
    azure: Azure, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(azure_identity, "AzureCliCredential", lambda **_options: Nobody())
    monkeypatch.setattr(azure_identity, "DefaultAzureCredential", lambda **_options: Nobody())
    with pytest.raises(BackendError, match="no usable Azure credentials") as caught:
        open_azurerm(azure, cloud, {"use_azuread_auth": True}).get()

    assert "az login" in caught.value.next_step
    assert capfd.readouterr() == ("", "")


def test_an_account_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(azure_session.RETRIES, "retry_total", 0)
    config = {"storage_account_name": "no-such.invalid", "container_name": "c", "key": "k", "access_key": KEY}
    backend = open_backend(BackendConfig("azurerm", config), unit_dir=Path(), env={}, runner=process.run)
    with pytest.raises(BackendError, match="no host of that name") as caught:
        backend.get()

    assert "storage_account_name" in caught.value.next_step


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("public", "a.blob.core.windows.net"),
        ("usgovernment", "a.blob.core.usgovcloudapi.net"),
        ("china", "a.blob.core.chinacloudapi.cn"),
    ],
)
def test_the_clouds_there_are(environment: str, host: str) -> None:
    config = {"storage_account_name": "a", "container_name": "c", "key": "k", "access_key": KEY}
    backend = open_backend(
        BackendConfig("azurerm", {**config, "environment": environment}), unit_dir=Path(), env={}, runner=process.run
    )
    assert isinstance(backend, AzureBackend)

    assert blob_service(backend.settings).primary_hostname == host


def test_a_cloud_there_is_not() -> None:
    config = {"storage_account_name": "a", "container_name": "c", "key": "k", "environment": "moon"}
    backend = open_backend(BackendConfig("azurerm", config), unit_dir=Path(), env={}, runner=process.run)
    with pytest.raises(BackendError, match="environment `moon` is not known") as caught:
        backend.get()

    assert "usgovernment" in caught.value.next_step
