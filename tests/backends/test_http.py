from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contract.backend import BackendContract, state
from contract.interop import InteropContract
from contract.sites import Site, new_lock
from contract.writable import WritableContract, write
from http_state_server import HttpStates
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends.base import Backend, BackendError, Deletable, Writable
from driftgate.backends.lock import LockBreaker, Locker, LockHeldError, LockInfo, LockInspector
from driftgate.backends.registry import open_backend
from driftgate.backends.rest import UnreachableError
from driftgate.unit import BackendConfig


def open_http(config: dict[str, Any], env: dict[str, str] | None = None, workspace: str = "default") -> Any:
    backend = BackendConfig("http", config, workspace)
    return open_backend(backend, unit_dir=Path(), env=env or {}, runner=process.run)


def settings(url: str) -> dict[str, Any]:
    """A block that locks, asked at most once."""
    return {"address": url, "lock_address": url, "unlock_address": url, "retry_max": 0}


@pytest.fixture
def server() -> HttpStates:
    return HttpStates()


@pytest.fixture
def url(server: HttpStates) -> Iterator[str]:
    """The address of a state on the server."""
    with serve(server) as found:
        yield f"{found}/app"


class HttpStore:
    verbatim = True

    def __init__(self, server: HttpStates, url: str) -> None:
        self.server, self.url = server, url

    def put(self, data: bytes, workspace: str = "default") -> None:
        self.server.states["/app"] = data

    def dump(self) -> object:
        return dict(self.server.states)

    def open(self, workspace: str = "default") -> Backend:
        return open_http(settings(self.url), workspace=workspace)  # type: ignore[no-any-return]


class TestHttp(BackendContract):
    @pytest.fixture
    def store(self, server: HttpStates, url: str) -> HttpStore:
        return HttpStore(server, url)

    @pytest.mark.skip(reason="the protocol has no workspaces")
    def test_workspace_without_state_is_none_and_is_not_created(self) -> None: ...

    @pytest.mark.skip(reason="the protocol has no workspaces")
    def test_reads_the_workspace_asked_for(self) -> None: ...


@pytest.fixture
def site(url: str, tmp_path: Path) -> Site:
    return Site("http", "http", tmp_path, settings(url))


class TestWritingHttp(WritableContract): ...


class TestHttpBesideTerraform(InteropContract): ...


def test_a_write_is_sent_as_terraform_sends_it(server: HttpStates, url: str) -> None:
    backend = open_http({**settings(url), "update_method": "PUT"})
    info = new_lock()
    backend.lock(info)
    backend.put(state(2), replacing=None, lock_id=info.id)
    backend.unlock(info.id)

    locked, written, unlocked = server.requests
    assert [r.method for r in server.requests] == ["LOCK", "PUT", "UNLOCK"]
    assert locked.body == unlocked.body == info.to_json()
    assert written.path == f"/app?ID={info.id}"
    assert written.headers["Content-Type"] == "application/json"
    assert written.headers["Content-MD5"] == base64.b64encode(hashlib.md5(state(2)).digest()).decode()
    assert server.states == {"/app": state(2)}


def test_the_lock_id_joins_what_is_in_the_address(server: HttpStates, url: str) -> None:
    backend = open_http({**settings(url), "address": f"{url}?project=a"})
    backend.put(state(1), replacing=None, lock_id="1")

    assert server.requests[0].path == "/app?project=a&ID=1"


def test_a_lock_that_is_held(server: HttpStates, url: str) -> None:
    holder = replace(new_lock(), who="eve@ci", operation="OperationTypeApply")
    server.locks["/app"] = holder.to_json()
    backend = open_http(settings(url))

    with pytest.raises(LockHeldError, match="is locked by eve@ci for OperationTypeApply") as caught:
        backend.lock(new_lock())
    with pytest.raises(BackendError, match="the server answered 423"):
        backend.put(state(1), replacing=None, lock_id="another")

    assert caught.value.holder == holder
    assert server.states == {}


def test_a_lock_whose_record_is_none(server: HttpStates, url: str) -> None:
    server.locks["/app"] = b"<html>"
    with pytest.raises(LockHeldError) as caught:
        open_http(settings(url)).lock(new_lock())

    assert caught.value.holder is None


def test_a_lock_request_that_was_repeated_has_taken_the_lock(server: HttpStates, url: str) -> None:
    info = new_lock()
    server.locks["/app"] = info.to_json()

    assert open_http(settings(url)).lock(info) == info.id


@pytest.mark.parametrize("held", [True, False])
def test_unlocking_what_we_do_not_hold_is_an_error(server: HttpStates, url: str, held: bool) -> None:
    backend = open_http(settings(url))
    if held:
        backend.lock(new_lock())
    with pytest.raises(BackendError, match="is not locked under 00-other"):
        backend.unlock("00-other")
    with pytest.raises(BackendError, match="is not locked under 00-other"):
        backend.break_lock("00-other")

    assert bool(server.locks) == held


def test_another_client_breaks_the_lock(server: HttpStates, url: str) -> None:
    lock_id = open_http(settings(url)).lock(new_lock())
    open_http(settings(url)).break_lock(lock_id)

    assert json.loads(server.requests[-1].body) == {"ID": lock_id}
    assert server.locks == {}


