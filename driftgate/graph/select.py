"""Which units are meant: by path, by the files they read, and with all that wait for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from driftgate.errors import DriftgateError
from driftgate.graph.dag import dependents
from driftgate.hcl.functions.files import glob
from driftgate.hcl.values import EvaluationError
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Selection:
    """`include` and `exclude` are patterns of paths with `*`, `**` and `{a,b}`; a folder means all below it too.

    `reading` are files, relative to the repo's root, of which a unit must read one. `with_dependents` adds what waits
    for the units found; `exclude` has the last word.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    with_dependents: bool = False


def select(
    units: Sequence[Unit],
    wanted: Selection,
    files_of: Callable[[Unit], Collection[str]],
    *,
    among: Sequence[Unit] | None = None,
) -> list[Unit]:
    """The units meant, in their order, of `among` (default: of all) but for what waits for those.

    `files_of` gives the files that a unit reads, relative to the repo's root.
    Raises DriftgateError for a pattern without a meaning, and for one that meets no unit at all: a typo must not look
    like an empty result.
    """
    included, excluded = _compiled(units, wanted.include), _compiled(units, wanted.exclude)
    start = units if among is None else among
    chosen = {str(unit.path) for unit in start if not included or _is_any(included, unit)}
    if wanted.reading:
        named = set(wanted.reading)
        chosen = {str(u.path) for u in units if str(u.path) in chosen and named.intersection(files_of(u))}
    if wanted.with_dependents:
        chosen = dependents(units, chosen)
    return [u for u in units if str(u.path) in chosen and not _is_any(excluded, u)]


def path_pattern(pattern: str) -> re.Pattern[str]:
    """What matches the paths of units that `pattern` means. Raises DriftgateError for one without a meaning."""
    tidy = pattern.removeprefix("./").rstrip("/") or "."
    try:
        return re.compile(f"(?:{glob(tidy)})(?:/.*)?" if tidy != "." else ".*", re.DOTALL)
    except EvaluationError as error:
        raise DriftgateError(error.problem, next_step="correct it: `dg discover` lists the units") from None


def _compiled(units: Sequence[Unit], patterns: Sequence[str]) -> list[re.Pattern[str]]:
    found = []
    for pattern in patterns:
        compiled = path_pattern(pattern)
        if not any(compiled.fullmatch(str(unit.path)) for unit in units):
            raise DriftgateError(f"no unit matches `{pattern}`", next_step="`dg discover` lists the units")
        found.append(compiled)
    return found


def _is_any(patterns: Sequence[re.Pattern[str]], unit: Unit) -> bool:
    return any(pattern.fullmatch(str(unit.path)) for pattern in patterns)
