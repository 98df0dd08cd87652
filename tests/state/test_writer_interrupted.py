"""What is said and what is left when an interrupt comes in the middle of a write."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from contract.backend import state
from state.backends import KeepsLock
from state.guards import new_guards
from state.writing import at, bodies, pushing

from driftgate.backends.base import BackendError
from driftgate.backends.memory import MemoryBackend, MemoryStore
from driftgate.state.writer import Intent, write


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore({"default": [state(1)]})


@pytest.fixture
def guards() -> Any:
    return new_guards()


@pytest.mark.parametrize("step", ["put", "unlock"])
def test_an_interrupt_that_came_too_late_tells_that_the_state_is_written(
    store: MemoryStore, guards: Any, step: str
) -> None:
    class Interrupted(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            super().put(data, **more)
            self.at("put")

        def unlock(self, lock_id: str) -> None:
            super().unlock(lock_id)
            self.at("unlock")

        def at(self, here: str) -> None:
            if here == step:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        write(at(Interrupted(store)), pushing(state(2)), guards)

    [note] = caught.value.__notes__
    assert "is written all the same; what stood there before is backup " in note
    assert (bodies(store)[-1], store.locks) == (state(2), {})


def test_an_interrupt_does_not_hide_how_the_write_failed(store: MemoryStore, guards: Any) -> None:
    class Silent(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            raise BackendError("no answer", next_step="wait")

    with pytest.raises(KeyboardInterrupt) as caught:
        write(at(Silent(store)), pushing(state(2)), guards)

    [note] = caught.value.__notes__
    assert note == "no answer\n  → nothing was written, the state is as it was; wait"


def test_an_interrupt_before_the_write_tells_of_none(store: MemoryStore, guards: Any) -> None:
    def interrupted(current: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        write(at(MemoryBackend(store)), Intent("state push", interrupted), guards)

    assert not hasattr(caught.value, "__notes__")


def test_an_interrupt_tells_of_the_lock_that_stays(store: MemoryStore, guards: Any) -> None:
    def interrupted(current: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        write(at(KeepsLock(store)), Intent("state push", interrupted), guards)

    assert f"is still locked under {guards.lock.id}" in caught.value.__notes__[0]


def test_an_interrupt_comes_through_when_the_write_is_done(store: MemoryStore, guards: Any) -> None:
    class Interrupted(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            super().put(data, **more)

    with pytest.raises(KeyboardInterrupt):
        write(at(Interrupted(store)), pushing(state(2)), guards)

    assert bodies(store) == [state(1), state(2)]
    assert guards.audit.outcomes == ["begun", "ok"]
    assert store.locks == {}
