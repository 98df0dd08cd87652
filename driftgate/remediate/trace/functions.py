"""Functions that can be followed backwards: which argument gives the value, and what it has to be."""

from __future__ import annotations

import json
from collections.abc import Callable

from driftgate.hcl.ast import Call, Expr
from driftgate.hcl.values import Unknown
from driftgate.remediate.trace.config import ConfigNames
from driftgate.remediate.trace.layers import Follow, changed_key, layered
from driftgate.remediate.trace.lists import LISTS
from driftgate.remediate.trace.site import At, CannotTraceError
from driftgate.remediate.trace.text import TEXT
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted


def through(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """The change behind a call. Raises CannotTraceError where the function cannot be turned round."""
    follow = FOLLOWED.get(expr.name)
    if follow is None or expr.expand:
        source = at.file.text[expr.span[0] : expr.span[1]]
        shown = " ".join(source.split())
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: `{shown[:60]}` cannot be turned round")
    return follow(at, expr, wanted, change)


def _first(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    return change(at, expr.args[0], wanted.down())


def _json(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    if wanted.steps or not isinstance(wanted.value, str):
        raise CannotTraceError("JSON is changed as a whole")
    try:
        return change(at, expr.args[0], wanted.down(value=json.loads(wanted.value)))
    except ValueError:
        raise CannotTraceError("the live value is no JSON") from None


def _merge(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """The last argument that has the key; a new key goes to the last one that can take it."""
    if not wanted.steps:
        return _merged_whole(at, expr, wanted, change)
    name = str(wanted.steps[0])
    takers: list[Expr] = []
    for argument in reversed(expr.args):
        value = at.value(argument)
        if isinstance(value, Unknown):
            raise CannotTraceError(
                f"{at.file.position(argument.span[0])}: what this part of merge() holds is not known"
            )
        if isinstance(value, dict) and name in value:
            return change(at, argument, wanted.down())
        takers.append(argument)
    if wanted.value is ABSENT:
        raise CannotTraceError(f"no part of merge() has `{name}`")
    reasons: list[CannotTraceError] = []
    for argument in takers:
        try:
            return change(at, argument, wanted.down())
        except CannotTraceError as error:
            reasons.append(error)
    raise reasons[0]


def _merged_whole(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """A whole map that differs in one key is that key's change."""
    old = at.value(expr)
    if not isinstance(old, dict) or not isinstance(wanted.value, dict):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what merge() gives is not known")
    found = changed_key(old, wanted.value)
    if found is None:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: several keys of merge() change")
    return _merge(at, expr, wanted.down(steps=(found[0],), value=found[1]), change)


def _lookup(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    key, table = at.value(expr.args[1]), at.value(expr.args[0])
    if isinstance(table, dict) and isinstance(key, str) and key in table:
        return change(at, expr.args[0], wanted.down(steps=(key, *wanted.steps)))
    if len(expr.args) > 2 and isinstance(table, dict) and isinstance(key, str):
        return change(at, expr.args[2], wanted.down())
    raise CannotTraceError(f"{at.file.position(expr.span[0])}: what lookup() finds is not known")


def _first_given(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """coalesce, coalescelist: the first argument that has a value."""
    for argument in expr.args:
        value = at.value(argument)
        if isinstance(value, Unknown):
            raise CannotTraceError(f"{at.file.position(argument.span[0])}: whether this is set is not known")
        if value not in (None, "", []):
            return change(at, argument, wanted.down())
    raise _no_argument(at, expr)


def _first_sound(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """try: the first argument that does not fail; which that is is known where the result is."""
    if not isinstance(at.value(expr), Unknown):
        for argument in expr.args:
            if not isinstance(at.value(argument), Unknown):
                return change(at, argument, wanted.down())
    raise _no_argument(at, expr)


def _no_argument(at: At, expr: Call) -> CannotTraceError:
    return CannotTraceError(f"{at.file.position(expr.span[0])}: no argument of {expr.name}() is known to have a value")


def _read_config(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    if not isinstance(at.site, ConfigNames):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: {expr.name}() is Terragrunt's")
    return layered(at.site.read(at, expr, wanted.steps), wanted.down(steps=()), change)


FOLLOWED: dict[str, Callable[[At, Call, Wanted, Follow], Change]] = {
    "coalesce": _first_given,
    "coalescelist": _first_given,
    "jsonencode": _json,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": _first,
    "read_terragrunt_config": _read_config,
    "sensitive": _first,
    "tobool": _first,
    "tolist": _first,
    "tomap": _first,
    "tonumber": _first,
    "tostring": _first,
    "try": _first_sound,
    **LISTS,
    **TEXT,
}
"""By name; docs/remediation.md lists them."""
