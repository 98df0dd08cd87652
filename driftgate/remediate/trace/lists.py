"""Functions on lists followed backwards: which part of which list has to be another one."""

from __future__ import annotations

from collections.abc import Callable

from driftgate.hcl.ast import Call, Expr, Paren, Tuple
from driftgate.hcl.values import first_unknown
from driftgate.remediate.trace.layers import Follow, part_of_list
from driftgate.remediate.trace.site import At, CannotTraceError
from driftgate.remediate.trace.wanted import Change, Wanted


def as_ordered(old: object, new: object) -> object:
    """A list that is live in sorted order, in the order of the code: where the order says nothing, nothing moves."""
    if not isinstance(old, list) or not isinstance(new, list) or first_unknown(old) is not None:
        return new
    kept_old, kept_new = [item for item in old if item in new], [item for item in new if item in old]
    if kept_old == kept_new or new != sorted(new, key=str) or len(kept_old) != len(kept_new):
        return new
    ordered = unordered(old, new)
    return new if ordered == old else ordered


def unordered(old: list[object], new: list[object]) -> list[object]:
    """`new` in the order of `old`; elements that are new stand where others are gone, else at the end."""
    fresh = [item for item in new if item not in old]
    kept = [item if item in new else fresh.pop(0) if fresh else None for item in old]
    gone = [place for place, item in enumerate(old) if item not in new]
    spare = gone[len([item for item in new if item not in old]) :]
    return [item for place, item in enumerate(kept) if place not in spare] + fresh


def _list_of(at: At, expr: Expr) -> list[object]:
    value = at.value(expr)
    if not isinstance(value, list):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what this list holds is not known")
    return value


def _set(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """toset, sort, distinct: the order of the argument stays."""
    if wanted.steps or not isinstance(wanted.value, list):
        return _element_of(at, expr, wanted, change)
    old = _list_of(at, expr.args[0])
    repeated = [item for place, item in enumerate(old) if item in old[:place]]
    if repeated and any(item not in wanted.value for item in repeated):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: {repeated[0]!r} stands there twice")
    value = unordered(old, wanted.value)
    return change(at, expr.args[0], wanted.down(value=value))


def _element_of(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """One element of a result: the element of the argument that is equal."""
    whole = at.value(expr)
    step = wanted.steps[0] if wanted.steps else None
    if not isinstance(step, int) or not isinstance(whole, list) or step >= len(whole):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what {expr.name}() gives has no such element")
    place = _list_of(at, expr.args[0]).index(whole[step])
    return change(at, expr.args[0], wanted.down(steps=(place, *wanted.steps[1:])))


def _concat(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """The one argument whose part of the list changes."""
    return _joined(at, expr, list(expr.args), wanted, change)


def _flatten(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """The part of a list of lists that changes; a single element counts as a list of one."""
    argument = expr.args[0]
    while isinstance(argument, Paren):
        argument = argument.inner
    if not isinstance(argument, Tuple):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: flatten() of what is not written out as a list")
    return _joined(at, expr, list(argument.items), wanted, change)


def _joined(at: At, expr: Call, parts: list[Expr], wanted: Wanted, change: Follow) -> Change:
    values = [at.value(part) for part in parts]
    if any(first_unknown(value) is not None for value in values):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: a part of {expr.name}() is not known")
    lists = [value if isinstance(value, list) else [value] for value in values]
    if any(isinstance(item, list) for part in lists for item in part) and expr.name == "flatten":
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: flatten() of lists more than two deep")
    if wanted.steps:
        return _joined_element(at, expr, parts, lists, wanted, change)
    found = part_of_list(lists, wanted.value)
    if found is None:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: more than one part of {expr.name}() changes")
    place, value = found
    if isinstance(values[place], list):
        return change(at, parts[place], wanted.down(value=value))
    if len(value) != 1:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: the number of elements of flatten() changes")
    return change(at, parts[place], wanted.down(value=value[0]))


def _joined_element(
    at: At, expr: Call, parts: list[Expr], lists: list[list[object]], wanted: Wanted, change: Follow
) -> Change:
    step = wanted.steps[0]
    for part, items in zip(parts, lists, strict=True):
        if isinstance(step, int) and step < len(items):
            return change(at, part, wanted.down(steps=(step, *wanted.steps[1:])))
        step = step - len(items) if isinstance(step, int) else step
    raise CannotTraceError(f"{at.file.position(expr.span[0])}: {expr.name}() gives no such element")


def _compact(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """Empty elements stay where they are."""
    old = _list_of(at, expr.args[0])
    kept = [place for place, item in enumerate(old) if item not in (None, "")]
    if wanted.steps and isinstance(wanted.steps[0], int) and wanted.steps[0] < len(kept):
        return change(at, expr.args[0], wanted.down(steps=(kept[wanted.steps[0]], *wanted.steps[1:])))
    if wanted.steps or not isinstance(wanted.value, list) or (len(kept) != len(wanted.value) and len(kept) < len(old)):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: compact() leaves out what would have to stay")
    if len(kept) == len(old):
        return change(at, expr.args[0], wanted.down())
    new = list(old)
    for place, item in zip(kept, wanted.value, strict=True):
        new[place] = item
    return change(at, expr.args[0], wanted.down(value=new))


def _element(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """element(list, i) counts round and round; one(list) is its only element."""
    items = _list_of(at, expr.args[0])
    index = at.value(expr.args[1]) if len(expr.args) > 1 else 0
    if not isinstance(index, int) or not items:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: which element it is is not known")
    return change(at, expr.args[0], wanted.down(steps=(index % len(items), *wanted.steps)))


def _reverse(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    if wanted.steps or not isinstance(wanted.value, list):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: reverse() is changed as a whole")
    return change(at, expr.args[0], wanted.down(value=wanted.value[::-1]))


LISTS: dict[str, Callable[[At, Call, Wanted, Follow], Change]] = {
    "compact": _compact,
    "concat": _concat,
    "distinct": _set,
    "element": _element,
    "flatten": _flatten,
    "one": _element,
    "reverse": _reverse,
    "sort": _set,
    "toset": _set,
}
