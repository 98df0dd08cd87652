"""What the import contracts cannot say about the shape of the package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "driftgate"
WRITER = "state/writer.py"
NO_STATES = ("backends/", "safety/backups/")
"""Where `put` is the backends' own business, or that of another store."""
ONLY_THERE = {
    # a method of a backend: who may call it, besides the backends among themselves
    "put": {WRITER, "state/probe.py"},  # the probe only ever tries a write that must be refused
    "write_digest": {WRITER},
}


def calls(path: Path) -> set[str]:
    """The names of all methods that the module calls."""
    tree = ast.parse(path.read_text())
    return {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}


@pytest.mark.parametrize("method", sorted(ONLY_THERE))
def test_only_the_writer_stores_states(method: str) -> None:
    modules = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    callers = {name for name, path in modules.items() if not name.startswith(NO_STATES) and method in calls(path)}

    assert callers == ONLY_THERE[method]
