"""What every backend must do, whatever it is made of; each backend's tests inherit it and give a `store`."""

from __future__ import annotations

from typing import Protocol

import pytest

from driftgate.backends.base import Backend
from driftgate.state.parse import parse_state

STATE = (
    '{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "serial": %d,\n  "lineage": "0c7a1b5e-1111",\n'
    '  "outputs": {"big": {"value": 12345678901234567890123456, "type": "number"},'
    ' "words": {"value": "grüße <&>", "type": "string"}},\n  "resources": [],\n  "check_results": null\n}\n'
)


def state(serial: int) -> bytes:
    return (STATE % serial).encode()


class Store(Protocol):
    """The place behind a backend, reached around it."""

    verbatim: bool
    """Whether the backend hands out the bytes as stored, or re-prints the document."""

    def put(self, data: bytes, workspace: str = "default") -> None: ...

    def dump(self) -> object:
        """Everything that is stored, for comparing."""

    def open(self, workspace: str = "default") -> Backend: ...


class BackendContract:
    def test_no_state_is_none(self, store: Store) -> None:
        assert store.open().get() is None

    def test_workspace_without_state_is_none_and_is_not_created(self, store: Store) -> None:
        store.put(state(1))
        before = store.dump()

        assert store.open("nowhere").get() is None
        assert store.dump() == before

    def test_gives_what_is_stored(self, store: Store) -> None:
        store.put(state(3))
        payload = store.open().get()

        assert payload is not None
        found, stored = parse_state(payload.data), parse_state(state(3))
        assert (found.meta, set(found.outputs)) == (stored.meta, set(stored.outputs))
        if store.verbatim:
            assert payload.data == state(3)

    def test_reads_the_workspace_asked_for(self, store: Store) -> None:
        store.put(state(3))
        store.put(state(9), "blue")

        assert [parse_state(store.open(name).get().data).serial for name in ("default", "blue")] == [3, 9]  # type: ignore[union-attr]

    def test_an_empty_object_is_no_state(self, store: Store) -> None:
        store.put(b"")
        payload = store.open().get()

        assert payload is None or payload.data == b""

    def test_sees_a_newer_state_at_once_under_another_token(self, store: Store) -> None:
        backend = store.open()
        store.put(state(1))
        first = backend.get()
        store.put(state(2))
        second = backend.get()

        assert first is not None
        assert second is not None
        assert parse_state(second.data).serial == 2
        assert first.token is None or first.token != second.token

    def test_reading_changes_nothing(self, store: Store) -> None:
        store.put(state(5))
        before = store.dump()
        store.open().get()

        assert store.dump() == before

    def test_does_not_judge_what_is_stored(self, store: Store) -> None:
        if not store.verbatim:
            pytest.skip("terraform refuses it itself")
        store.put(b"<html>")

        assert store.open().get().data == b"<html>"  # type: ignore[union-attr]
