"""The settings of a `pg` backend: which database and table, and how it is reached. Pure.

Honoured, with Terraform's environment fallbacks: conn_str (PG_CONN_STR, and libpq's own PG… variables) · schema_name
(PG_SCHEMA_NAME) · OpenTofu's table_name (PG_TABLE_NAME) and index_name (PG_INDEX_NAME) · skip_schema_creation
skip_table_creation skip_index_creation (PG_SKIP_…). In conn_str, what libpq does not know is a parameter of the
session, as for terraform's driver; without an sslmode TLS is required, as there.

Sources: https://developer.hashicorp.com/terraform/language/backend/pg, https://pkg.go.dev/github.com/lib/pq.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from driftgate.backends.where_settings import Settings
from driftgate.backends.where_url import parameters

_HONOURED = "conn_str schema_name table_name index_name skip_schema_creation skip_table_creation skip_index_creation"
HONOURED = frozenset(_HONOURED.split())
# Of terraform's driver, and of no account here: how it encodes what it sends.
_OF_THE_DRIVER = frozenset({"binary_parameters", "disable_prepared_binary_result", "sslinline", "krbspn"})


@dataclass(frozen=True, slots=True)
class Table:
    """Where the rows are, and which of schema, table and index may be made where they are missing."""

    schema: str
    name: str
    index: str
    make_schema: bool = True
    make_table: bool = True
    make_index: bool = True


@dataclass(frozen=True, slots=True)
class PgSettings:
    """Everything that sets two connections apart: what conn_str says, and the environment's PG… variables."""

    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def pg_table(s: Settings) -> Table:
    """The table of the backend with settings `s`."""
    return Table(
        s.get("schema_name", "PG_SCHEMA_NAME", default="terraform_remote_state"),
        s.get("table_name", "PG_TABLE_NAME", default="states"),
        s.get("index_name", "PG_INDEX_NAME", default="states_by_name"),
        not s.flag("skip_schema_creation", "PG_SKIP_SCHEMA_CREATION"),
        not s.flag("skip_table_creation", "PG_SKIP_TABLE_CREATION"),
        not s.flag("skip_index_creation", "PG_SKIP_INDEX_CREATION"),
    )


def pg_settings(s: Settings) -> PgSettings:
    """How the database of the backend with settings `s` is reached."""
    given = parameters(s.get("conn_str", "PG_CONN_STR"))
    return PgSettings(
        tuple(sorted((name, value) for name, value in given.items() if name not in _OF_THE_DRIVER)),
        tuple(sorted((name, value) for name, value in s.env.items() if name.startswith("PG") and value)),
    )
