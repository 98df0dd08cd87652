"""What PostgreSQL's errors mean to someone who wants to reach a state: one line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from driftgate.backends.base import BackendError, NoAnswerError

_NEEDED = {
    "read": "SELECT on the table and USAGE on its schema",
    "list": "SELECT on the table and USAGE on its schema",
    "lock": "SELECT on the table and USAGE on its schema; CREATE, or the skip_… settings, where they are missing",
    "write": "INSERT and UPDATE on the table, and USAGE on the sequence public.global_states_id_seq",
    "delete": "DELETE on the table",
    "unlock": "the role pg_signal_backend: another user's session holds the lock",
}
_SILENT = ("Connection refused", "timeout expired", "timed out", "could not translate host name", "No route to host")
# libpq says why a connection failed in words only.
_CONNECTING = (
    ("password authentication failed", "check user and password in conn_str, PGPASSWORD or the password file"),
    ("no password supplied", "give the password in conn_str, PGPASSWORD or the password file"),
    ("does not support SSL", "give TLS to the server, or set sslmode=disable in conn_str where the network is safe"),
    ("certificate", "name the CA with sslrootcert in conn_str or PGSSLROOTCERT"),
    ("does not exist", "check the names of database and user in conn_str"),
    ("no pg_hba.conf entry", "have the server's pg_hba.conf let this user and host in"),
)


@contextmanager
def explained(doing: str, where: str) -> Iterator[None]:
    """Whatever psycopg raises in the block comes out as a BackendError that says `cannot DOING WHERE`."""
    try:
        yield
    except psycopg.Error as error:
        why, next_step = _explain(error, doing)
        kind = NoAnswerError if _silent(error) else BackendError
        raise kind(f"cannot {doing} {where}: {why}", next_step=next_step) from None
    except UnicodeDecodeError:
        raise BackendError(
            f"cannot {doing} {where}: the state is not UTF-8, which this backend keeps as text",
            next_step="check what was to be written",
        ) from None


def _explain(error: psycopg.Error, doing: str) -> tuple[str, str]:
    if isinstance(error, errors.InsufficientPrivilege):
        return f"permission denied ({_line(error)})", f"grant {_NEEDED[doing]}"
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
        return f"there is no such table ({_line(error)})", "run `terraform init`, or check schema_name"
    if isinstance(error, psycopg.OperationalError):
        text = _line(error)
        known = next((step for words, step in _CONNECTING if words in text), "")
        return text, known or "check host and port in conn_str, and the network"
    return f"PostgreSQL answered {error.sqlstate}: {_line(error)}", "check the backend's settings"


def _silent(error: psycopg.Error) -> bool:
    """Whether nobody answers there; libpq says it in words only, and a server's own error has a code."""
    text = str(error)
    return isinstance(error, psycopg.OperationalError) and not error.sqlstate and any(w in text for w in _SILENT)


def _line(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())[:300]
