"""Set functions. Documented: https://developer.hashicorp.com/terraform/language/functions#collection-functions."""

from __future__ import annotations

from itertools import product

from driftgate.hcl.convert import convert, type_of, unify
from driftgate.hcl.functions.parameters import known_sequence, sequence, unified
from driftgate.hcl.scope import Function
from driftgate.hcl.values import MAX_ELEMENTS, EvaluationError, List, Set, make_set, same


def _setproduct(*lists: list[object]) -> object:
    if len(lists) < 2:
        raise EvaluationError("setproduct takes at least two arguments")
    count = 1
    for values in lists:
        count *= len(values)
    if count > MAX_ELEMENTS:
        raise EvaluationError("the product has more than a million elements")
    columns = [unified(values) for values in lists]
    rows = [list(row) for row in product(*columns)]
    return make_set(rows) if any(isinstance(values, Set) for values in lists) else List(rows)


def _sets(sets: tuple[list[object], ...]) -> list[list[object]]:
    wanted = unify([type_of(value) for values in sets for value in values])
    if wanted is None:
        raise EvaluationError("all sets must have elements of one type")
    return [[convert(value, wanted) for value in values] for values in sets]


def _setintersection(*sets: list[object]) -> object:
    first, *others = _sets(sets)
    return make_set(value for value in first if all(any(same(value, o) for o in other) for other in others))


def _setsubtract(*sets: list[object]) -> object:
    first, other = _sets(sets)
    return make_set(value for value in first if not any(same(value, o) for o in other))


def _setunion(*sets: list[object]) -> object:
    return make_set(value for values in _sets(sets) for value in values)


FUNCTIONS = {
    "setintersection": Function(_setintersection, (sequence,), rest=sequence),
    "setproduct": Function(_setproduct, (), rest=known_sequence),
    "setsubtract": Function(_setsubtract, (sequence, sequence)),
    "setunion": Function(_setunion, (sequence,), rest=sequence),
}
