"""Loops followed backwards: which element of the collection a result comes from, and what that element has to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.attribute_path import Steps, same
from driftgate.hcl.ast import Expr, For, Name, Splat
from driftgate.hcl.scope import Frame
from driftgate.hcl.values import Set, Unknown, items
from driftgate.remediate.trace.layers import Follow
from driftgate.remediate.trace.site import At, Bound, CannotTraceError, Key
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted, together


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a loop: its place, with the loop variables bound, and the element's key in the collection."""

    at: At
    key: Key


def loop_variable(at: At, name: str, path: Steps, wanted: Wanted, change: Follow) -> Change:
    """The change behind `each.value`, a variable of `for`, or the iterator of a dynamic block."""
    bound = at.bound[name]
    part, inner = (bound.part, path) if bound.part != "each" else (str(path[0]) if path else "", path[1:])
    if part != "value":
        raise CannotTraceError(f"the value is {name}.key: another key makes another instance")
    if bound.key is None:
        raise CannotTraceError(f"the element of {name} is not known")
    trail = f"{name}.value of {bound.key!r}" if bound.part == "each" else f"{name} of {bound.key!r}"
    steps = (*inner, *wanted.steps)
    collection = bound.at.value(bound.collection)
    if isinstance(collection, Set):
        if steps or (bound.part == "each" and name == "each"):
            raise CannotTraceError(f"the value is an element of a set: another one makes another {name}")
        value = [wanted.value if item == bound.key else item for item in collection]
        return change(bound.at, bound.collection, wanted.down(steps=(), value=value, trail=trail))
    return change(bound.at, bound.collection, wanted.down(steps=(bound.key, *steps), trail=trail))


def through_for(at: At, expr: For, wanted: Wanted, change: Follow) -> Change:
    """The change behind a `for` expression: in the element that a result comes from. Raises CannotTraceError."""
    if expr.grouped:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: a for expression that groups")
    rounds = list(_rounds(at, expr))
    old = at.value(expr)
    if not isinstance(old, list | dict):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what the for expression gives is not known")
    keys = list(range(len(rounds))) if expr.key_expr is None else [str(r.at.value(expr.key_expr)) for r in rounds]
    by_key = dict(zip(keys, rounds, strict=True))
    if wanted.steps:
        return _one(at, expr, by_key, wanted, change)
    if isinstance(old, list) and isinstance(wanted.value, list) and len(old) != len(wanted.value):
        return _length(at, expr, rounds, old, wanted, change)
    pairs = differing(old, wanted.value)
    if pairs is None:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: a for expression gives no such value")
    changes = [_one(at, expr, by_key, wanted.down(steps=(key,), value=value), change) for key, value in pairs]
    if not changes:
        raise CannotTraceError("the code says already what is live", next_step="scan again")
    return together(changes)


def through_splat(at: At, expr: Splat, wanted: Wanted, change: Follow) -> Change:
    """The change behind `list[*].x`. Raises CannotTraceError."""
    old = at.value(expr)
    if any(kind != "attr" for kind, _ in expr.steps) or not isinstance(old, list):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what the splat gives is not known")
    inner = tuple(str(step) for _, step in expr.steps)
    if wanted.steps:
        return change(at, expr.source, wanted.down(steps=(wanted.steps[0], *inner, *wanted.steps[1:])))
    pairs = differing(old, wanted.value)
    if not pairs:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: a splat gives no list of another length")
    return together([change(at, expr.source, wanted.down(steps=(i, *inner), value=v)) for i, v in pairs])


def bound_at(at: At, names: dict[str, object], bound: dict[str, Bound]) -> At:
    """The place with loop variables on top of those that are bound there already."""
    return At(at.site, at.file, Frame(names, at.scope), {**at.bound, **bound})


def _rounds(at: At, expr: For) -> Iterator[Round]:
    collection = at.value(expr.collection)
    if not isinstance(collection, list | dict):
        raise CannotTraceError(f"{at.file.position(expr.collection.span[0])}: the collection is not known")
    for key, value in items(collection):
        names = {expr.value: value} | ({expr.key: key} if expr.key is not None else {})
        known = key if isinstance(key, str | int) else None
        bound = {expr.value: Bound(at, expr.collection, known, "value")}
        if expr.key is not None:
            bound[expr.key] = Bound(at, expr.collection, known, "key")
        place = bound_at(at, names, bound)
        if expr.condition is None or place.value(expr.condition) is True:
            yield Round(place, known)


def _one(at: At, expr: For, rounds: dict[Any, Round], wanted: Wanted, change: Follow) -> Change:
    """One result: what its element has to be; a new one or one that is gone only where elements go through as they
    are."""
    key, rest = wanted.steps[0], wanted.steps[1:]
    found = rounds.get(key)
    if found is not None and (rest or wanted.value is not ABSENT):
        return change(found.at, expr.value_expr, wanted.down(steps=rest))
    collection = at.value(expr.collection)
    if found is not None and isinstance(collection, dict):
        return change(at, expr.collection, wanted.down(steps=(str(found.key),)))
    if found is None and _is_name(expr.value_expr, expr.value) and _is_name(expr.key_expr, expr.key):
        return change(at, expr.collection, wanted.down())
    raise CannotTraceError(f"{at.file.position(expr.span[0])}: the for expression gives no `{key}`")


def _length(at: At, expr: For, rounds: Sequence[Round], old: list[object], wanted: Wanted, change: Follow) -> Change:
    """A list that is longer or shorter: elements gone, or new ones where they go through as they are."""
    collection = at.value(expr.collection)
    if not isinstance(collection, list) or expr.condition is not None:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: the number of elements changes")
    if _is_name(expr.value_expr, expr.value):
        return change(at, expr.collection, wanted.down())
    kept = [item for item, value in zip(collection, old, strict=True) if value in wanted.value]
    if len(kept) != len(wanted.value) or isinstance(collection, Set):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what a new element has to be cannot be told")
    return change(at, expr.collection, wanted.down(value=kept))


def differing(old: object, new: object) -> list[tuple[Any, object]] | None:
    """Keys and new values where two lists of one length, or two maps, differ; None where they cannot be compared."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = {**old, **new}
        return [(k, new.get(k, ABSENT)) for k in keys if not same(old.get(k, ABSENT), new.get(k, ABSENT))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [(i, value) for i, value in enumerate(new) if isinstance(old[i], Unknown) or not same(old[i], value)]
    return None


def _is_name(expr: Expr | None, name: str | None) -> bool:
    return isinstance(expr, Name) and expr.name == name
