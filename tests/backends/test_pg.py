from __future__ import annotations

import os
import select
import signal
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from backends.pg_store import PgStore, begin, open_pg
from contract.backend import BackendContract, state
from contract.interop import InteropContract, Unit
from contract.sites import WHO, Site, new_lock
from contract.writable import WritableContract, write
from dg_run import runner
from pg_server import start_pg
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate.backends import pg_session
from driftgate.backends.base import BackendError, ConflictError
from driftgate.backends.lock import LockHeldError
from driftgate.backends.pg_facts import transport
from driftgate.backends.pg_session import close_all, connection, held
from driftgate.unit import BackendConfig


@pytest.fixture(scope="module")
def pg() -> Iterator[str]:
    with start_pg() as url:
        yield url
        close_all()


@pytest.fixture
def settings(pg: str) -> dict[str, Any]:
    """A backend block with a schema of its own, that is not there yet."""
    return {"conn_str": f"{pg}?sslmode=disable", "schema_name": f"s_{uuid.uuid4().hex[:12]}"}


class TestPg(BackendContract):
    @pytest.fixture
    def store(self, settings: dict[str, Any]) -> PgStore:
        return PgStore(settings)


@pytest.fixture
def site(settings: dict[str, Any], tmp_path: Path) -> Site:
    return Site("pg", "pg", tmp_path, settings)


class TestWritingPg(WritableContract):
    def test_workspaces_lock_apart(self, site: Site) -> None:
        """Once they are there: their creation is under one lock, as terraform's is."""
        for name in ("blue", "green"):
            write(site.open(name), state(1))

        super().test_workspaces_lock_apart(site)


class TestPgBesideTerraform(InteropContract):
    def test_we_break_the_lock_of_a_terraform_that_hangs(self, unit: Unit, site: Site) -> None:
        backend = site.open()
        with unit.applying("lost") as (running, _):
            os.kill(running.pid, signal.SIGSTOP)
            backend.break_lock(backend.holder().id)
            free = backend.holder() is None
            backend.unlock(backend.lock(new_lock()))

        assert free
        unit.apply("after")

    def test_what_we_create_is_locked_for_terraform_too(self, unit: Unit, site: Site) -> None:
        green = site.open("green")
        lock_id = green.lock(new_lock())
        refused = unit.run("workspace", "new", "-no-color", "blue")
        green.unlock(lock_id)

        assert refused.returncode == 1
        assert "Already locked for workspace creation" in refused.stdout

    def test_a_schema_that_terraform_made_is_the_one_we_make(self, unit: Unit, settings: dict[str, Any]) -> None:
        ours = {**settings, "schema_name": f"{settings['schema_name']}_ours"}
        begin(ours)
        columns = """SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
            WHERE table_schema = %s ORDER BY 1"""
        indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = %s ORDER BY 1"
        with psycopg.connect(settings["conn_str"]) as session:
            for question in (columns, indexes):
                made = [session.execute(question, (one["schema_name"],)).fetchall() for one in (settings, ours)]
                assert made[0] == made[1] != []


def test_four_processes_lose_no_write(settings: dict[str, Any]) -> None:
    assert race(BackendConfig("pg", settings), {}) == PROCESSES * ROUNDS + 1


@needs_terraform
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_looking_makes_nothing(settings: dict[str, Any]) -> None:
    backend = open_pg(settings)

    assert (backend.get(), backend.holder(), backend.workspaces()) == (None, None, ("default",))
    backend.delete()
    with psycopg.connect(settings["conn_str"]) as session:
        found = session.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", (settings["schema_name"],))
        assert found.fetchone() == (0,)


@pytest.mark.parametrize("kept", ["schema", "table"])
def test_what_must_not_be_made_is_not_made(settings: dict[str, Any], kept: str) -> None:
    backend = open_pg(
        {**settings, "skip_table_creation": True, f"skip_{kept}_creation": True, "skip_index_creation": "true"}
    )
    with pytest.raises(BackendError, match=r"^cannot lock pg://.*: there is no such table") as caught:
        backend.lock(new_lock())

    assert "terraform init" in caught.value.next_step


