"""Collection functions. Documented: https://developer.hashicorp.com/terraform/language/functions#collection-functions."""

from __future__ import annotations

from driftgate.hcl.convert import ANY, Type, convert, type_of, unify
from driftgate.hcl.functions.parameters import (
    anything,
    boolean,
    integer,
    known,
    mapping,
    number,
    sequence,
    sequence_of,
    string,
    unified,
)
from driftgate.hcl.functions.text import graphemes
from driftgate.hcl.scope import Function
from driftgate.hcl.values import (
    MAX_ELEMENTS,
    EvaluationError,
    List,
    Map,
    Set,
    Unknown,
    equal,
    numeric,
    same,
)


def limited(values: list[object]) -> list[object]:
    """The list unless it is too long to go on with."""
    if len(values) > MAX_ELEMENTS:
        raise EvaluationError("the list has more than a million elements")
    return values


def _like(source: list[object], values: list[object]) -> list[object]:
    """A part of a list is a list, of a tuple a tuple."""
    return List(values) if isinstance(source, (List, Set)) else values


def _alltrue(values: list[object]) -> bool:
    return all(value is True for value in values)


def _anytrue(values: list[object]) -> bool:
    return any(value is True for value in values)


def _chunklist(values: object, size: int) -> List:
    elements = unified(values)
    if size < 0:
        raise EvaluationError("the size must not be negative")
    step = size or max(len(elements), 1)
    return List(List(elements[start : start + step]) for start in range(0, len(elements), step))


def _coalesce(*values: object) -> object:
    wanted = unify([type_of(value) for value in values])
    if wanted is None:
        raise EvaluationError("all arguments must have the same type")
    for value in values:
        if isinstance(value, Unknown):
            return value
        if value is not None and (converted := convert(value, wanted)) != "":
            return converted
    raise EvaluationError("no non-null, non-empty-string arguments")


def _coalescelist(*lists: list[object]) -> object:
    if any(isinstance(values, Set) for values in lists):
        raise EvaluationError("all arguments must be lists or tuples, not a set")
    for values in lists:
        if values:
            return values
    raise EvaluationError("no non-null, non-empty arguments")


def _compact(values: list[object]) -> List:
    return List(value for value in values if value not in (None, ""))


def _concat(*lists: list[object]) -> object:
    if not lists:
        raise EvaluationError("at least one argument is required")
    for values in lists:
        if isinstance(values, Set):
            raise EvaluationError("all arguments must be lists or tuples, not a set")
    joined = limited([value for values in lists for value in values])
    if lists and all(isinstance(values, List) for values in lists):
        return convert(joined, Type("list", ANY))
    return joined


def _contains(values: list[object], wanted: object) -> object:
    unknown = None
    for value in values:
        result = equal(value, wanted)
        if result is True:
            return True
        unknown = result if isinstance(result, Unknown) else unknown
    return unknown or False


def _distinct(values: object) -> List:
    found: list[object] = []
    for value in unified(values):
        if not any(same(value, other) for other in found):
            found.append(value)
    return List(found)


def _element(values: list[object], index: int) -> object:
    if isinstance(values, Set):
        raise EvaluationError("a set has no order to take an element by")
    if not values:
        raise EvaluationError("cannot take an element of an empty list")
    place = index % len(values)
    if index < 0 and place and not isinstance(values, List):  # in a list it counts from the end
        raise EvaluationError("the index must not be negative")
    return values[place]


def _flatten(values: list[object]) -> object:
    result: list[object] = []
    waiting = [iter(values)]
    while waiting:
        for value in waiting[-1]:
            if isinstance(value, Unknown):
                return value
            if isinstance(value, list):
                waiting.append(iter(value))
                break
            result.append(value)
            limited(result)
        else:
            waiting.pop()
    return result


def _index(values: list[object], wanted: object) -> int:
    for place, value in enumerate(values):
        if same(value, wanted):
            return place
    raise EvaluationError("the item is not in the list")


def _keys(source: dict[str, object]) -> list[object]:
    names: list[object] = [*sorted(source)]
    return List(names) if isinstance(source, Map) else names


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(graphemes(value))
    if isinstance(value, (list, dict)):
        return len(value)
    raise EvaluationError("the argument must be a string or a collection")


def _lookup(source: dict[str, object], key: str, *default: object) -> object:
    if key in source:
        return source[key]
    if len(default) > 1:
        raise EvaluationError("lookup takes 2 or 3 arguments")
    if default:
        return convert(default[0], type_of(source).of or ANY) if isinstance(source, Map) else default[0]
    raise EvaluationError(f'the map has no element "{key}"')


