from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobLeaseClient, ContainerSasPermissions, generate_container_sas
from azurite import ACCOUNT, HOSTS, KEY, Azure, start_azurite
from backends.azurerm_store import AzureStore, open_azurerm, settings
from certificates import Certificates, make_certificates
from connect_proxy import start_proxy
from contract.backend import BackendContract, state
from contract.interop import InteropContract, Unit
from contract.sites import Site, new_lock
from contract.writable import WritableContract
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate.backends import azure_session, azurerm_lease
from driftgate.backends.azure_session import blob_service
from driftgate.backends.azurerm import AzureBackend
from driftgate.backends.base import BackendError, ConflictError, NoAnswerError
from driftgate.backends.lock import LockHeldError
from driftgate.unit import BackendConfig


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with start_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture
def container(azure: Azure) -> Iterator[Any]:
    """The client of a fresh container."""
    with azure.service() as service:
        yield service.create_container(f"states-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def backend(azure: Azure, container: Any) -> AzureBackend:
    return open_azurerm(settings(container), azure.env)


class TestAzurerm(BackendContract):
    @pytest.fixture
    def store(self, azure: Azure, container: Any) -> AzureStore:
        return AzureStore(azure, container)


@pytest.fixture
def site(azure: Azure, container: Any, tmp_path: Path) -> Site:
    return Site("azurerm", "azurerm", tmp_path, settings(container, snapshot=True), azure.env)


class TestWritingAzurerm(WritableContract): ...


class TestAzurermBesideTerraform(InteropContract):
    def test_without_snapshots_there_is_the_present_version(self, azure: Azure, container: Any, site: Site) -> None:
        Unit(replace(site, config=settings(container))).apply("one")

        assert [version.id for version in site.open().versions()] == ["current"]


def test_four_processes_lose_no_write(azure: Azure, container: Any) -> None:
    assert race(BackendConfig("azurerm", settings(container)), azure.env) == PROCESSES * ROUNDS + 1


@needs_terraform
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_a_write_keeps_the_lock_record_and_all_other_metadata(backend: AzureBackend, container: Any) -> None:
    container.upload_blob(backend.name, state(1), metadata={"Owner": "ann"})
    lock_id = backend.lock(new_lock())
    backend.put(state(2), replacing=backend.get(), lock_id=lock_id)
    blob = container.get_blob_client(backend.name)
    held = blob.get_blob_properties()
    backend.unlock(lock_id)
    free = blob.get_blob_properties()

    assert set(held.metadata) == {"Owner", azurerm_lease.RECORD}
    assert free.metadata == {"Owner": "ann"}
    assert free.content_settings.content_type == "application/json"
    assert free.lease.status == "unlocked"


def test_a_write_on_what_is_no_longer_there_is_refused(backend: AzureBackend) -> None:
    backend.put(state(1), replacing=None)
    first = backend.get()
    backend.put(state(2), replacing=first)
    for stale in (first, None):
        with pytest.raises(ConflictError):
            backend.put(state(3), replacing=stale)
    backend.delete()
    with pytest.raises(ConflictError):
        backend.put(state(3), replacing=first)

    assert backend.get() is None


def test_a_large_state_goes_and_comes_whole(backend: AzureBackend) -> None:
    data = state(1) + b" " * 70_000_000  # the SDK sends and fetches it in parts
    backend.put(data, replacing=None)

    assert backend.get().data == data  # type: ignore[union-attr]


def test_a_lock_that_was_lost_writes_nothing(backend: AzureBackend) -> None:
    backend.put(state(1), replacing=None)
    ours = backend.lock(new_lock())
    backend.break_lock(ours)
    theirs = backend.lock(new_lock())
    for lock_id in (ours, None):
        with pytest.raises(BackendError, match=r"it is locked|no longer ours"):
            backend.put(state(2), replacing=backend.get(), lock_id=lock_id)
    with pytest.raises(BackendError, match="locked under another id"):
        backend.unlock(ours)
    backend.unlock(theirs)

    assert backend.get().data == state(1)  # type: ignore[union-attr]


def test_a_lease_without_a_record_is_a_lock_that_can_be_broken(backend: AzureBackend, container: Any) -> None:
    backend.put(state(1), replacing=None)
    BlobLeaseClient(container.get_blob_client(backend.name)).acquire(lease_duration=-1)
    with pytest.raises(LockHeldError, match="no lock record"):
        backend.lock(new_lock())
    holder = backend.holder()
    assert holder is not None
    backend.break_lock(holder.id)

    backend.unlock(backend.lock(new_lock()))


def test_a_record_without_a_lease_holds_nothing(backend: AzureBackend, container: Any) -> None:
    record = base64.b64encode(new_lock().to_json()).decode()
    container.upload_blob(backend.name, state(1), metadata={azurerm_lease.RECORD: record})

    assert backend.holder() is None
    backend.unlock(backend.lock(new_lock()))
    assert container.get_blob_client(backend.name).get_blob_properties().metadata == {}


@pytest.mark.parametrize("call", ["unlock", "break_lock"])
def test_another_id_unlocks_nothing(backend: AzureBackend, call: str) -> None:
    held = backend.lock(new_lock())
    with pytest.raises(BackendError, match="locked under another id"):
        getattr(backend, call)(str(uuid.uuid4()))
    assert backend.holder().id == held  # type: ignore[union-attr]
    backend.unlock(held)
    with pytest.raises(BackendError, match="it is not locked"):
        getattr(backend, call)(held)


def test_a_state_that_is_deleted_takes_its_lock_with_it(backend: AzureBackend) -> None:
    lock_id = backend.lock(new_lock())
    backend.delete(lock_id=lock_id)
    backend.unlock(lock_id)

    assert backend.get() is None
    assert backend.holder() is None
    backend.delete()


def test_the_lease_is_given_back_when_the_record_cannot_be_written(
    backend: AzureBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError("network gone")

    with monkeypatch.context() as patch:
        patch.setattr(azurerm_lease, "_record", fail)
        with pytest.raises(BackendError, match=r"cannot lock .*network gone"):
            backend.lock(new_lock())

    assert backend.holder() is None


@pytest.mark.parametrize("version", ["snapshot=2020-01-01T00:00:00.0000000Z", "snapshot=x", "x", ""])
def test_a_version_there_is_not(backend: AzureBackend, version: str) -> None:
    backend.put(state(1), replacing=None)
    with pytest.raises(BackendError, match="has no version"):
        backend.get_version(version)


def test_workspaces_are_the_blobs_of_this_key_only(backend: AzureBackend, container: Any) -> None:
    for name in ("app/prod.tfstate", "app/prod.tfstateenv:blue", "app/prod.tfstateenv:a/b", "app/prod2.tfstateenv:red"):
        container.upload_blob(name, b"{}")

    assert backend.workspaces() == ("blue", "default")


@pytest.mark.parametrize("call", ["get", "delete", "workspaces", "lock", "holder", "put", "get_version"])
def test_a_missing_container_is_an_error_and_no_empty_state(azure: Azure, container: Any, call: str) -> None:
    backend = open_azurerm({**settings(container), "container_name": "nowhere"}, azure.env)
    arguments = {"lock": [new_lock()], "put": [b"{}"], "get_version": ["current"]}.get(call, [])
    options = {"replacing": None} if call == "put" else {}
    with pytest.raises(BackendError, match=r"azurerm://tfacct/nowhere/.*: the container does not exist") as caught:
        getattr(backend, call)(*arguments, **options)

    assert "container_name" in caught.value.next_step


def test_a_wrong_key_and_a_sas_token(azure: Azure, container: Any) -> None:
    container.upload_blob("app/prod.tfstate", state(1))
    until = datetime.now(UTC) + timedelta(hours=1)
    may = ContainerSasPermissions(read=True, list=True)
    sas = generate_container_sas(ACCOUNT, container.container_name, KEY, permission=may, expiry=until)
    env = {name: value for name, value in azure.env.items() if name != "ARM_ACCESS_KEY"}
    wrong = open_azurerm(settings(container, access_key=base64.b64encode(b"x" * 64).decode()), env)
    signed = open_azurerm(settings(container, sas_token=f"?{sas}"), env)

    with pytest.raises(BackendError, match="key or the SAS token is not accepted"):
        wrong.get()
    assert signed.get().data == state(1)  # type: ignore[union-attr]
    assert "sig=" not in repr(signed)
    with pytest.raises(BackendError, match="access denied to the SAS token") as caught:
        signed.put(state(2), replacing=signed.get())
    assert "Contributor" in caught.value.next_step


def test_units_of_one_identity_share_one_client_and_others_do_not(azure: Azure, container: Any) -> None:
    one, two = (open_azurerm(settings(container, key=key), azure.env) for key in ("a", "b"))
    other = open_azurerm(settings(container, sas_token="s"), {**azure.env, "ARM_ACCESS_KEY": ""})

    assert blob_service(one.settings) is blob_service(two.settings)
    assert blob_service(one.settings) is not blob_service(other.settings)


@pytest.mark.parametrize("missing", ["storage_account_name", "container_name", "key"])
def test_settings_that_cannot_work(missing: str) -> None:
    config = {"storage_account_name": "a", "container_name": "c", "key": "k"}
    with pytest.raises(BackendError, match=f"backend azurerm: {missing} not set"):
        open_azurerm({name: value for name, value in config.items() if name != missing}, {})


def test_a_setting_it_does_not_know_is_named() -> None:
    config = {"storage_account_name": "a", "container_name": "c", "key": "k", "msi_endpoint": "http://x"}

    assert open_azurerm(config, {}).notes == (
        "backend azurerm: settings not known to driftgate and not honoured: msi_endpoint",
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), f"*{HOSTS}")


REFUSALS = [
    pytest.param(403, "AuthorizationPermissionMismatch", "access denied to the account key", "Data Reader", id="role"),
    pytest.param(403, "AuthorizationFailure", "firewall", "private endpoint", id="firewall"),
    pytest.param(403, "KeyBasedAuthenticationNotPermitted", "no account keys", "use_azuread_auth", id="keys off"),
    pytest.param(403, "AccountIsDisabled", "account is disabled", "storage_account_name", id="disabled"),
    pytest.param(409, "ContainerBeingDeleted", "being deleted", "container", id="container going"),
    pytest.param(418, "Teapot", "Azure answered", "settings", id="other"),
]


@pytest.mark.parametrize(("status", "code", "why", "next_step"), REFUSALS)
def test_refusals_become_one_line_with_a_next_step(
    certificates: Certificates, status: int, code: str, why: str, next_step: str
) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.\nNever.</Message></Error>".encode()
    headers = {"x-ms-error-code": code, "Content-Type": "application/xml"}
    with (
        _azure_that(lambda request: Answer(status, body, headers), certificates) as proxy,
        pytest.raises(BackendError, match=rf"^cannot read azurerm://a/c/k: .*{why}") as caught,
    ):
        _on(proxy, certificates).get()

    assert next_step in caught.value.next_step
    assert "\n" not in str(caught.value)


def test_a_repeated_write_that_finds_our_bytes_has_written(certificates: Certificates) -> None:
    """Azure did as asked and the answer was lost: the repeated request meets its own work."""
    writes: list[Request] = []
    xml = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>No.</Message></Error>"

    def answer(request: Request) -> Answer:
        if request.method == "GET":
            moment = "Thu, 26 Nov 2026 00:00:00 GMT"
            return Answer(206, state(1), {"ETag": '"2"', "Content-Range": f"bytes 0-{len(state(1)) - 1}/{len(state(1))}", "Last-Modified": moment, "x-ms-blob-type": "BlockBlob"})  # fmt: skip
        writes.append(request)
        code = b"ServerBusy" if len(writes) == 1 else b"BlobAlreadyExists"
        return Answer(503 if len(writes) == 1 else 409, xml % code, {"x-ms-error-code": code.decode(), "Content-Type": "application/xml"})  # fmt: skip

    with _azure_that(answer, certificates) as proxy:
        _on(proxy, certificates).put(state(1), replacing=None)
        with pytest.raises(ConflictError):
            _on(proxy, certificates).put(state(2), replacing=None)

    assert len(writes) == 3


def test_a_lease_whose_answer_was_lost_is_given_back(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(azure_session.RETRIES, "retry_total", 0)
    asked: list[tuple[str, str]] = []

    def answer(request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        action = headers.get("x-ms-lease-action", "")
        asked.append((action, headers.get("x-ms-lease-id", "") or headers.get("x-ms-proposed-lease-id", "")))
        moment = {"Last-Modified": "Thu, 26 Nov 2026 00:00:00 GMT", "ETag": '"1"'}
        return Answer(503, b"") if action == "acquire" else Answer(200, b"", moment)

    info = new_lock()
    with (
        _azure_that(answer, certificates) as proxy,
        pytest.raises(BackendError, match="cannot lock azurerm://a/c/k"),
    ):
        _on(proxy, certificates).lock(info)

    assert asked[1:] == [("acquire", info.id), ("release", info.id)]


def test_a_server_that_cannot_be_reached(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(azure_session.RETRIES, "retry_total", 0)
    with (
        _azure_that(lambda request: Answer(200), certificates) as proxy,
        pytest.raises(BackendError, match="certificate is not trusted") as untrusted,
    ):
        _on(proxy, None).get()
    with pytest.raises(BackendError, match="cannot read azurerm://a/c/k: ") as unreachable:
        _on(proxy, certificates).get()

    assert "SSL_CERT_FILE" in untrusted.value.next_step
    assert not isinstance(untrusted.value, NoAnswerError)
    assert isinstance(unreachable.value, NoAnswerError)
    assert "network" in unreachable.value.next_step


@contextmanager
def _azure_that(answer: Callable[[Request], Answer], certificates: Certificates) -> Iterator[str]:
    """The proxy to a service that answers as told."""
    with serve(answer, certificates.server) as url, start_proxy({HOSTS: int(url.rpartition(":")[2])}) as proxy:
        yield proxy


def _on(proxy: str, certificates: Certificates | None) -> AzureBackend:
    key = base64.b64encode(b"k" * 64).decode()
    trust = {"SSL_CERT_FILE": str(certificates.authority)} if certificates else {}
    config = {"storage_account_name": "a", "container_name": "c", "key": "k"}
    return open_azurerm(config, {"HTTPS_PROXY": proxy, "ARM_ACCESS_KEY": key, **trust})


def test_account_versions_are_listed_newest_first_and_each_content_once(certificates: Certificates) -> None:
    """Azurite keeps none; the listing is the service's, cut to what is read: two locks, two unlocks and two writes."""
    blob = (
        "<Blob><Name>k</Name><VersionId>2026-11-26T0%d:00:00.0000000Z</VersionId>%s<Properties>"
        "<Last-Modified>Thu, 26 Nov 2026 0%d:00:00 GMT</Last-Modified><Content-Length>5</Content-Length>%s"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
    )
    current = "<IsCurrentVersion>true</IsCurrentVersion>"
    md5 = "<Content-MD5>%s</Content-MD5>"
    old, new = (md5 % base64.b64encode(bytes([number] * 16)).decode() for number in (1, 2))
    contents = {1: old, 2: old, 3: old, 4: new, 5: new, 7: "", 6: ""}
    blobs = "".join(blob % (hour, current if hour == 7 else "", hour, content) for hour, content in contents.items())
    body = f"<?xml version='1.0'?><EnumerationResults ServiceEndpoint='x' ContainerName='c'><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
    seen: list[str] = []

    def answer(request: Request) -> Answer:
        seen.append(request.path)
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})

    with _azure_that(answer, certificates) as proxy:
        versions = list(_on(proxy, certificates).versions())

    assert [(v.id.partition("T")[2][:2], v.time.partition("T")[2][:2], v.current) for v in versions] == [
        ("07", "07", True),
        ("06", "06", False),
        ("05", "04", False),
        ("03", "01", False),
    ]
    assert versions[0].id == "versionid=2026-11-26T07:00:00.0000000Z"
    assert "include=versions%2Csnapshots" in seen[0] or "include=versions,snapshots" in seen[0]
