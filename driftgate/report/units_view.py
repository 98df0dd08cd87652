"""What `dg discover` shows of units: the versioned JSON document, and rows for the templates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from driftgate.backends.where_public import public_config
from driftgate.report.render import render
from driftgate.unit import Dependency, Unit, UnitKind

FORMAT_VERSION = "1.0"
Shared = Sequence[tuple[str, tuple[PurePosixPath, ...]]]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in words. `facts` are worth knowing, `doubts` could not be decided, `error` stopped us."""

    path: str
    tool: str
    backend: str
    workspace: str
    lock: str
    identity: str
    facts: tuple[str, ...]
    doubts: tuple[str, ...]
    error: str | None


def to_json(units: Sequence[Unit], shared: Shared, *, root_is_git: bool) -> str:
    """The document of `dg discover -o json`; only settings that are no secrets are in it."""
    document = {
        "format_version": FORMAT_VERSION,
        "root_is_git": root_is_git,
        "units": [_document(unit) for unit in units],
        "shared_states": [{"identity": identity, "units": [str(path) for path in paths]} for identity, paths in shared],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_table(units: Sequence[Unit], shared: Shared, *, color: bool = False, width: int = 100) -> str:
    """The list for a terminal."""
    return render("discover.txt.j2", color=color, width=width, **_view(units, shared))


def to_markdown(units: Sequence[Unit], shared: Shared) -> str:
    """The list as a Markdown table, for a comment or a wiki."""
    return render("discover.md.j2", **_view(units, shared))


def _view(units: Sequence[Unit], shared: Shared) -> dict[str, Any]:
    return {
        "rows": [_row(unit) for unit in units],
        "shared": [(identity, [str(path) for path in paths]) for identity, paths in shared],
        "summary": _summary(units, shared),
    }


def _row(unit: Unit) -> UnitRow:
    location = unit.location
    return UnitRow(
        path=str(unit.path),
        tool=unit.tool,
        backend=unit.backend.type,
        workspace=unit.backend.workspace,
        lock="?" if location is None else location.lock or "none",
        identity="not decided" if location is None else location.identity,
        facts=tuple(_facts(unit)),
        doubts=unit.undecided,
        error=unit.error,
    )


def _facts(unit: Unit) -> list[str]:
    facts = []
    if unit.location is not None:
        facts.append(f"old versions: {unit.location.versioned}")
    if unit.kind is UnitKind.TERRAGRUNT_UNIT:
        facts += [f"as {unit.backend.source} says"] if unit.backend.source not in ("default", "unreadable") else []
    elif unit.backend.source == "initialised":
        facts.append("as initialised")
    elif unit.backend.source not in ("block", "default"):
        facts.append(f"completed with {unit.backend.source}")
    elif unit.backend.source == "default":
        facts.append("no backend block")
    return facts + [_reads(dependency) for dependency in unit.dependencies]


def _reads(dependency: Dependency) -> str:
    where = str(dependency.unit) if dependency.unit is not None else dependency.identity
    verb = "waits for" if dependency.name == "dependencies" else "reads"
    return f"{verb} {where or dependency.name}" + (f" ({dependency.reason})" if dependency.reason else "")


def _summary(units: Sequence[Unit], shared: Shared) -> str:
    counts = (
        (len(units), "unit", "units"),
        (sum(bool(unit.undecided) for unit in units), "with something undecided", "with something undecided"),
        (sum(unit.error is not None for unit in units), "with an error", "with an error"),
        (len(shared), "shared state", "shared states"),
    )
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n or one == "unit")


def _document(unit: Unit) -> dict[str, Any]:
    location = unit.location
    return {
        "path": str(unit.path),
        "kind": str(unit.kind),
        "tool": unit.tool,
        "backend": {
            "type": unit.backend.type,
            "source": unit.backend.source,
            "workspace": unit.backend.workspace,
            "config": public_config(unit.backend),
        },
        "identity": location.identity if location else None,
        "object": location.object if location else None,
        "lock": location.lock if location else None,
        "versioned": location.versioned if location else None,
        "initialised": unit.initialised,
        "backend_files": [str(file) for file in unit.backend_files],
        "dependencies": [
            {
                "name": dependency.name,
                "identity": dependency.identity,
                "unit": None if dependency.unit is None else str(dependency.unit),
                "reason": dependency.reason,
            }
            for dependency in unit.dependencies
        ],
        "undecided": list(unit.undecided),
        "error": unit.error,
    }