def test_deletes(server: HttpStates, url: str) -> None:
    backend = open_http(settings(url))
    write(backend, state(1))
    backend.delete()

    assert backend.get() is None


def test_what_it_can_do_follows_from_its_settings(url: str) -> None:
    plain, locking = open_http({"address": url}), open_http(settings(url))
    one_sided = open_http({"address": url, "lock_address": url})

    assert not isinstance(plain, Locker)
    assert isinstance(plain, Writable)
    assert isinstance(plain, Deletable)
    assert isinstance(locking, Locker)
    assert isinstance(locking, LockBreaker)
    assert not isinstance(locking, LockInspector)
    assert not locking.conditional
    assert not isinstance(one_sided, Locker)
    assert "unlock_address" in one_sided.notes[0]


@pytest.mark.parametrize(
    ("status", "message"), [(204, None), (404, None), (500, "answered 500"), (302, "redirects"), (206, "answered 206")]
)
def test_only_these_answers_mean_that_there_is_no_state(status: int, message: str | None) -> None:
    with serve(lambda request: Answer(status)) as url:
        backend = open_http({"address": url, "retry_max": 0})
        if message is None:
            assert backend.get() is None
        else:
            with pytest.raises(BackendError, match=message):
                backend.get()


@pytest.mark.parametrize("lock_id", [None, "1"])
def test_a_write_is_repeated_only_under_a_lock(lock_id: str | None) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(503 if len(seen) == 1 else 200)

    with serve(answer) as url:
        backend = open_http({"address": url, "retry_wait_min": 0})
        if lock_id:
            backend.put(state(1), replacing=None, lock_id=lock_id)
        else:
            with pytest.raises(BackendError, match="503"):
                backend.put(state(1), replacing=None)

    assert len(seen) == (2 if lock_id else 1)


def test_a_gitlab_state(server: HttpStates) -> None:
    """GitLab's own settings for the backend: its lock is a POST and a DELETE below the state."""

    def answer(request: Request) -> Answer:
        if request.path.endswith("/lock"):
            method = {"POST": "LOCK", "DELETE": "UNLOCK"}[request.method]
            return server(replace(request, method=method, path=request.path.removesuffix("/lock")))
        return server(request)

    with serve(answer) as url:
        address = f"{url}/api/v4/projects/7/terraform/state/app"
        lock = {"lock_address": f"{address}/lock", "lock_method": "POST"}
        unlock = {"unlock_address": f"{address}/lock", "unlock_method": "DELETE"}
        backend = open_http({"address": address, **lock, **unlock})
        write(backend, state(1))
        write(backend, state(2))
        assert backend.get().data == state(2)

    assert server.locks == {}


def test_a_record_survives_the_way_through_the_server(server: HttpStates, url: str) -> None:
    info = replace(new_lock(), info="<grüße> & mehr")
    open_http(settings(url)).lock(info)

    assert LockInfo.from_json(server.locks["/app"]) == info


def test_no_write_of_many_processes_is_lost(url: str) -> None:
    assert race(BackendConfig("http", settings(url)), {}) == 1 + PROCESSES * ROUNDS


@needs_terraform
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_a_lock_whose_answer_is_lost_is_not_left_behind(server: HttpStates) -> None:
    def answer(request: Request) -> Answer | None:
        found = server(request)
        return None if request.method == "LOCK" else found

    with serve(answer) as found, pytest.raises(BackendError, match=r"cannot lock .* hung up"):
        open_http(settings(f"{found}/app")).lock(new_lock())

    assert [request.method for request in server.requests] == ["LOCK", "UNLOCK"]
    assert server.locks == {}


@pytest.mark.parametrize("status", [302, 400, 401, 403, 405, 429])
def test_a_lock_that_was_refused_is_not_given_back(server: HttpStates, status: int) -> None:
    """Many servers compare no ids: an unlock would free whoever holds the lock."""
    server.locks["/app"] = b"{}"

    def answer(request: Request) -> Answer:
        found = server(replace(request, body=b""))
        return Answer(status) if request.method == "LOCK" else found

    with serve(answer) as found, pytest.raises(BackendError, match="cannot lock"):
        open_http(settings(f"{found}/app")).lock(new_lock())

    assert [request.method for request in server.requests] == ["LOCK"]
    assert server.locks


def test_a_lock_of_a_server_that_is_not_there_is_not_given_back() -> None:
    with pytest.raises(UnreachableError, match="no connection"):
        open_http(settings("http://127.0.0.1:1")).lock(new_lock())


@pytest.mark.parametrize("guarded", [True, False])
def test_facts(server: HttpStates, guarded: bool) -> None:
    def answer(request: Request) -> Answer:
        return Answer(401) if guarded and "Authorization" not in request.headers else server(request)

    with serve(answer) as url:
        facts = {fact.name: fact for fact in open_http({"address": f"{url}/a", "username": "u"}).facts()}

    assert facts["private"].good == guarded
    assert "without a login" in facts["private"].said
    assert facts["versioned"].good is False


def test_facts_that_are_not_tried_or_told_by_others() -> None:
    config = {"address": "https://h/api/v4/projects/1/terraform/state/a", "client_certificate_pem": "x"}
    facts = {fact.name: fact.good for fact in open_http(config).facts()}

    assert facts == {"transport": True, "private": None, "versioned": None}
