"""Writes count in the breaker as reads do, and what has begun gives its lock back whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.backend import state
from http_state_server import HttpStates
from loopback import Answer, Request, serve
from state.dead_endpoints import located
from state.guards import new_guards

from driftgate import process
from driftgate.backends.base import BackendError
from driftgate.safety.backup import Subject
from driftgate.state.breaker import FAILURES
from driftgate.state.circuit import Circuit, circuit_of, open_circuits
from driftgate.state.reader import unit_backend
from driftgate.state.writer import Intent, LeftLockedError, Place, mend, write
from driftgate.unit import BackendConfig


class Server(HttpStates):
    """Hangs up on a request that `dies` says so of; `sees` is told of each first."""

    dies: Callable[[Request], bool] = staticmethod(lambda request: False)
    sees: Callable[[Request], object] = staticmethod(lambda request: None)

    def __call__(self, request: Request) -> Answer | None:  # type: ignore[override]
        self.sees(request)
        if self.dies(request):
            self.requests.append(request)
            return None
        return super().__call__(request)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


@pytest.fixture
def server() -> Server:
    return Server(states={"/app": state(1)})


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "kept")}


@pytest.fixture
def place(server: Server, tmp_path: Path, env: dict[str, str]) -> Iterator[Place]:
    with serve(server) as url:
        address = f"{url}/app"
        config = {"address": address, "lock_address": address, "unlock_address": address, "retry_max": 0}
        unit = located(BackendConfig("http", config))
        backend = unit_backend(unit, root=tmp_path, env=env, run=process.run)
        yield Place(backend, Subject(address), "the state", circuit_of(unit, env))


def push(place: Place, serial: int = 2) -> Any:
    return write(place, Intent("state push", lambda current: state(serial)), new_guards())


def failures(place: Place) -> int:
    assert place.circuit is not None
    return place.circuit.row()[0]


def test_a_write_that_succeeds_counts_nothing(place: Place, server: Server) -> None:
    assert push(place).changed
    assert failures(place) == 0
    assert server.locks == {}


def test_a_connection_that_dies_in_the_middle_of_writes(place: Place, server: Server, env: dict[str, str]) -> None:
    server.dies = lambda request: request.method == "POST"
    for count in range(1, FAILURES + 1):
        with pytest.raises(BackendError, match="hung up"):
            push(place)
        assert (failures(place), server.locks) == (count, {})
    asked = len(server.requests)
    with pytest.raises(BackendError, match="left alone"):
        push(place)
    with pytest.raises(BackendError, match="left alone"):
        mend(place, new_guards())

    assert server.methods[-1] == "UNLOCK"
    assert len(server.requests) == asked
    assert [name for name, _ in open_circuits(env)] == [place.circuit.endpoint]  # type: ignore[union-attr]


def test_a_circuit_that_opens_in_the_middle_stops_neither_write_nor_unlock(place: Place, server: Server) -> None:
    assert place.circuit is not None
    other = Circuit(place.circuit.endpoint, place.circuit.path)

    def open_it(request: Request) -> None:
        if request.method == "POST":
            other.write("INSERT INTO circuits VALUES (?, 3, ?)", other.endpoint, other.now().isoformat())

    server.sees = open_it

    assert push(place).changed
    assert (server.states["/app"], server.locks) == (state(2), {})
    assert failures(place) == 0


@pytest.mark.parametrize(
    ("dead", "raised", "said"),
    [
        pytest.param(("POST", "GET", "UNLOCK"), BackendError, "cannot tell whether", id="from the write on"),
        pytest.param(("UNLOCK",), LeftLockedError, "could not be given back", id="at the unlock"),
    ],
)
def test_a_lock_that_stays_is_told_and_counts(
    place: Place, server: Server, dead: tuple[str, ...], raised: type[BackendError], said: str
) -> None:
    begun: list[str] = []

    def dies(request: Request) -> bool:
        begun.append(request.method)
        return request.method in dead and ("POST" in begun)

    server.dies = dies
    with pytest.raises(raised, match=said) as error:
        push(place)

    assert failures(place) == 1
    assert set(server.locks) == {"/app"}
    assert "dg state unlock" in error.value.next_step


def test_a_lock_that_stays_after_a_refusal_counts_too(place: Place, server: Server) -> None:
    server.dies = lambda request: request.method == "UNLOCK"
    with pytest.raises(Exception, match="serial") as error:
        push(place, 0)

    assert error.value.__notes__
    assert failures(place) == 1


def test_a_held_lock_is_an_answer(place: Place, server: Server) -> None:
    server.dies = lambda request: request.method == "POST"
    with pytest.raises(BackendError):
        push(place)
    server.dies = lambda request: False
    place.backend.lock(new_guards().lock)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="is locked"):
        push(place)

    assert failures(place) == 0
