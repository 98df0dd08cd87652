"""Finds the real program behind a name: on PATH, past dg's own shims. Imported before every passthrough, so light."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

MARK = b"driftgate shim"
"""Stands in the first lines of every shim that `dg shim install` writes."""

_HEAD = 512


def find_real(name: str, env: Mapping[str, str]) -> str | None:
    """The absolute path of program `name`: `DG_REAL_<NAME>`, else the first on PATH that is no shim of ours.

    Relative PATH entries are skipped: a repo must not name our tools. The shims of version managers (tenv, tfenv,
    asdf, mise) are real: they choose the version that the user wants.
    """
    named = env.get(override(name))
    if named:
        return named if named.startswith("/") and _is_program(named) else None
    return next((path for path in _on_path(name, env) if not is_shim(path)), None)


def override(name: str) -> str:
    """The variable that names the real program, e.g. `DG_REAL_TERRAFORM`."""
    return f"DG_REAL_{name.upper()}"


def is_shim(path: str) -> bool:
    """Whether the file at `path` is one of dg's shims."""
    try:
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return head.startswith(b"#!") and MARK in head


def _on_path(name: str, env: Mapping[str, str]) -> Iterator[str]:
    for folder in env.get("PATH", "").split(":"):
        path = f"{folder}/{name}"
        if folder.startswith("/") and _is_program(path):
            yield path


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)
