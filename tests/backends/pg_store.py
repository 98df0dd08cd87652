"""A PostgreSQL as the tests of `pg` reach it: through the backend, and around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from contract.backend import state

from driftgate import process
from driftgate.backends.base import Backend
from driftgate.backends.pg import PgBackend
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig


def open_pg(config: dict[str, Any], env: dict[str, str] | None = None, workspace: str = "default") -> PgBackend:
    backend = open_backend(BackendConfig("pg", config, workspace), unit_dir=Path(), env=env or {}, runner=process.run)
    assert isinstance(backend, PgBackend)
    return backend


def begin(config: dict[str, Any], workspace: str = "default", serial: int = 1) -> PgBackend:
    """A backend whose state is there."""
    backend = open_pg(config, workspace=workspace)
    backend.put(state(serial), replacing=None)
    return backend


class PgStore:
    verbatim = True

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.table = settings, f"{settings['schema_name']}.states"
        open_pg(settings).put(b"", replacing=None)
        open_pg(settings).delete()

    def put(self, data: bytes, workspace: str = "default") -> None:
        self.execute(
            f"INSERT INTO {self.table} (name, data) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET data = excluded.data",
            workspace,
            data.decode(),
        )

    def dump(self) -> object:
        return self.execute(f"SELECT name, data, xmin::text FROM {self.table} ORDER BY name")

    def execute(self, statement: str, *values: str) -> object:
        with psycopg.connect(self.settings["conn_str"], autocommit=True) as session:
            done = session.execute(statement.encode(), values)
            return done.fetchall() if done.description else None

    def open(self, workspace: str = "default") -> Backend:
        return open_pg(self.settings, workspace=workspace)
