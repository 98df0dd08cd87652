"""Places for states that the contracts run on, and what a store cannot do, with the reason: nothing is left out silently.

A backend's tests give a `site` fixture: a fresh, empty place each time. `Site` does for every type that is reached by
the settings of its block; its server, if any, is a session fixture of those tests.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driftgate import process
from driftgate.backends.lock import LockInfo
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

WHO = "ada@driftgate-contract"

CELLS = {
    # Protocols of driftgate/backends: the backend has it, or its row says why not
    "ConditionalLock",
    "Deletable",
    "LockBreaker",
    "LockInspector",
    "Versioned",
    "Workspaces",
    # what the store and terraform make of them
    "conditional put",
    "lock outlives its holder",
    "terraform breaks our lock",
    "terraform names our lock",
    "terraform refuses a wrong id",
    "terraform waits for our lock",
    "validator",
    "verbatim",
    "we name terraform's lock",
}

_NO_HISTORY = "the store keeps no old versions"
_MORE_THAN_A_STATE = "with a workspace its variables, runs and history would go"
_NO_INFO = "the store keeps no record of the holder"

CANNOT: Mapping[tuple[str, str], str] = {
    # (row, cell): why
    ("memory", "ConditionalLock"): "its lock is no conditional write",
    ("local", "ConditionalLock"): "the kernel excludes",
    ("memory", "validator"): "nothing travels",
    ("local", "validator"): "a file has none: it may change within its time and size",
    ("http", "validator"): "the protocol has none, and the ETag of a file server is made of second and size",
    ("local", "LockBreaker"): "the kernel holds the lock: it ends with the process, terraform refuses force-unlock too",
    ("local", "lock outlives its holder"): "the kernel drops it with the process",
    ("local", "terraform breaks our lock"): "terraform: local state cannot be unlocked by another process",
    ("http", "ConditionalLock"): "the server excludes",
    ("http", "LockInspector"): "the protocol has no question for it",
    ("http", "Versioned"): _NO_HISTORY,
    ("http", "Workspaces"): "one address, one state",
    ("http", "conditional put"): "the protocol has no condition",
    ("http", "terraform names our lock"): "terraform 1.11 prints its own record, and of the holder only the id",
    ("http", "terraform refuses a wrong id"): "terraform 1.11 sends UNLOCK without an id",
    ("pg", "ConditionalLock"): "the server excludes",
    ("pg", "Versioned"): _NO_HISTORY,
    ("pg", "lock outlives its holder"): "the lock belongs to the database session",
    ("pg", "terraform breaks our lock"): "terraform reports success and unlocks nothing",
    ("pg", "terraform names our lock"): _NO_INFO,
    ("pg", "terraform refuses a wrong id"): "terraform reports success and unlocks nothing",
    ("pg", "we name terraform's lock"): _NO_INFO,
    ("azurerm", "ConditionalLock"): "a lease excludes, by the service's own rules",
    ("consul", "ConditionalLock"): "a session holds the key, by Consul's own rules",
    ("consul", "Versioned"): _NO_HISTORY,
    ("consul", "terraform refuses a wrong id"): "terraform 1.11 destroys the session without comparing ids",
    ("kubernetes", "ConditionalLock"): "every API server compares resourceVersion",
    ("kubernetes", "Versioned"): _NO_HISTORY,
    ("remote", "ConditionalLock"): "the server excludes",
    ("remote", "Deletable"): _MORE_THAN_A_STATE,
    ("remote", "Workspaces"): "the block names its workspace",
    ("remote", "terraform names our lock"): _NO_INFO,
    ("remote", "we name terraform's lock"): _NO_INFO,
    ("cloud", "ConditionalLock"): "the server excludes",
    ("cloud", "Deletable"): _MORE_THAN_A_STATE,
    ("cloud", "Workspaces"): "the block names its workspace",
    ("cloud", "terraform names our lock"): _NO_INFO,
    ("cloud", "we name terraform's lock"): _NO_INFO,
}


@dataclass(frozen=True)
class Site:
    """A fresh place for one unit's states: `row` is its name in CANNOT, `config` the backend block, whole.

    terraform and our clients run under `env` in `folder`, which is empty at first. `keyword` is `backend` or `cloud`.
    """

    row: str
    type: str
    folder: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    def open(self, workspace: str = "default") -> Any:
        """A new client of the state in `workspace`."""
        env = {**os.environ, **self.env}
        backend = BackendConfig(self.type, self.config, workspace)
        return open_backend(backend, unit_dir=self.folder, env=env, runner=process.run)

    @property
    def block(self) -> str:
        """The backend block as terraform reads it."""
        head = "cloud" if self.type == "cloud" else f'backend "{self.type}"'
        return f"{head} {{\n{_attributes(self.config)}}}\n"


def skip_if_it_cannot(site: Any, *cells: str) -> None:
    """Skip the test when the row of `site` declares that it cannot do one of `cells`."""
    for cell in cells:
        assert cell in CELLS
        if (site.row, cell) in CANNOT:
            pytest.skip(f"{site.row}: {CANNOT[site.row, cell]}")


def new_lock(operation: str = "contract") -> LockInfo:
    """A record as our commands make them."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return LockInfo(str(uuid.uuid4()), operation, WHO, now, version="driftgate")


def _attributes(config: Mapping[str, Any]) -> str:
    return "".join(f"{name}{_setting(name, value)}\n" for name, value in config.items())


def _setting(name: str, value: Any) -> str:
    if isinstance(value, dict) and name not in ("endpoints", "labels"):  # a nested block, not an object
        return f" {{\n{_attributes(value)}}}"
    return f" = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{\n{_attributes(value)}}}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
