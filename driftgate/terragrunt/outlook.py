"""What our own evaluation knows of a unit before Terragrunt plans it, and when it had better be planned without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from driftgate.errors import DriftgateError
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.config import Config, open_unit
from driftgate.terragrunt.dependency import edges
from driftgate.terragrunt.executed import EXECUTED
from driftgate.terragrunt.reads import files_read
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.shapes import as_mapping
from driftgate.terragrunt.source import module_of

_EXECUTES = re.compile(rf"\b(?:(?P<hook>(?:before|after|error)_hook)\b|(?P<function>{'|'.join(EXECUTED)})\s*\()")


@dataclass(frozen=True, slots=True)
class Outlook:
    """`obstacle` says why Terragrunt in a copy of the repo would not give what the unit's own plan is; empty: it would.

    `mocked` are the dependencies with mock outputs, `dependencies` all by folder, relative to the root. `in_place`:
    Terragrunt 0.x works in the unit's folder, or in one whose outputs it reads. `pinned`: there is a lock file.
    """

    obstacle: str = ""
    mocked: frozenset[str] = frozenset()
    dependencies: Mapping[str, str] = field(default_factory=dict)
    in_place: bool = False
    pinned: bool = False


def outlook(session: Session, folder: str, *, lock_file: str) -> Outlook:
    """The outlook of the unit in `folder` (absolute), as far as it can be evaluated: Terragrunt may know better."""
    read = files_read(session, folder)  # evaluates all of it
    obstacle = _not_there(session, folder) or _executes(session, read)
    try:
        config = open_unit(session, folder)
        waits = {session.files.shown(edge.folder): edge.name for edge in edges(config) if edge.folder}
        module = module_of(config).folder
        left_out = _left_out(config)
    except (DriftgateError, EvaluationError, RecursionError):
        return Outlook(obstacle)
    places = [place for place in (folder, module) if place is not None]
    return Outlook(
        obstacle or left_out or _outside(session, [*read, *places, *waits]) or _names_itself(config),
        frozenset(config.mocked),
        {shown: name.removeprefix("dependency.") for shown, name in waits.items()},
        _works_in_place(session, folder, set()),
        any(session.files.is_file(f"{place}/{lock_file}") for place in places),
    )


def _not_there(session: Session, folder: str) -> str:
    generated = session.files.real(folder) != folder
    return "its stack is not generated: `terragrunt stack generate` does that" if generated else ""


def _left_out(config: Config) -> str:
    excluded = as_mapping(config.section("exclude")).get("if") is True
    skipped = as_mapping(config.section("attributes")).get("skip") is True
    return "Terragrunt would leave it out of a run" if excluded or skipped else ""


def _executes(session: Session, read: frozenset[str]) -> str:
    """Any hook or function that runs programs counts, wherever in the files that the unit reads."""
    if session.execute is not None:
        return ""
    for path in sorted(read):
        if path.endswith((".hcl", ".hcl.json")):
            with suppress(EvaluationError):
                found = _EXECUTES.search(session.files.text(path))
                if found:
                    what = found["hook"] or f"{found['function']}()"
                    return f"{session.files.shown(path)} has {what}: allow what it runs with --allow-exec"
    return ""


def _outside(session: Session, paths: Iterable[str]) -> str:
    root = session.files.root
    away = [path for path in paths if path.startswith("/") and path != root and not path.startswith(f"{root}/")]
    return f"it reads {sorted(away)[0]}, outside of the repo" if away else ""


def _names_itself(config: Config) -> str:
    """Terragrunt in a copy would give another path."""
    for section in ("inputs", "generate"):
        with suppress(EvaluationError):
            if config.files.root in str(config.section(section)):
                return f"its {section} hold the path of this repo"
    return ""


def _works_in_place(session: Session, folder: str, seen: set[str]) -> bool:
    if folder in seen:
        return False
    seen.add(folder)
    with suppress(DriftgateError, EvaluationError, RecursionError):
        config = open_unit(session, folder)
        if not as_mapping(config.section("terraform")).get("source"):
            return True
        return any(edge.folder and _works_in_place(session, edge.folder, seen) for edge in edges(config))
    return True
