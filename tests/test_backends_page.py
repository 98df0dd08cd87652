"""The table in docs/backends.md says what the contract of every backend proves."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.sites import CANNOT

from driftgate.backends.registry import NATIVE

PAGE = Path(__file__).parents[1] / "docs/backends.md"
COLUMNS = {
    "who holds it": "LockInspector",
    "breaks a stale lock": "LockBreaker",
    "conditional write": "conditional put",
    "old versions": "Versioned",
    "workspaces": "Workspaces",
    "delete": "Deletable",
}


def table() -> dict[str, dict[str, str]]:
    """The cells by type and column."""
    _, head, rest = PAGE.read_text().partition("| type |")
    rows = [line.strip("|").split("|") for line in (head + rest.partition("\n\n")[0]).splitlines()]
    names, _, *cells = [[cell.strip() for cell in row] for row in rows]
    return {row[0].strip("`"): dict(zip(names[1:], row[1:], strict=True)) for row in cells}


def test_every_native_type_has_a_row() -> None:
    assert set(table()) == set(NATIVE)


@pytest.mark.parametrize("kind", sorted(NATIVE))
def test_a_row_says_no_where_the_backend_cannot(kind: str) -> None:
    said = {column for column in COLUMNS if table()[kind][column].startswith("no")}

    assert said == {column for column, cell in COLUMNS.items() if (kind, cell) in CANNOT}
