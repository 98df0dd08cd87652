"""The `pg` backend: a row in PostgreSQL, locked by an advisory lock that lives as long as its session.

Settings: `pg_settings.py`. Source: https://developer.hashicorp.com/terraform/language/backend/pg, and run against
Terraform 1.11, which keeps no lock record here: a holder is a session as the server sees it, and its number the lock's
id. Our own sessions show the record of their lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from psycopg import OperationalError, sql
from psycopg.errors import InvalidSchemaName, UndefinedTable

from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.pg_errors import explained
from driftgate.backends.pg_facts import pg_facts
from driftgate.backends.pg_session import NAME, Connection, announced, connect, connection, held, hold, let_go
from driftgate.backends.pg_settings import HONOURED, PgSettings, Table, pg_settings, pg_table
from driftgate.backends.remembered import again
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

CREATING = -1
"""What terraform locks while it creates a workspace, in any schema of the database."""
_GONE_POLLS = 100

_READ = """
    SELECT CASE xmin::text WHEN %s THEN NULL ELSE coalesce(data, '') END, xmin::text FROM {table} WHERE name = %s
"""
_HOLDERS = """
    SELECT a.pid, coalesce(a.usename, '?'), coalesce(host(a.client_addr), 'localhost'), a.application_name,
           to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), coalesce(a.query, '')
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = %s
    ORDER BY a.backend_start