def _matchkeys(values: list[object], keys: list[object], wanted: list[object]) -> List:
    if len(values) != len(keys):
        raise EvaluationError("the lists of values and keys must be of one length")
    kind = unify([type_of(key) for key in [*keys, *wanted]])
    if kind is None:
        raise EvaluationError("the keys and the search set must be of one type")
    search = [convert(key, kind) for key in wanted]
    pairs = zip(values, (convert(key, kind) for key in keys), strict=True)
    return List(value for value, key in pairs if any(same(key, other) for other in search))


def _merge(*sources: object) -> object:
    result: dict[str, object] = {}
    given = [source for source in sources if source is not None]
    for source in given:
        if not isinstance(source, dict):
            raise EvaluationError("all arguments must be maps or objects")
        result.update(source)
    if len(result) > MAX_ELEMENTS:
        raise EvaluationError("the map has more than a million elements")
    if not given or not all(isinstance(source, Map) for source in given):
        return result
    kinds = {type_of(source) for source in given if source}
    return Map(result) if len(kinds) < 2 else result


def _one(values: list[object]) -> object:
    if len(values) > 1:
        raise EvaluationError("the list must have no or one element")
    return values[0] if values else None


def _reverse(values: list[object]) -> list[object]:
    return _like(values, values[::-1])


def _slice(values: list[object], start: int, end: int) -> list[object]:
    if isinstance(values, Set):
        raise EvaluationError("a set has no order to be cut by")
    if not 0 <= start <= end <= len(values):
        raise EvaluationError(f"the range {start} to {end} is not within a list of {len(values)}")
    return _like(values, values[start:end])


def _sum(values: list[float]) -> object:
    if not values:
        raise EvaluationError("cannot sum an empty list")
    total: int | float | bool = values[0]
    for value in values[1:]:
        total = numeric("+", total, value)
    return total


def _transpose(source: dict[str, object]) -> Map:
    result: dict[str, object] = {}
    strings = sequence_of(string)
    for key in sorted(source):
        for value in strings(source[key]):
            group = result.setdefault(str(value), List())
            if isinstance(group, List):
                group.append(key)
    return Map({name: result[name] for name in sorted(result)})


def _values(source: dict[str, object]) -> list[object]:
    values = [source[name] for name in sorted(source)]
    return List(values) if isinstance(source, Map) else values


def _zipmap(keys: list[object], values: list[object]) -> dict[str, object]:
    if len(keys) != len(values):
        raise EvaluationError(f"the number of keys ({len(keys)}) is not that of values ({len(values)})")
    pairs = {str(key): value for key, value in zip(keys, values, strict=True)}
    return Map(pairs) if isinstance(values, List) else pairs


def _sorted(values: list[object]) -> List:
    return List(sorted(map(str, values)))


_BOOLS = sequence_of(boolean, nulls=True)
_STRINGS = sequence_of(string)
_NUMBERS = sequence_of(number)

FUNCTIONS = {
    "alltrue": Function(_alltrue, (_BOOLS,)),
    "anytrue": Function(_anytrue, (_BOOLS,)),
    "chunklist": Function(_chunklist, (sequence, integer)),
    "coalesce": Function(_coalesce, (), rest=anything, nulls=True, unknowns=True),
    "coalescelist": Function(_coalescelist, (), rest=sequence),
    "compact": Function(_compact, (sequence_of(string, nulls=True),)),
    "concat": Function(_concat, (), rest=sequence),
    "contains": Function(_contains, (sequence, anything)),
    "distinct": Function(_distinct, (known,)),
    "element": Function(_element, (sequence, integer)),
    "flatten": Function(_flatten, (sequence,)),
    "index": Function(_index, (sequence, anything), nulls=True),
    "keys": Function(_keys, (mapping,)),
    "length": Function(_length, (anything,)),
    "lookup": Function(_lookup, (mapping, string), rest=anything, nulls=True),
    "matchkeys": Function(_matchkeys, (sequence, sequence, sequence)),
    "merge": Function(_merge, (), rest=anything, nulls=True),
    "one": Function(_one, (sequence,)),
    "reverse": Function(_reverse, (sequence,)),
    "slice": Function(_slice, (sequence, integer, integer)),
    "sort": Function(_sorted, (_STRINGS,)),
    "sum": Function(_sum, (_NUMBERS,)),
    "transpose": Function(_transpose, (mapping,)),
    "values": Function(_values, (mapping,)),
    "zipmap": Function(_zipmap, (_STRINGS, sequence)),
}