def test_the_names_of_table_and_index_are_quoted(settings: dict[str, Any]) -> None:
    config = {**settings, "table_name": 'my "states"; --', "index_name": "by name"}
    backend = begin(config)

    assert backend.get().data == state(1)  # type: ignore[union-attr]
    assert open_pg(config).workspaces() == ("default",)


def test_a_write_on_what_is_no_longer_there_is_refused(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    first = backend.get()
    backend.put(state(2), replacing=first)
    for stale in (first, None):
        with pytest.raises(ConflictError):
            backend.put(state(3), replacing=stale)

    assert backend.get().data == state(2)  # type: ignore[union-attr]


def test_a_lock_that_was_lost_writes_nothing(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    lock_id = backend.lock(new_lock())
    before = backend.get()
    holder = backend.holder()
    assert holder is not None
    assert holder.id == lock_id
    backend.break_lock(holder.id)
    with pytest.raises(BackendError, match="cannot write"):
        backend.put(state(2), replacing=before, lock_id=lock_id)
    with pytest.raises(BackendError, match="was lost") as caught:
        backend.unlock(lock_id)

    assert "somebody else" in caught.value.next_step
    assert backend.get() == before
    assert held(backend.settings, lock_id) is None


def test_a_lock_of_another_workspace_or_schema_is_no_hindrance(settings: dict[str, Any]) -> None:
    begin(settings)
    begin(settings, "blue")
    other = begin({**settings, "schema_name": f"{settings['schema_name']}_b"})
    backends = [open_pg(settings), open_pg(settings, workspace="blue"), other]
    taken = [(backend, backend.lock(new_lock())) for backend in backends]
    for backend, lock_id in taken:
        with pytest.raises(LockHeldError):
            backend.lock(new_lock())
        backend.unlock(lock_id)


def test_while_a_workspace_is_created_every_other_is_locked(settings: dict[str, Any]) -> None:
    backend, creating = begin(settings), open_pg(settings, workspace="new")
    lock_id = creating.lock(new_lock())
    with pytest.raises(LockHeldError) as caught:
        backend.lock(new_lock())
    creating.put(state(1), replacing=None, lock_id=lock_id)
    assert caught.value.holder == creating.holder() == backend.holder()
    creating.unlock(lock_id)

    backend.unlock(backend.lock(new_lock()))


def test_our_record_is_shown_with_our_session_until_the_end(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    info = replace(new_lock("50 % */ of /* it"), info="--'\"; \\ grüße")
    lock_id = backend.lock(info)
    backend.put(state(2), replacing=backend.get(), lock_id=lock_id)
    holder = backend.holder()
    backend.unlock(lock_id)

    assert holder == replace(info, id=lock_id, path=backend.where)


def test_a_lock_cannot_be_left_taken_but_one_that_hangs_can_be_broken(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    dg = runner(capfd)
    (site.folder / ".git").mkdir()
    (site.folder / "main.tf").write_text(f"terraform {{\n{site.block}}}\n")
    write(site.open(), state(1))
    left = dg("state", "lock", site.folder, "--yes")
    lock_id = site.open().lock(new_lock())
    shown = dg("state", "locks", site.folder, "-o", "json")
    broken = dg("state", "unlock", site.folder, "--id", lock_id, "--force", "--yes")

    assert left.code == 1
    assert "cannot be locked for longer than a process runs" in left.err
    assert [(found["id"], found["who"]) for found in shown.json["locks"]] == [(lock_id, WHO)]
    assert broken.code == 0, broken.err
    assert site.open().holder() is None


def test_another_user_sees_the_session_only(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    user = f"o_{settings['schema_name']}"
    with psycopg.connect(settings["conn_str"], autocommit=True) as session:
        session.execute(f"CREATE USER {user}".encode())
        session.execute(f"GRANT USAGE ON SCHEMA {settings['schema_name']} TO {user}".encode())
        session.execute(f"GRANT SELECT ON {backend._sql('{table}').as_string(session)} TO {user}".encode())
    other = open_pg({**settings, "conn_str": settings["conn_str"].replace("postgres@", f"{user}@")})
    lock_id = backend.lock(new_lock())
    holder = other.holder()
    backend.unlock(lock_id)

    assert holder is not None
    assert holder.id == lock_id
    assert WHO not in holder.who


@pytest.mark.parametrize("call", ["unlock", "break_lock", "delete", "put"])
def test_a_lock_that_is_not_held_does_nothing(settings: dict[str, Any], call: str) -> None:
    backend = begin(settings)
    calls = {
        "unlock": lambda: backend.unlock("7"),
        "break_lock": lambda: backend.break_lock("7"),
        "delete": lambda: backend.delete(lock_id="7"),
        "put": lambda: backend.put(state(2), replacing=backend.get(), lock_id="7"),
    }
    with pytest.raises(BackendError, match=r"^cannot (unlock|write) .*: lock 7 does not hold it"):
        calls[call]()

    assert backend.get().data == state(1)  # type: ignore[union-attr]


def test_sessions_are_used_again_until_the_server_ends_them(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    with connection(backend.settings) as one:
        first = one.info.backend_pid
    with connection(backend.settings) as two:
        assert two.info.backend_pid == first
        with connection(backend.settings) as another:
            assert another.info.backend_pid != first
    with psycopg.connect(settings["conn_str"], autocommit=True) as session:
        for pid in (first, another.info.backend_pid):
            session.execute("SELECT pg_terminate_backend(%s)", (pid,))

    for kept in pg_session._idle[backend.settings]:
        assert select.select([kept.fileno()], [], [], 60)[0]
    assert backend.get().data == state(1)  # type: ignore[union-attr]


def test_the_environment_alone_is_enough(pg: str, settings: dict[str, Any]) -> None:
    begin(settings)
    address = pg.rpartition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    env = {"PGHOST": host, "PGPORT": port, "PGUSER": "postgres", "PGDATABASE": "postgres", "PGSSLMODE": "disable"}

    assert open_pg({"schema_name": settings["schema_name"]}, env).get() is not None
    assert (
        open_pg({}, {"PG_CONN_STR": settings["conn_str"], "PG_SCHEMA_NAME": settings["schema_name"]}).get() is not None
    )


def test_what_libpq_does_not_know_is_set_in_the_session(settings: dict[str, Any]) -> None:
    config = {
        **settings,
        "conn_str": f"{settings['conn_str']}&datestyle=SQL,%20DMY&binary_parameters=yes&options=-c%20geqo=off",
    }
    backend = begin(config)
    with connection(backend.settings) as session:
        shown = [session.execute(f"SHOW {name}".encode()).fetchone() for name in ("datestyle", "geqo")]

    assert shown == [("SQL, DMY",), ("off",)]


def refusal(config: dict[str, Any]) -> BackendError:
    with pytest.raises(BackendError, match=r"^cannot read pg://") as caught:
        open_pg(config).get()
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    return caught.value


def test_refusals_become_one_line_with_a_next_step(pg: str, settings: dict[str, Any]) -> None:
    plain = settings["conn_str"]
    nowhere = refusal({"conn_str": "postgres://u:hunter2@127.0.0.1:9/db?sslmode=disable"})
    untrusting = refusal({"conn_str": pg})
    unknown = refusal({"conn_str": plain.replace("/postgres?", "/nowhere?")})
    wrong = refusal({"conn_str": f"{plain}&port=x"})

    assert "refused" in nowhere.message
    assert "host and port" in nowhere.next_step
    assert "SSL was required" in untrusting.message
    assert "sslmode=disable" in untrusting.next_step
    assert 'database "nowhere" does not exist' in unknown.message
    assert "database" in unknown.next_step
    assert "port" in wrong.message


def test_a_user_who_may_only_read(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    schema, user = settings["schema_name"], f"r_{settings['schema_name']}"
    with psycopg.connect(settings["conn_str"], autocommit=True) as session:
        session.execute(f"CREATE USER {user}".encode())
        session.execute(f"GRANT USAGE ON SCHEMA {schema} TO {user}".encode())
        denied = open_pg({**settings, "conn_str": settings["conn_str"].replace("postgres@", f"{user}@")})
        with pytest.raises(BackendError, match="permission denied") as read:
            denied.get()
        session.execute(f"GRANT SELECT ON {schema}.states TO {user}".encode())
    assert denied.get() == backend.get()
    with pytest.raises(BackendError, match="permission denied") as written:
        denied.put(state(2), replacing=denied.get())
    lock_id = backend.lock(new_lock())
    with pytest.raises(LockHeldError):
        denied.lock(new_lock())
    with pytest.raises(BackendError, match="permission denied") as broken:
        denied.break_lock(denied.holder().id)  # type: ignore[union-attr]
    backend.unlock(lock_id)

    assert "SELECT" in read.value.next_step
    assert "UPDATE" in written.value.next_step
    assert "pg_signal_backend" in broken.value.next_step


def test_what_there_is_to_know(settings: dict[str, Any]) -> None:
    before = {fact.name: fact for fact in open_pg(settings).facts()}
    after = {fact.name: fact for fact in begin(settings).facts()}

    assert (before["rights"].good, after["rights"].good) == (None, True)
    assert (after["identity"].said, after["transport"].good, after["versioned"].good) == ("postgres", True, False)


def test_what_is_not_granted_is_named(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    user = f"n_{settings['schema_name']}"
    with psycopg.connect(settings["conn_str"], autocommit=True) as session:
        session.execute(f"CREATE USER {user}".encode())
        session.execute(f"GRANT USAGE ON SCHEMA {settings['schema_name']} TO {user}".encode())
        session.execute(f"GRANT SELECT ON {backend._sql('{table}').as_string(session)} TO {user}".encode())
    other = open_pg({**settings, "conn_str": settings["conn_str"].replace("postgres@", f"{user}@")})
    found = {fact.name: fact for fact in other.facts()}

    assert found["rights"].said == "not granted: INSERT, UPDATE, DELETE"
    assert found["rights"].mend.startswith("GRANT INSERT, UPDATE, DELETE ON ")


@pytest.mark.parametrize(
    ("encrypted", "sslmode", "host", "good"),
    [
        pytest.param(True, "verify-full", "db.test", True, id="verified"),
        pytest.param(True, "require", "db.test", False, id="not verified"),
        pytest.param(False, "disable", "db.test", False, id="in clear"),
        pytest.param(False, "disable", "127.0.0.1", True, id="this machine"),
        pytest.param(False, "disable", "/run/postgresql", True, id="socket"),
    ],
)
def test_how_states_travel(encrypted: bool, sslmode: str, host: str, good: bool) -> None:
    assert transport(encrypted, sslmode, host).good is good


def test_what_is_no_text_is_not_written(settings: dict[str, Any]) -> None:
    backend = begin(settings)
    with pytest.raises(BackendError, match="not UTF-8"):
        backend.put(b"\xff", replacing=backend.get())


def test_settings_that_cannot_work_or_are_not_known(settings: dict[str, Any]) -> None:
    with pytest.raises(BackendError, match="backend pg: conn_str not set"):
        open_pg({})
    backend = open_pg({**settings, "quantum_mode": True})

    assert backend.notes == ("backend pg: settings not known to driftgate and not honoured: quantum_mode",)
