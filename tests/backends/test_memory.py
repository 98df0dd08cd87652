from __future__ import annotations

from typing import Any

import pytest
from contract.backend import BackendContract
from contract.writable import WritableContract

from driftgate.backends.memory import MemoryBackend, MemoryStore


class MemorySite:
    row = "memory"
    verbatim = True

    def __init__(self) -> None:
        self.store = MemoryStore()

    def put(self, data: bytes, workspace: str = "default") -> None:
        self.store.bodies.setdefault(workspace, []).append(data)

    def dump(self) -> object:
        return {name: list(bodies) for name, bodies in self.store.bodies.items()}

    def open(self, workspace: str = "default") -> Any:
        return MemoryBackend(self.store, workspace)


class TestReadingMemory(BackendContract):
    @pytest.fixture
    def store(self) -> MemorySite:
        return MemorySite()


class TestWritingMemory(WritableContract):
    @pytest.fixture
    def site(self) -> MemorySite:
        return MemorySite()