"""


@dataclass(frozen=True, slots=True)
class PgBackend:
    """The row `workspace` of `table`; `where` names it in messages."""

    table: Table
    workspace: str
    where: str
    settings: PgSettings
    notes: tuple[str, ...] = ()
    conditional = True
    ends_with_process = True

    def get(self) -> Payload | None:
        """The row; its token is the transaction that wrote it. What this process has read before is not sent again."""
        return again(("pg", self.settings, self.table, self.workspace), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        with self._explained("read"), connection(self.settings) as session:
            try:
                row = self._row(session, _READ, str(known.token) if known else "")
            except (UndefinedTable, InvalidSchemaName):
                return None
        if row and row[0] is None:
            return known
        return Payload(row[0].encode(), row[1]) if row else None

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        with self._explained("write"), self._session(lock_id) as session:
            text = data.decode()
            if replacing is not None:
                statement = "UPDATE {table} SET data = %s WHERE name = %s AND xmin::text = %s"
                done = session.execute(self._sql(statement), (text, self.workspace, replacing.token))
            else:
                self._make_table(session)
                statement = "INSERT INTO {table} (data, name) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
                done = session.execute(self._sql(statement), (text, self.workspace))
        if done.rowcount != 1:
            raise ConflictError(
                f"{self.where} was changed by somebody else, nothing was written", next_step="read it again"
            )

    def delete(self, *, lock_id: str | None = None) -> None:
        with self._explained("delete"), self._session(lock_id) as session:
            try:
                session.execute(self._sql("DELETE FROM {table} WHERE name = %s"), (self.workspace,))
            except (UndefinedTable, InvalidSchemaName):
                return

    def workspaces(self) -> tuple[str, ...]:
        with self._explained("list"), connection(self.settings) as session:
            try:
                rows = session.execute(self._sql("SELECT name FROM {table}")).fetchall()
            except (UndefinedTable, InvalidSchemaName):
                rows = []
        return tuple(sorted({"default", *(row[0] for row in rows)}))

    def facts(self) -> Iterator[Fact]:
        with self._explained("read"), connection(self.settings) as session:
            yield from pg_facts(session, self._sql("{table}").as_string(session))

    def lock(self, info: LockInfo) -> str:
        """Take the row's advisory lock, or that of creation when there is no row yet."""
        with self._explained("lock"):
            session = connect(self.settings, NAME)
            try:
                self._make_table(session)
                if not self._take(session):
                    raise LockHeldError(self.where, self._holder(session))
                return hold(self.settings, session, replace(info, path=self.where).to_json().decode())
            except BaseException:
                session.close()
                raise

    def holder(self) -> LockInfo | None:
        """The session that would keep us from locking; its `id` is the number of the server's process."""
        with self._explained("read"), connection(self.settings) as session:
            try:
                return self._holder(session)
            except (UndefinedTable, InvalidSchemaName):
                return None

    def unlock(self, lock_id: str) -> None:
        found = held(self.settings, lock_id)
        if found is None:
            raise self._not_held("unlock", lock_id)
        try:
            found.session.execute("SELECT pg_advisory_unlock_all()")  # closing alone would free it a moment later
        except OperationalError:
            raise BackendError(
                f"the lock on {self.where} was lost: its session with the database has ended",
                next_step="see whether somebody else wrote meanwhile",
            ) from None
        finally:
            let_go(self.settings, lock_id)

    def break_lock(self, lock_id: str) -> None:
        """End the session `lock_id` (see `holder`), which is what no `terraform force-unlock` does here."""
        with self._explained("unlock"), connection(self.settings) as session:
            holder = self._holder(session)
            if holder is None or holder.id != lock_id:
                raise self._not_held("unlock", lock_id)
            session.execute("SELECT pg_terminate_backend(%s)", (int(lock_id),))
            for _ in range(_GONE_POLLS):
                now = self._holder(session)
                if now is None or now.id != lock_id:
                    return
                session.execute("SELECT pg_sleep(0.05)")
        raise BackendError(f"session {lock_id} still holds {self.where}", next_step="end it on the server")

    def _take(self, session: Connection) -> bool:
        row = self._row(session, "SELECT id FROM {table} WHERE name = %s")
        if row is None:
            return _advisory(session, CREATING)  # an empty row of ours would be an error to terraform
        # terraform takes and drops the lock of creation here; looking is enough, and disturbs no other workspace.
        return _advisory(session, row[0]) and not session.execute(_HOLDERS, (CREATING,)).fetchall()

    def _holder(self, session: Connection) -> LockInfo | None:
        row = self._row(session, "SELECT id FROM {table} WHERE name = %s")
        ids = [row[0], CREATING] if row else [CREATING]
        found = [_info(holder) for number in ids for holder in session.execute(_HOLDERS, (number,)).fetchall()]
        others = [info for info in found if info.id != str(session.info.backend_pid)]
        return others[0] if others else None

    def _make_table(self, session: Connection) -> None:
        """What terraform makes on `init`, the parts that are missing; nothing is asked for where the table is there."""
        table = self.table
        there = session.execute("SELECT to_regclass(%s)", (self._sql("{table}").as_string(session),)).fetchone()
        if there and there[0]:
            return
        if table.make_schema:
            session.execute(self._sql("CREATE SCHEMA IF NOT EXISTS {schema}"))
        if table.make_table:
            session.execute("CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint")
            session.execute(
                self._sql(
                    "CREATE TABLE IF NOT EXISTS {table} (id bigint NOT NULL DEFAULT "
                    "nextval('public.global_states_id_seq') PRIMARY KEY, name text UNIQUE, data text)"
                )
            )
        if table.make_index:
            session.execute(self._sql("CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {table} (name)"))

    @contextmanager
    def _session(self, lock_id: str | None) -> Iterator[Connection]:
        """The session of the lock, so that nothing is done when the lock was lost with it; any without a lock."""
        if lock_id is None:
            with connection(self.settings) as session:
                yield session
            return
        found = held(self.settings, lock_id)
        if found is None:
            raise self._not_held("write", lock_id)
        yield found.session
        found.announce()

    def _row(self, session: Connection, statement: str, *values: str) -> tuple[Any, ...] | None:
        return session.execute(self._sql(statement), (*values, self.workspace)).fetchone()

    def _sql(self, statement: str) -> sql.Composed:
        schema = sql.Identifier(self.table.schema)
        table = sql.Identifier(self.table.schema, self.table.name)
        return sql.SQL(statement).format(schema=schema, table=table, index=sql.Identifier(self.table.index))

    def _not_held(self, doing: str, lock_id: str) -> BackendError:
        return BackendError(
            f"cannot {doing} {self.where}: lock {lock_id} does not hold it",
            next_step="`dg state locks` shows who does",
        )

    def _explained(self, doing: str) -> AbstractContextManager[None]:
        return explained(doing, self.where)


def open_pg(backend: BackendConfig, around: Surroundings) -> Backend:
    """The row that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    where = locate(backend, PurePosixPath("."), env=around.env).identity
    return PgBackend(pg_table(s), backend.workspace, where, pg_settings(s), s.not_honoured(HONOURED))


def _advisory(session: Connection, number: int) -> bool:
    row = session.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
    return bool(row and row[0])


def _info(row: tuple[Any, ...]) -> LockInfo:
    pid, user, host, program, began, statement = row
    with suppress(ValueError):
        return replace(LockInfo.from_json(announced(statement).encode()), id=str(pid))
    known = f" ({program})" if program else ""
    return LockInfo(str(pid), "", f"{user}@{host}", began, info=f"session {pid} of the database{known}")
