"""One kind of value made another: what Terraform converts by itself, what it calls a type, and how types unify.

Rules: https://developer.hashicorp.com/terraform/language/expressions/type-constraints#conversion-of-primitive-types
and https://github.com/zclconf/go-cty/blob/main/docs/convert.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from driftgate.hcl.values import EvaluationError, List, Map, Set, Unknown, check_size, make_set

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_LONGEST = 308
_BOOLS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Type:
    """A type: `of` is its element's for list, set and map; `items` and `attributes` are a tuple's and an object's."""

    name: str
    of: Type | None = None
    items: tuple[Type, ...] = ()
    attributes: tuple[tuple[str, Type], ...] = ()
    optional: frozenset[str] = frozenset()


STRING: Final = Type("string")
NUMBER: Final = Type("number")
BOOL: Final = Type("bool")
ANY: Final = Type("dynamic")


def as_number(value: object) -> int | float | Unknown:
    """The number that a value is or spells. Raises EvaluationError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str) and len(value) < _LONGEST and _NUMBER.fullmatch(value):
        number = int(value) if value.lstrip("+-").isdigit() else float(value)
        if not isfinite(number):
            raise EvaluationError("the number is too large")
        return int(number) if isinstance(number, float) and number.is_integer() else number
    raise EvaluationError("expected a number")


def as_bool(value: object) -> bool | Unknown:
    """The bool that a value is or spells. Raises EvaluationError."""
    if isinstance(value, (bool, Unknown)):
        return value
    if isinstance(value, str) and value in _BOOLS:
        return _BOOLS[value]
    raise EvaluationError("expected true or false")


def as_text(value: object) -> str | Unknown:
    """The string that a value becomes in a template. Raises EvaluationError."""
    if isinstance(value, (str, Unknown)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return digits(value)
    raise EvaluationError(f"{'null' if value is None else 'a list or object'} cannot become part of a string")


def digits(number: int | float) -> str:
    """A number as HCL writes it: no exponent, no trailing zeros."""
    if type(number) is not float:
        return repr(number)
    from decimal import Decimal

    if not isfinite(number):
        return "+Inf" if number > 0 else "-Inf"
    text = f"{Decimal(repr(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def type_of(value: object) -> Type:
    """The type of a value; of null, and of what is unknown, it is dynamic. Raises EvaluationError for giant values."""
    check_size(value)
    return _type_of(value)


def _type_of(value: object) -> Type:
    if value is None or isinstance(value, Unknown):
        return ANY
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, str):
        return STRING
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, (List, Set)):
        return Type("list" if isinstance(value, List) else "set", _element_type(value))
    if isinstance(value, list):
        return Type("tuple", items=tuple(map(_type_of, value)))
    if isinstance(value, Map):
        return Type("map", _element_type(list(value.values())))
    if isinstance(value, dict):
        return Type("object", attributes=tuple((name, _type_of(value[name])) for name in sorted(value)))
    raise EvaluationError(f"{value!r} is no value of HCL")


def _element_type(values: Sequence[object]) -> Type:
    types = [kind for kind in map(_type_of, values) if kind != ANY]
    return types[0] if types else ANY


def unify(types: Sequence[Type]) -> Type | None:
    """The one type that values of all these can become, None if there is none; no types make dynamic."""
    known = list(dict.fromkeys(kind for kind in types if kind != ANY))
    if len(known) < 2:
        return known[0] if known else ANY
    names = {kind.name for kind in known}
    if names <= {"string", "number", "bool"}:
        return STRING if "string" in names else None
    if names == {"tuple"}:
        return _unify_tuples(known)
    if names == {"object"}:
        return _unify_objects(known)
    if names <= {"object", "map"}:
        return _collection("map", known)
    if names <= {"set", "tuple"}:
        return _collection("set", known)
    return _collection("list", known) if names <= {"list", "set", "tuple"} else None


def _unify_tuples(types: Sequence[Type]) -> Type | None:
    if len({len(kind.items) for kind in types}) > 1:
        return _collection("list", types)
    items = [unify(column) for column in zip(*(kind.items for kind in types), strict=True)]
    return Type("tuple", items=tuple(item for item in items if item is not None)) if None not in items else None


def _unify_objects(types: Sequence[Type]) -> Type | None:
    if len({tuple(name for name, _ in kind.attributes) for kind in types}) > 1:
        return _collection("map", types)
    attributes = []
    for column in zip(*(kind.attributes for kind in types), strict=True):
        unified = unify([kind for _, kind in column])
        if unified is None:
            return None
        attributes.append((column[0][0], unified))
    return Type("object", attributes=tuple(attributes))


def _collection(name: str, types: Sequence[Type]) -> Type | None:
    elements: list[Type] = []
    for kind in types:
        elements += [kind.of] if kind.of is not None else kind.items or [of for _, of in kind.attributes]
    element = unify(elements)
    if element is None:
        # An empty collection, of whatever type, stands in nobody's way.
        return ANY if any(kind.of == ANY for kind in types) else None
    return Type(name, element)


def convert(value: object, wanted: Type) -> object:
    """`value` as a value of the type `wanted`; null and unknown stay what they are. Raises EvaluationError."""
    if value is None or isinstance(value, Unknown) or wanted == ANY:
        return value
    if wanted == STRING:
        return _primitive(value, as_text, "string required")
    if wanted == NUMBER:
        return _primitive(value, as_number, "a number is required")
    if wanted == BOOL:
        return _primitive(value, as_bool, "a bool is required")
    if wanted.name in ("list", "set"):
        return _sequence(value, wanted)
    if wanted.name == "map":
        return _map(value, wanted)
    return _tuple(value, wanted) if wanted.name == "tuple" else _object(value, wanted)


def _primitive(value: object, become: object, problem: str) -> object:
    if isinstance(value, (list, dict)):
        raise EvaluationError(problem)
    return become(value)  # type: ignore[operator]


def _sequence(value: object, wanted: Type) -> object:
    if not isinstance(value, list):
        raise EvaluationError(f"a {wanted.name} is required")
    elements = _unified(value, wanted.of or ANY, f"cannot convert tuple to {wanted.name} of any single type")
    return make_set(elements) if wanted.name == "set" else List(elements)


def _map(value: object, wanted: Type) -> object:
    if not isinstance(value, dict):
        raise EvaluationError("a map is required")
    elements = _unified(list(value.values()), wanted.of or ANY, "cannot convert object to map of any single type")
    return Map(zip(value, elements, strict=True))


def _unified(values: Sequence[object], wanted: Type, problem: str) -> list[object]:
    if wanted == ANY:
        unified = unify([type_of(value) for value in values])
        if unified is None:
            raise EvaluationError(problem)
        wanted = unified
    return [convert(value, wanted) for value in values]


def _tuple(value: object, wanted: Type) -> object:
    if not isinstance(value, list) or len(value) != len(wanted.items):
        raise EvaluationError(f"a tuple of {len(wanted.items)} elements is required")
    return [convert(element, kind) for element, kind in zip(value, wanted.items, strict=True)]


def _object(value: object, wanted: Type) -> object:
    if not isinstance(value, dict):
        raise EvaluationError("an object is required")
    missing = [name for name, _ in wanted.attributes if name not in value and name not in wanted.optional]
    if missing:
        raise EvaluationError(f'attribute "{missing[0]}" is required')
    return {name: convert(value.get(name), kind) for name, kind in wanted.attributes}
