"""Connections to PostgreSQL: a few kept open for each set of settings, and one more for each lock that is held."""

from __future__ import annotations

import atexit
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq

from driftgate.backends.pg_settings import PgSettings

CONNECT_SECONDS = 5
KEPT = 8
NAME = "driftgate"

Connection = psycopg.Connection[tuple[Any, ...]]

_MARK = "/* driftgate holds a state's lock: "


@dataclass(frozen=True, slots=True)
class Held:
    """The session of a lock, and the statement that shows the lock's record."""

    session: Connection
    announcement: str

    def announce(self) -> None:
        """Have the server show the record again, after other statements."""
        self.session.execute(self.announcement.encode())


_idle: dict[PgSettings, list[Connection]] = {}
_held: dict[tuple[PgSettings, str], Held] = {}
_lock = threading.Lock()


@contextmanager
def connection(settings: PgSettings) -> Iterator[Connection]:
    """A connection for the block's statements, each a transaction of its own. Raises psycopg.Error."""
    with _lock:
        kept = _idle.setdefault(settings, [])
        found = kept.pop() if kept else None
    if found is not None and not _is_alive(found):
        found.close()
        found = None
    chosen = found or connect(settings, NAME)
    try:
        yield chosen
    finally:
        with _lock:
            keep = not chosen.closed and len(kept) < KEPT
            if keep:
                kept.append(chosen)
        if not keep:
            chosen.close()


def connect(settings: PgSettings, name: str) -> Connection:
    """A new connection that the server lists as `name` (63 bytes at most). Raises psycopg.Error."""
    chosen = {"application_name": name, **_parameters(settings)}
    # Prepared statements do not survive behind pgbouncer.
    return psycopg.connect(autocommit=True, prepare_threshold=None, **chosen)  # type: ignore[arg-type]


def hold(settings: PgSettings, session: Connection, record: str) -> str:
    """Keep a session that has taken a lock, and show `record` with it; the number of its server process is the id.

    The lock lives as long as the session. The record is shown as its last statement in pg_stat_activity: to
    superusers, to pg_read_all_stats and to its own user.
    """
    lock_id = str(session.info.backend_pid)
    let_go(settings, lock_id)  # a dead session whose number the server has given again
    escaped = record.replace("/", "\\u002f")  # the same JSON, in which no comment begins or ends
    shown = Held(session, f"SELECT {_MARK}{escaped} */ 1")
    shown.announce()
    with _lock:
        _held[settings, lock_id] = shown
    return lock_id


def held(settings: PgSettings, lock_id: str) -> Held | None:
    """The session that has the lock, None when this process holds none under this id."""
    with _lock:
        return _held.get((settings, lock_id))


def let_go(settings: PgSettings, lock_id: str) -> None:
    """End the session of the lock, and the lock with it where it still has it."""
    with _lock:
        found = _held.pop((settings, lock_id), None)
    if found is not None:
        found.session.close()


def announced(statement: str) -> str:
    """The record that a session shows whose last statement was `statement`, "" for none."""
    _, mark, rest = statement.partition(_MARK)
    return rest.rpartition(" */")[0] if mark else ""


@atexit.register
def close_all() -> None:
    """End every session of this process."""
    with _lock:
        sessions = [
            *(found.session for found in _held.values()),
            *(session for kept in _idle.values() for session in kept),
        ]
        _held.clear()
        _idle.clear()
    for session in sessions:
        session.close()


def _parameters(settings: PgSettings) -> dict[str, str]:
    """What libpq is told: the given, else the environment's, else what terraform's driver would assume."""
    known = {option.keyword.decode(): option.envvar.decode() if option.envvar else "" for option in _options()}
    variables = dict(settings.variables)
    found = {name: variables[variable] for name, variable in known.items() if variable in variables}
    given = dict(settings.given)
    found |= {name: value for name, value in given.items() if name in known}
    session = [f"-c {name}={_escaped(value)}" for name, value in given.items() if name not in known]
    if session:
        found["options"] = " ".join(filter(None, [found.get("options"), *session]))
    found["host"] = found.get("host", "localhost").strip("[]")
    defaults = {"sslmode": "require", "connect_timeout": str(CONNECT_SECONDS)}
    return {**defaults, **found, "client_encoding": "UTF8"}


def _options() -> list[pq.ConninfoOption]:
    return pq.Conninfo.get_defaults()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _is_alive(session: Connection) -> bool:
    """Whether a session that nobody used has no word from the server: the only word it would have is a good-bye."""
    return not session.closed and not select.select([session.fileno()], [], [], 0)[0]
