from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import make_certificates
from connect_proxy import start_proxy
from contract.backend import BackendContract, state
from contract.interop import InteropContract, Unit, changed
from contract.sites import Site, new_lock
from contract.writable import WritableContract, stored, write
from gcs_server import Bucket, GcsServer, start_gcs
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends import gcs_session
from driftgate.backends.base import Backend, BackendError, ConflictError, Payload
from driftgate.backends.gcs import GcsBackend
from driftgate.backends.gcs_session import storage_client
from driftgate.backends.lock import LockHeldError
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
KEY_SHA = base64.b64encode(hashlib.sha256(base64.b64decode(KEY)).digest()).decode()


@pytest.fixture(scope="module")
def gcs() -> Iterator[GcsServer]:
    with start_gcs() as server:
        yield server


@pytest.fixture
def bucket(gcs: GcsServer) -> Iterator[str]:
    """The name of a fresh, versioned bucket."""
    name = f"states-{len(gcs.buckets)}"
    gcs.buckets[name] = Bucket()
    yield name
    gcs.fault = lambda request, answer: None


def settings(gcs: GcsServer, bucket: str, **more: Any) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "prefix": "app/prod",
        "access_token": "token",
        "storage_custom_endpoint": gcs.endpoint,
        **more,
    }


def open_gcs(config: dict[str, Any], env: dict[str, str] | None = None, workspace: str = "default") -> GcsBackend:
    backend = open_backend(BackendConfig("gcs", config, workspace), unit_dir=Path(), env=env or {}, runner=process.run)
    assert isinstance(backend, GcsBackend)
    return backend


class GcsStore:
    verbatim = True

    def __init__(self, gcs: GcsServer, bucket: str) -> None:
        self.gcs, self.bucket = gcs, bucket

    def put(self, data: bytes, workspace: str = "default") -> None:
        self.gcs.store(self.bucket, f"app/prod/{workspace}.tfstate", data)

    def dump(self) -> object:
        objects = self.gcs.buckets[self.bucket].objects
        return {name: [s.generation for s in generations] for name, generations in objects.items()}

    def open(self, workspace: str = "default") -> Backend:
        return open_gcs(settings(self.gcs, self.bucket), workspace=workspace)


class TestGcs(BackendContract):
    @pytest.fixture
    def store(self, gcs: GcsServer, bucket: str) -> GcsStore:
        return GcsStore(gcs, bucket)


@pytest.fixture
def site(gcs: GcsServer, bucket: str, tmp_path: Path) -> Site:
    return Site("gcs", "gcs", tmp_path, settings(gcs, bucket))


class TestWritingGcs(WritableContract): ...


class TestGcsBesideTerraform(InteropContract): ...


@needs_terraform
def test_a_state_under_a_customers_key_both_ways(gcs: GcsServer, bucket: str, tmp_path: Path) -> None:
    site = Site("gcs", "gcs", tmp_path, settings(gcs, bucket, encryption_key=KEY))
    unit = Unit(site)
    unit.apply("one")
    write(site.open(), changed(stored(site.open()) or b"", "two"))

    assert unit.output() == "two"
    objects = gcs.buckets[bucket].objects
    assert {name: s.key for name, generations in objects.items() for s in generations} == {
        "app/prod/default.tfstate": KEY_SHA,
        "app/prod/default.tflock": "",
    }
    with pytest.raises(BackendError, match="customer-supplied key") as caught:
        open_gcs(settings(gcs, bucket)).get()
    assert "encryption_key" in caught.value.next_step


def test_four_processes_lose_no_write(gcs: GcsServer, bucket: str) -> None:
    assert race(BackendConfig("gcs", settings(gcs, bucket)), {}) == PROCESSES * ROUNDS + 1


@needs_terraform
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def lose(gcs: GcsServer, method: str, part: str) -> list[Request]:
    """Have the service do what the first such request asks, and the answer be lost."""
    lost: list[Request] = []

    def fault(request: Request, answer: Answer) -> Answer | None:
        if lost or request.method != method or part not in request.path + request.body.decode(errors="replace"):
            return None
        lost.append(request)
        return Answer(503)

    gcs.fault = fault
    return lost


