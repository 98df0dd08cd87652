"""A server for Terraform's `http` backend on loopback, with locks, and as slow at saving as a test wants it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from loopback import Answer, Request, serve


@dataclass
class States:
    """The states and locks by path, e.g. `/a`. `saving` and `reads` count what has begun."""

    url: str = ""
    save_seconds: float = 0.0
    read_seconds: float = 0.0
    refuses_saves: bool = False
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, bytes] = field(default_factory=dict)
    saving: dict[str, int] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def backend(self, name: str) -> str:
        """The backend block for the state `name`."""
        address = f"{self.url}/{name}"
        return (
            f'terraform {{\n  backend "http" {{\n    address = "{address}"\n'
            f'    lock_address = "{address}"\n    unlock_address = "{address}"\n  }}\n}}\n'
        )

    def state(self, name: str) -> Any:
        """The state as JSON, None where there is none."""
        data = self.states.get(f"/{name}")
        return None if data is None else json.loads(data)

    def locked(self, name: str) -> bool:
        return f"/{name}" in self.locks

    def answer(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if request.method == "LOCK":
            with self.guard:
                holder = self.locks.setdefault(path, request.body)
            return Answer() if holder is request.body else Answer(423, holder)
        if request.method == "UNLOCK":
            self.locks.pop(path, None)
            return Answer()
        if request.method == "POST":
            self.saving[path] = self.saving.get(path, 0) + 1
            time.sleep(self.save_seconds)
            if self.refuses_saves:
                return Answer(403)
            self.states[path] = request.body
            return Answer()
        if request.method == "DELETE":
            self.states.pop(path, None)
            return Answer()
        self.reads[path] = self.reads.get(path, 0) + 1
        time.sleep(self.read_seconds)
        return Answer(200, self.states[path]) if path in self.states else Answer(404)


@contextmanager
def serve_states(save_seconds: float = 0.0) -> Iterator[States]:
    """Yield the server's states while it runs."""
    states = States(save_seconds=save_seconds)
    with serve(states.answer) as url:
        states.url = url
        yield states
