from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from consul_server import LIMIT, Consul, Key
from contract.backend import BackendContract, state
from contract.interop import InteropContract, Unit
from contract.sites import Site, new_lock
from contract.writable import WritableContract, write
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends import consul_lock
from driftgate.backends.base import Backend, BackendError, ConflictError
from driftgate.backends.lock import LockBreaker, Locker, LockHeldError, LockInfo, LockInspector
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig


def open_consul(config: dict[str, Any], env: dict[str, str] | None = None, workspace: str = "default") -> Any:
    backend = BackendConfig("consul", config, workspace)
    return open_backend(backend, unit_dir=Path(), env=env or {}, runner=process.run)


@pytest.fixture
def consul() -> Consul:
    return Consul()


@pytest.fixture
def settings(consul: Consul) -> Iterator[dict[str, Any]]:
    """The block of a state on the agent."""
    with serve(consul) as url:
        yield {"address": url, "path": "tf/app"}


class ConsulStore:
    verbatim = True

    def __init__(self, consul: Consul, settings: dict[str, Any]) -> None:
        self.consul, self.settings = consul, settings

    def put(self, data: bytes, workspace: str = "default") -> None:
        self.consul.index += 1
        self.consul.keys["tf/app" if workspace == "default" else f"tf/app-env:{workspace}"] = Key(
            data, self.consul.index
        )

    def dump(self) -> object:
        return {name: (key.value, key.index) for name, key in self.consul.keys.items()}

    def open(self, workspace: str = "default") -> Backend:
        return open_consul(self.settings, workspace=workspace)  # type: ignore[no-any-return]


class TestConsul(BackendContract):
    @pytest.fixture
    def store(self, consul: Consul, settings: dict[str, Any]) -> ConsulStore:
        return ConsulStore(consul, settings)


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def site(request: pytest.FixtureRequest, settings: dict[str, Any], tmp_path: Path) -> Site:
    return Site("consul", "consul", tmp_path, {**settings, "gzip": request.param})


class TestWritingConsul(WritableContract): ...


class TestConsulBesideTerraform(InteropContract): ...


def large_state(number: int, size: int = 2 * LIMIT) -> bytes:
    """A state that does not compress below the limit of one key."""
    noise = random.Random(number).randbytes(size).hex()
    document = json.loads(state(number))
    document["outputs"]["noise"] = {"value": noise, "type": "string"}
    return json.dumps(document).encode()


def noise(backend: Any) -> str:
    return str(json.loads(backend.get().data)["outputs"]["noise"]["value"])


@needs_terraform
def test_a_state_larger_than_a_key_is_in_chunks_and_terraform_reads_them(consul: Consul, site: Site) -> None:
    unit, backend = Unit(site), site.open()
    for number in (1, 2):
        backend.put(large_state(number), replacing=backend.get())
        chunks = [name for name in consul.keys if "/tfstate." in name]
        assert len(chunks) == (3 if site.config["gzip"] else 5)
        assert all(len(key.value) <= LIMIT for key in consul.keys.values())
        assert backend.get().data == large_state(number)
    assert unit.must("output", "-raw", "noise") == noise(backend)

    unit.apply("small again")  # terraform reads our chunks, and takes the output away
    assert unit.output() == "small again"
    assert [name for name in consul.keys if "tfstate." in name] == []


@needs_terraform
def test_reads_what_terraform_stored_in_chunks(consul: Consul, site: Site) -> None:
    (site.folder / "large.tfstate").write_bytes(large_state(7))
    Unit(site).must("state", "push", "large.tfstate")
    backend = site.open()
    assert [name for name in consul.keys if "/tfstate." in name]

    assert noise(backend) == json.loads(large_state(7))["outputs"]["noise"]["value"]
    backend.delete()
    assert [name for name in consul.keys if "tfstate" in name] == []
    assert backend.get() is None


def test_a_small_state_after_a_large_one_leaves_no_chunks(consul: Consul, settings: dict[str, Any]) -> None:
    backend = open_consul(settings)
    backend.put(large_state(1), replacing=None)
    backend.put(state(2), replacing=backend.get())

    assert list(consul.keys) == ["tf/app"]