def test_a_repeated_lock_request_that_finds_our_record_has_the_lock(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    lost = lose(gcs, "POST", "tflock")
    lock_id = backend.lock(new_lock())

    assert lost
    assert backend.holder().id == lock_id  # type: ignore[union-attr]


def test_a_lock_whose_every_answer_was_lost_is_taken_back(
    gcs: GcsServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gcs_session, "RETRY_SECONDS", 0.1)
    backend = open_gcs(settings(gcs, bucket))
    gcs.fault = lambda request, answer: Answer(503) if request.method == "POST" else None
    with pytest.raises(BackendError, match="cannot lock"):
        backend.lock(new_lock())

    names = [stored.name for kept in gcs.buckets[bucket].objects.values() for stored in kept if stored.deleted]
    assert names == [backend.name.replace(".tfstate", ".tflock")]
    assert backend.holder() is None


def test_a_repeated_unlock_request_that_finds_nothing_has_unlocked(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    lock_id = backend.lock(new_lock())
    lost = lose(gcs, "DELETE", "tflock")
    backend.unlock(lock_id)

    assert lost
    assert backend.holder() is None
    with pytest.raises(BackendError, match="it is not locked"):
        backend.unlock(lock_id)


def test_a_repeated_write_that_finds_our_bytes_has_written(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    lost = lose(gcs, "POST", "tfstate")
    backend.put(state(1), replacing=None)

    assert lost
    assert len(gcs.buckets[bucket].objects["app/prod/default.tfstate"]) == 1


def test_a_write_on_what_is_no_longer_there_is_refused(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    backend.put(state(1), replacing=None)
    with pytest.raises(ConflictError):
        backend.put(state(2), replacing=None)
    backend.delete()
    with pytest.raises(ConflictError):
        backend.put(state(2), replacing=Payload(state(1), "1"))
    assert backend.get() is None


def test_a_large_state_goes_and_comes_whole(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    data = state(1) + b" " * 20_000_000
    backend.put(data, replacing=None)

    assert backend.get() == Payload(data, str(gcs.buckets[bucket].objects[backend.name][-1].generation))


def test_a_packed_object_is_unpacked(gcs: GcsServer, bucket: str) -> None:
    gcs.store(bucket, "app/prod/default.tfstate", gzip.compress(state(4)), encoding="gzip")

    assert open_gcs(settings(gcs, bucket)).get().data == state(4)  # type: ignore[union-attr]


def test_a_lock_object_that_is_no_record_is_a_lock_all_the_same(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    stored = gcs.store(bucket, "app/prod/default.tflock", b"what?")
    with pytest.raises(LockHeldError, match="no lock record"):
        backend.lock(new_lock())
    backend.break_lock(str(stored.generation))

    assert backend.holder() is None


def test_a_store_that_ignores_conditions_is_seen(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    lock_id = backend.lock(new_lock())
    gcs.fault = lambda request, answer: Answer(200, b'{"generation": "2"}') if answer.status == 412 else None

    assert not backend.lock_excludes(lock_id)


@pytest.mark.parametrize(
    ("lock_id", "message"), [("1", "locked under another id"), ("abc", "lock ids of this backend are numbers")]
)
def test_another_id_unlocks_nothing(gcs: GcsServer, bucket: str, lock_id: str, message: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    held = backend.lock(new_lock())
    with pytest.raises(BackendError, match=message):
        backend.break_lock(lock_id)

    assert backend.holder().id == held  # type: ignore[union-attr]


def test_versions_are_the_objects_own_newest_first(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    assert list(backend.versions()) == []
    for serial in (1, 2, 3):
        gcs.store(bucket, "app/prod/default.tfstate", state(serial))
    gcs.store(bucket, "app/prod/default.tfstate.old", b"another object")
    versions = list(backend.versions())

    assert [backend.get_version(v.id) for v in versions] == [state(3), state(2), state(1)]
    assert [v.current for v in versions] == [True, False, False]
    assert all(v.size == len(state(1)) and v.time.endswith("Z") for v in versions)
    with pytest.raises(BackendError, match="has no version 7"):
        backend.get_version("7")


def test_a_bucket_without_versioning_has_the_present_one_only(gcs: GcsServer, bucket: str) -> None:
    gcs.buckets[bucket].versioning = False
    for serial in (1, 2):
        gcs.store(bucket, "app/prod/default.tfstate", state(serial))

    assert [v.current for v in open_gcs(settings(gcs, bucket)).versions()] == [True]


def test_workspaces_without_a_prefix(gcs: GcsServer, bucket: str) -> None:
    gcs.store(bucket, "blue.tfstate", state(1))
    gcs.store(bucket, "folder/red.tfstate", state(1))

    assert open_gcs({**settings(gcs, bucket), "prefix": ""}).workspaces() == ("blue", "default")


def test_a_block_without_a_bucket() -> None:
    with pytest.raises(BackendError, match="backend gcs: bucket not set"):
        open_gcs({})


@pytest.mark.parametrize("call", ["get", "delete", "workspaces", "lock"])
def test_a_missing_bucket_is_an_error_and_no_empty_state(gcs: GcsServer, call: str) -> None:
    backend = open_gcs(settings(gcs, "no-such-bucket"))
    arguments = [new_lock()] if call == "lock" else []
    with pytest.raises(BackendError, match=r"gs://no-such-bucket/.*: bucket no-such-bucket does not exist"):
        getattr(backend, call)(*arguments)


REFUSALS = [
    pytest.param(401, "Invalid Credentials", "not accepted or have expired", "gcloud auth", id="expired"),
    pytest.param(403, "Denied.", "access denied", "storage.objects.get and storage.objects.list", id="denied"),
    pytest.param(403, "under active Temporary hold", "the bucket forbids it", "retention policy", id="hold"),
    pytest.param(418, "Short and stout.", "Google answered 418: .*Short and stout", "settings", id="other"),
]


@pytest.mark.parametrize(("status", "message", "why", "next_step"), REFUSALS)
def test_refusals_become_one_line_with_a_next_step(status: int, message: str, why: str, next_step: str) -> None:
    body = json.dumps({"error": {"code": status, "message": message}}).encode()
    with serve(lambda request: Answer(status, body, {"Content-Type": "application/json"})) as url:
        config = {"bucket": "b", "access_token": f"t{status}", "storage_custom_endpoint": f"{url}/storage/v1/b"}
        with pytest.raises(BackendError, match=rf"^cannot read gs://b/default.tfstate: .*{why}") as caught:
            open_gcs(config).get()

    assert next_step in caught.value.next_step
    assert "\n" not in str(caught.value)


def test_denied_says_to_whom_and_for_what(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket))
    storage_client(backend.settings)._credentials.service_account_email = "ci@p.iam.gserviceaccount.com"
    gcs.fault = lambda request, answer: Answer(403, b"{}", {"Content-Type": "application/json"})
    with pytest.raises(BackendError, match="access denied to ci@p") as caught:
        backend.put(state(1), replacing=None)

    assert "storage.objects.create" in caught.value.next_step


@pytest.mark.parametrize(
    ("scheme", "why", "next_step"),
    [
        pytest.param("http", "refused", "storage_custom_endpoint", id="nobody listens"),
        pytest.param("https", "certificate is not trusted", "SSL_CERT_FILE", id="no TLS"),
    ],
)
def test_a_server_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, scheme: str, why: str, next_step: str
) -> None:
    monkeypatch.setattr(gcs_session, "RETRY_SECONDS", 0.1)
    with serve(lambda request: Answer(200)) as url:
        port = url.rpartition(":")[2] if scheme == "https" else "9"
        config = {"bucket": "b", "access_token": "t", "storage_custom_endpoint": f"{scheme}://127.0.0.1:{port}"}
        with pytest.raises(BackendError, match=why) as caught:
            open_gcs(config).get()

    assert next_step in caught.value.next_step


def test_the_environments_proxy_and_authority_are_taken(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, "gcs.test")
    answer = Answer(200, b"{}", {"X-Goog-Generation": "1"})
    config = {"bucket": "b", "access_token": "t", "storage_custom_endpoint": "https://gcs.test/storage/v1/b"}
    with (
        serve(lambda request: answer, made.server) as url,
        start_proxy({"gcs.test": int(url.rpartition(":")[2])}) as proxy,
    ):
        env = {"SSL_CERT_FILE": str(made.authority), "HTTPS_PROXY": proxy}

        assert open_gcs(config, env).get() == Payload(b"{}", "1")


def test_what_does_not_match_its_checksum_is_an_error(gcs: GcsServer, bucket: str) -> None:
    gcs.store(bucket, "app/prod/default.tfstate", state(1))

    def spoil(request: Request, answer: Answer) -> Answer:
        return Answer(answer.status, answer.body.replace(b"1", b"2"), answer.headers)

    gcs.fault = spoil
    with pytest.raises(BackendError, match="does not match the checksum"):
        open_gcs(settings(gcs, bucket)).get()


def test_units_of_one_identity_share_one_client_and_others_do_not(gcs: GcsServer, bucket: str) -> None:
    one, two = (open_gcs(settings(gcs, bucket, prefix=prefix)) for prefix in ("a", "b"))
    other = open_gcs(settings(gcs, bucket, access_token="another"))

    assert storage_client(one.settings) is storage_client(two.settings)
    assert storage_client(one.settings) is not storage_client(other.settings)


def test_a_setting_it_does_not_know_is_named(gcs: GcsServer, bucket: str) -> None:
    backend = open_gcs(settings(gcs, bucket, quantum_mode=True))

    assert backend.notes == ("backend gcs: settings not known to driftgate and not honoured: quantum_mode",)
    assert "token" not in repr(backend).replace("access_token", "")


def test_the_kms_key_goes_with_the_write(gcs: GcsServer, bucket: str) -> None:
    seen: list[str] = []
    gcs.fault = lambda request, answer: seen.append(request.path)  # type: ignore[func-returns-value]
    open_gcs(settings(gcs, bucket), {"GOOGLE_KMS_ENCRYPTION_KEY": "projects/p/key"}).put(state(1), replacing=None)

    assert any("kmsKeyName=projects%2Fp%2Fkey" in path for path in seen)
