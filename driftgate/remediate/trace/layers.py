"""A value that is given in several places, merged deep: which of them has to change for it to be another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from driftgate.attribute_path import Steps, spell
from driftgate.hcl.ast import Expr
from driftgate.hcl.scope import element
from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.remediate.trace.site import At, CannotTraceError, Origin
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted

Follow = Callable[[At, Expr, Wanted], Change]
"""`expression.change`: goes on with an expression."""


def layered(origins: Sequence[Origin], wanted: Wanted, change: Follow) -> Change:
    """The change in one of the places; the first wins, lists of the later ones stand before its own.

    Raises CannotTraceError.
    """
    first = origins[0]
    if len(origins) == 1:
        return _in(first, wanted, change)
    step = wanted.steps[0] if wanted.steps else None
    values = [_value(origin) for origin in origins]
    if isinstance(step, str):
        holders = [o for o, v in zip(origins, values, strict=True) if isinstance(v, dict) and step in v]
        return layered([_deeper(o, step) for o in holders or [first]], wanted.down(steps=wanted.steps[1:]), change)
    if all(isinstance(value, dict) for value in values):
        return _whole_map(origins, values, wanted, change)
    if all(isinstance(value, list) for value in values):
        return _whole_list(origins, values, wanted, change)
    return _in(first, wanted, change)


def part_of_list(lists: Sequence[list[object]], wanted: object) -> tuple[int, list[object]] | None:
    """Which of the lists, one after the other, has to become what for all of them to give the wanted one."""
    if not isinstance(wanted, list):
        return None
    for i in reversed(range(len(lists))):
        head = [item for part in lists[:i] for item in part]
        tail = [item for part in lists[i + 1 :] for item in part]
        rest = len(wanted) - len(tail)
        if wanted[: len(head)] == head and wanted[rest:] == tail and rest >= len(head):
            return i, wanted[len(head) : rest]
    return None


def changed_key(old: dict[str, object], new: object) -> tuple[str, object] | None:
    """The one key that has another value in `new`, and that value (ABSENT: it is gone)."""
    if not isinstance(new, dict):
        return None
    keys = [key for key in {**old, **new} if old.get(key, ABSENT) != new.get(key, ABSENT)]
    return (keys[0], new.get(keys[0], ABSENT)) if len(keys) == 1 else None


def _in(origin: Origin, wanted: Wanted, change: Follow) -> Change:
    return change(origin.at, origin.expr, wanted.down(steps=(*origin.steps, *wanted.steps), trail=origin.trail))


def _deeper(origin: Origin, step: str) -> Origin:
    return replace(origin, steps=(*origin.steps, step))


def _value(origin: Origin) -> object:
    value = origin.at.value(origin.expr)
    try:
        for step in origin.steps:
            value = element(value, step, origin.expr.span)
    except EvaluationError as error:
        return Unknown(error.problem, origin.expr.span)
    return value


def _whole_map(origins: Sequence[Origin], values: Sequence[object], wanted: Wanted, change: Follow) -> Change:
    old: dict[str, object] = {}
    for value in reversed(values):
        old.update(value if isinstance(value, dict) else {})
    found = changed_key(old, wanted.value)
    if found is None:
        raise CannotTraceError(f"{_names(origins)} are merged, and more than one key changes")
    steps: Steps = (found[0],)
    return layered(origins, wanted.down(steps=steps, value=found[1]), change)


def _whole_list(origins: Sequence[Origin], values: Sequence[object], wanted: Wanted, change: Follow) -> Change:
    found = part_of_list([value for value in reversed(values) if isinstance(value, list)], wanted.value)
    if found is None or wanted.steps:
        raise CannotTraceError(f"{_names(origins)} are joined, and more than one part changes")
    place, value = found
    return _in(origins[len(origins) - 1 - place], wanted.down(value=value), change)


def _names(origins: Sequence[Origin]) -> str:
    return " and ".join(f"{spell(origin.steps)} in {origin.at.file.path}" for origin in origins)
