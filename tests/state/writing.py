"""What tests of the one write path begin with."""

from __future__ import annotations

from typing import Any

from driftgate.backends.memory import MemoryStore
from driftgate.safety.backup import Subject
from driftgate.state.writer import Intent, Place

SUBJECT = Subject("memory://default", "live/app")


def at(backend: Any) -> Place:
    return Place(backend, SUBJECT, "the state of live/app")


def pushing(data: bytes) -> Intent:
    return Intent("state push", lambda current: data)


def bodies(store: MemoryStore) -> list[bytes | None]:
    return store.bodies.get("default", [])
