from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from azurite import ACCOUNT, KEY, Azure, start_azurite
from backends.azure_cloud import CLIENT, Cloud, open_azurerm, start_cloud
from contract.backend import state

from driftgate.backends import azurerm_facts
from driftgate.backends.azure_identity import named_in
from driftgate.backends.base import Described, Fact
from driftgate.state.probe import look

MANAGED = {"subscription_id": "s", "resource_group_name": "g", "client_secret": "s"}


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


def facts(azure: Azure, cloud: Cloud, **config: Any) -> dict[str, Fact]:
    backend = open_azurerm(azure, cloud, {"access_key": KEY, **config})
    assert isinstance(backend, Described)
    return {fact.name: fact for fact in backend.facts()}


def test_an_account_as_it_should_be(azure: Azure, cloud: Cloud) -> None:
    cloud.account["allowBlobPublicAccess"] = False
    cloud.blob_service["isVersioningEnabled"] = True
    found = facts(azure, cloud, **MANAGED)

    assert [(name, fact.good, fact.said) for name, fact in found.items()] == [
        ("identity", True, "the account key"),
        ("versioned", True, "the account keeps old versions"),
        ("encrypted", True, "with the account's key"),
        ("private", True, "the account forbids public access"),
    ]
    backend = open_azurerm(azure, cloud, {"access_key": KEY, **MANAGED})
    assert [fact.name for fact in look(backend)] == ["read", *found]


def test_what_should_be_mended(azure: Azure, cloud: Cloud) -> None:
    cloud.account["allowBlobPublicAccess"] = True
    found = facts(azure, cloud, **MANAGED)

    assert (found["versioned"].good, found["private"].good) == (False, False)
    assert "--enable-versioning true -n tfacct" in found["versioned"].mend
    assert "--allow-blob-public-access false -n tfacct" in found["private"].mend


def test_what_blob_storage_does_not_say_is_not_known(azure: Azure, cloud: Cloud) -> None:
    found = facts(azure, cloud)

    for name in ("versioned", "private"):
        assert found[name].good is None
        assert "not readable here" in found[name].said
        assert "set resource_group_name and subscription_id" in found[name].mend
    assert found["encrypted"].good is True


def test_an_account_that_leaves_it_open_is_not_known(azure: Azure, cloud: Cloud) -> None:
    assert facts(azure, cloud, **MANAGED)["private"].good is None


def test_a_manager_that_may_not_be_asked_is_not_known(azure: Azure, cloud: Cloud) -> None:
    cloud.status, cloud.refuses = 403, ("tfacct", "/default")
    found = facts(azure, cloud, **MANAGED)

    for name in ("versioned", "private"):
        assert found[name].good is None
        assert f"cannot look at storage account tfacct: access denied to client {CLIENT}" in found[name].said
        assert "grant the role Reader" in found[name].mend


def test_snapshots_are_old_versions_too(azure: Azure, cloud: Cloud) -> None:
    assert facts(azure, cloud, snapshot=True)["versioned"].good is True


@pytest.mark.parametrize("level", ["blob", "container"])
def test_a_public_container(azure: Azure, cloud: Cloud, level: str) -> None:
    with azure.service() as service:
        service.create_container(f"public-{level}", public_access=level)
    found = facts(azure, cloud, container_name=f"public-{level}")["private"]

    assert (found.good, found.said) == (False, f"everybody can read in the container (public access: {level})")
    assert f"--public-access off -n public-{level} --account-name tfacct" in found.mend


def test_without_a_state_the_container_says_how_it_encrypts(azure: Azure, cloud: Cloud) -> None:
    assert facts(azure, cloud, key="none")["encrypted"] == Fact("encrypted", True, "with the account's key")


def test_a_container_that_is_not_there_is_not_known(azure: Azure, cloud: Cloud) -> None:
    found = facts(azure, cloud, container_name="none")

    assert {found[name].good for name in ("versioned", "encrypted", "private")} == {None}
    assert "the container does not exist" in found["private"].said


class Blob:
    """What azurite never says of a blob."""

    version_id, server_encrypted, encryption_scope = "2026-11-26T07:00:00.0000000Z", True, "team"


def test_what_a_blob_says_itself(azure: Azure, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azurerm_facts, "properties", lambda blob: Blob)
    found = facts(azure, cloud)
    monkeypatch.setattr(Blob, "server_encrypted", False)
    in_clear = facts(azure, cloud)["encrypted"]

    assert (found["versioned"].good, found["encrypted"].said) == (True, "with the key of the encryption scope team")
    assert (in_clear.good, in_clear.mend) == (False, "write it again: Azure encrypts what it stores")


def test_a_sas_token_that_is_for_blobs_alone(azure: Azure, cloud: Cloud) -> None:
    from datetime import UTC, datetime, timedelta

    token = generate_container_sas(
        ACCOUNT, "states", account_key=KEY, permission=ContainerSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )  # fmt: skip
    found = facts(azure, cloud, access_key="", sas_token=token)

    assert found["identity"].said == "the SAS token"
    assert found["encrypted"].good is True
    assert found["private"].good is None


@pytest.mark.parametrize(
    ("claims", "who"),
    [
        pytest.param({"upn": "ann@example.com", "appid": "az"}, "ann@example.com", id="user"),
        pytest.param({"appid": "a-client"}, "client a-client", id="service"),
        pytest.param({}, f"client {CLIENT}", id="a token that does not say"),
    ],
)
def test_who_we_are_to_entra_id(azure: Azure, cloud: Cloud, claims: dict[str, str], who: str) -> None:
    cloud.claims = claims
    found = facts(azure, cloud, access_key="", use_azuread_auth=True, client_secret="s")["identity"]

    assert found == Fact("identity", True, who)


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.é.c"])
def test_a_token_that_is_no_document_names_nobody(token: str) -> None:
    assert named_in(token) == ""
