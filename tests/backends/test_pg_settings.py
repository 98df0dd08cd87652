from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from driftgate.backends.pg_settings import PgSettings, Table, pg_settings, pg_table
from driftgate.backends.where_settings import Settings
from driftgate.backends.where_url import parameters
from driftgate.unit import BackendConfig


def given(config: dict[str, Any], env: dict[str, str]) -> Settings:
    return Settings(BackendConfig("pg", config), PurePosixPath("."), env, None)


TABLES = [
    pytest.param({}, {}, Table("terraform_remote_state", "states", "states_by_name"), id="nothing"),
    pytest.param(
        {"schema_name": "s", "table_name": "t", "index_name": "i"}, {"PG_SCHEMA_NAME": "env"},
        Table("s", "t", "i"), id="block before env",
    ),
    pytest.param(
        {}, {"PG_SCHEMA_NAME": "s", "PG_TABLE_NAME": "t", "PG_INDEX_NAME": "i"}, Table("s", "t", "i"), id="environment"
    ),
    pytest.param(
        {"skip_schema_creation": True, "skip_table_creation": "true"}, {"PG_SKIP_INDEX_CREATION": "1"},
        Table("terraform_remote_state", "states", "states_by_name", False, False, False), id="nothing to be made",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("config", "env", "expected"), TABLES)
def test_tables(config: dict[str, Any], env: dict[str, str], expected: Table) -> None:
    assert pg_table(given(config, env)) == expected


STRINGS = [
    ("", {}),
    ("postgres://u:p%40x@h:6000/db?sslmode=disable&options=-c%20a=b",
     {"user": "u", "password": "p@x", "host": "h", "port": "6000", "dbname": "db", "sslmode": "disable", "options": "-c a=b"}),
    ("postgresql:///db?host=/run/pg", {"dbname": "db", "host": "/run/pg"}),
    ("postgres://u@[::1]:99/", {"user": "u", "host": "[::1]", "port": "99"}),
    ("host=h password='a b'", {"host": "h", "password": "a b"}),
]  # fmt: skip


@pytest.mark.parametrize(("conn_str", "expected"), STRINGS)
def test_what_a_connection_string_says(conn_str: str, expected: dict[str, str]) -> None:
    assert parameters(conn_str) == expected
    assert dict(pg_settings(given({"conn_str": conn_str}, {})).given) == expected


def test_the_environment_is_part_of_the_identity_and_the_drivers_own_settings_are_not() -> None:
    found = pg_settings(given({"conn_str": "postgres://h/?binary_parameters=yes"}, {"PGUSER": "u", "HOME": "/h"}))

    assert found == PgSettings((("host", "h"),), (("PGUSER", "u"),))
    assert repr(found) == "PgSettings()"