@pytest.mark.parametrize("damage", ["missing", "other"])
def test_chunks_that_do_not_fit_are_an_error(consul: Consul, settings: dict[str, Any], damage: str) -> None:
    backend = open_consul(settings)
    backend.put(large_state(1), replacing=None)
    name = next(name for name in consul.keys if name.endswith("/1"))
    if damage == "missing":
        del consul.keys[name]
    else:
        consul.keys[name].value = b"x"

    with pytest.raises(BackendError, match="its chunks are missing or do not fit its digest"):
        backend.get()


def test_a_damaged_gzip_is_an_error(consul: Consul, settings: dict[str, Any]) -> None:
    consul.keys["tf/app"] = Key(gzip.compress(state(1))[:-9], 5)

    with pytest.raises(BackendError, match="cannot read consul://"):
        open_consul(settings).get()


def test_a_read_between_another_ones_key_and_chunks_is_repeated(consul: Consul, settings: dict[str, Any]) -> None:
    writer = open_consul(settings)
    writer.put(large_state(1), replacing=None)
    reads: list[str] = []

    def answer(request: Request) -> Answer:
        reads.append(request.path)
        if len(reads) == 2:  # the manifest was read, its chunks not yet
            writer.put(large_state(2), replacing=writer.get())
        return consul(request)

    with serve(answer) as url:
        assert open_consul({**settings, "address": url}).get().data == large_state(2)


