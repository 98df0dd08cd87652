"""What there is to know of a PostgreSQL that keeps states: how they travel, who we are there, what we may do."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.backends.base import Fact
from driftgate.backends.pg_session import Connection
from driftgate.backends.rest_facts import NO_HISTORY, rights
from driftgate.backends.rest_proxy import is_this_machine

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def pg_facts(session: Connection, table: str) -> Iterator[Fact]:
    """The facts of the store behind `session`; `table` is quoted, with its schema. Raises psycopg.Error."""
    parameters = session.info.get_parameters()
    yield transport(bool(session.pgconn.ssl_in_use), parameters.get("sslmode", ""), session.info.host)
    row = session.execute("SELECT current_user, to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    assert row is not None
    yield Fact("identity", True, str(row[0]))
    if row[1]:
        asked = [(right, session.execute("SELECT has_table_privilege(%s, %s)", (table, right))) for right in _RIGHTS]
        missing = [right for right, answer in asked if answer.fetchone() != (True,)]
        yield rights(missing, f"GRANT {', '.join(missing)} ON {table} TO {row[0]}")
    else:
        yield Fact("rights", None, f"not tried: there is no table {table} yet", "run `terraform init`")
    yield NO_HISTORY


def transport(encrypted: bool, sslmode: str, host: str) -> Fact:
    """Whether what is read and written can be read and forged on its way to `host`."""
    if encrypted and sslmode.startswith("verify-"):
        return Fact("transport", True, "TLS, the server's certificate verified")
    if host.startswith("/") or is_this_machine(f"postgres://{host}"):
        return Fact("transport", True, "it does not leave this machine")
    if encrypted:
        return Fact(
            "transport", False, "TLS, but the server's certificate is not verified",
            "set sslmode=verify-full and sslrootcert in conn_str",
        )  # fmt: skip
    return Fact("transport", False, "states and logins travel in clear", "set sslmode=verify-full in conn_str")
