"""A repo written from a table of files, and ways to look at what is discovered in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from driftgate.discover.units import discover
from driftgate.unit import Unit

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(repo: Path) -> Write:
    """Writes files, by path relative to the repo root, and gives that root."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = repo / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return repo

    return write


@pytest.fixture
def only(write: Write) -> Callable[..., Unit]:
    """The one unit of a repo made of these files."""

    def only(files: Mapping[str, str], env: Mapping[str, str] | None = None, **options: object) -> Unit:
        (unit,) = discover(write(files), env=env or {}, **options)  # type: ignore[arg-type]
        return unit

    return only