def wait_for(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_lock_is_the_session(consul: Consul, settings: dict[str, Any]) -> None:
    backend = open_consul(settings)
    info = replace(new_lock("push"), info="held by driftgate")
    lock_id = backend.lock(info)
    record = LockInfo.from_json(consul.keys["tf/app/.lockinfo"].value)

    assert consul.keys["tf/app/.lock"].session == lock_id
    assert list(consul.sessions) == [lock_id]
    assert (record.id, record.operation, record.who, record.path) == (lock_id, "push", info.who, "tf/app")
    assert record.info == f"consul session: {lock_id} held by driftgate"
    assert backend.holder() == record
    backend.unlock(lock_id)
    assert consul.keys == {}
    assert consul.sessions == {}
    assert backend.holder() is None


def test_two_clients(settings: dict[str, Any]) -> None:
    one, other = open_consul(settings), open_consul(settings)
    lock_id = one.lock(new_lock("first"))
    with pytest.raises(LockHeldError, match="is locked by ada@driftgate-contract for first") as caught:
        other.lock(new_lock("second"))
    with pytest.raises(BackendError, match="is not locked under 00-other"):
        other.break_lock("00-other")

    assert caught.value.holder.id == lock_id  # type: ignore[union-attr]
    other.break_lock(lock_id)
    with pytest.raises(BackendError, match=f"is not locked under {lock_id}"):
        one.unlock(lock_id)
    other.unlock(other.lock(new_lock("second")))


def test_a_lost_lock_stops_the_write(consul: Consul, settings: dict[str, Any]) -> None:
    backend = open_consul(settings)
    write(backend, state(1))
    lock_id = backend.lock(new_lock())
    before = backend.get()
    consul.end(lock_id)
    with pytest.raises(ConflictError, match=f"the lock {lock_id} is lost, nothing was written"):
        backend.put(state(2), replacing=before, lock_id=lock_id)
    with pytest.raises(LockHeldError) as caught:
        backend.lock(new_lock())

    assert backend.get() == before
    assert caught.value.holder is None
    assert "for some seconds more" in caught.value.next_step


def test_the_session_is_kept_alive(consul: Consul, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consul_lock, "RENEW_SECONDS", 0.02)
    backend = open_consul(settings)
    lock_id = backend.lock(new_lock())
    renewals = lambda: [r for r in consul.requests if r.path == f"/v1/session/renew/{lock_id}"]  # noqa: E731
    wait_for(lambda: len(renewals()) > 2)
    backend.unlock(lock_id)
    seen = len(renewals())

    assert consul.sessions == {}
    lock_id = backend.lock(new_lock())
    consul.end(lock_id)
    wait_for(lambda: not backend.guard.kept[lock_id]._thread.is_alive())
    assert len(renewals()) <= seen + 1


def test_a_renewal_that_fails_once_is_tried_again(
    consul: Consul, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consul_lock, "RENEW_SECONDS", 0.02)
    failed: list[str] = []

    def answer(request: Request) -> Answer:
        if "renew" in request.path and len(failed) < 4:  # one renewal with all its retries
            failed.append(request.path)
            return Answer(400)
        return consul(request)

    with serve(answer) as url:
        backend = open_consul({**settings, "address": url})
        lock_id = backend.lock(new_lock())
        wait_for(lambda: any("renew" in request.path for request in consul.requests))
        backend.unlock(lock_id)


def test_a_lock_whose_record_is_anothers(consul: Consul, settings: dict[str, Any]) -> None:
    backend = open_consul(settings)
    lock_id = backend.lock(new_lock())
    consul.keys["tf/app/.lockinfo"].value = b"?"

    assert backend.holder() == LockInfo(lock_id, "", "", "", "tf/app")
    backend.unlock(lock_id)


def test_without_permission_to_write(consul: Consul, settings: dict[str, Any]) -> None:
    consul.rules = "read"
    backend = open_consul(settings)
    for act in (lambda: backend.put(state(1), replacing=None), lambda: backend.lock(new_lock())):
        with pytest.raises(BackendError, match=r"access denied .*key:write") as caught:
            act()
        assert not isinstance(caught.value, ConflictError)
        assert "CONSUL_HTTP_TOKEN" in caught.value.next_step

    assert consul.sessions == {}


def test_without_the_token(consul: Consul, settings: dict[str, Any]) -> None:
    consul.token = "0c2d5b1e-token"
    with pytest.raises(BackendError, match="access denied: Permission denied"):
        open_consul(settings).get()

    assert open_consul(settings, {"CONSUL_HTTP_TOKEN": consul.token}).get() is None


def test_keys_are_quoted_and_scoped(consul: Consul, settings: dict[str, Any]) -> None:
    env = {"CONSUL_NAMESPACE": "team", "CONSUL_PARTITION": "p"}
    open_consul({**settings, "path": "a b/ü", "datacenter": "dc2"}, env).get()

    assert consul.requests[0].path == "/v1/kv/a%20b/%C3%BC?consistent=&dc=dc2&ns=team&partition=p"


def test_what_it_can_do_follows_from_its_settings(settings: dict[str, Any]) -> None:
    locking, plain = open_consul(settings), open_consul({**settings, "lock": False})

    assert isinstance(locking, Locker)
    assert isinstance(locking, LockInspector)
    assert isinstance(locking, LockBreaker)
    assert not isinstance(plain, Locker)
    assert plain.workspaces() == ("default",)


def test_no_write_of_many_processes_is_lost(settings: dict[str, Any]) -> None:
    assert race(BackendConfig("consul", settings), {}) == 1 + PROCESSES * ROUNDS


@needs_terraform
@pytest.mark.parametrize("site", [False], ids=["plain"], indirect=True)
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_a_lock_whose_answer_is_lost_is_not_left_behind(consul: Consul, settings: dict[str, Any]) -> None:
    def answer(request: Request) -> Answer | None:
        found = consul(request)
        return None if b'"Verb": "lock"' in request.body else found

    with serve(answer) as url, pytest.raises(BackendError, match=r"cannot lock .* hung up"):
        open_consul({**settings, "address": url}).lock(new_lock())

    assert (consul.keys, consul.sessions, consul.delayed) == ({}, {}, {})


@pytest.mark.parametrize("token", ["", "0c2d5b1e-token"], ids=["open", "with ACLs"])
def test_facts(consul: Consul, settings: dict[str, Any], token: str) -> None:
    consul.token = token
    facts = {fact.name: fact for fact in open_consul({**settings, "access_token": token}).facts()}

    assert facts["private"].good == bool(token)
    assert facts["identity"].good == (True if token else None)
    assert facts["identity"].said == (
        "for tests 0c2d5b1e-accessor" if token else "no token, or Consul does not ask for one"
    )
    assert facts["versioned"].good is False


def test_facts_of_an_agent_that_is_not_there() -> None:
    facts = {fact.name: fact for fact in open_consul({"path": "p", "address": "127.0.0.1:1"}).facts()}

    assert facts["private"].good is None
    assert "no connection" in facts["private"].said
