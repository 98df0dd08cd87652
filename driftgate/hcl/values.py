"""Values as HCL knows them: null is None, a tuple a list, an object a dict; typed collections are subclasses of those.

cty (github.com/zclconf/go-cty) sets the rules: what is unknown, when two values are equal, which order a set has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Final

from driftgate.hcl.ast import Span

MAX_TEXT: Final = 16 * 1024 * 1024
MAX_ELEMENTS: Final = 1_000_000
_TOO_LARGE: Final = 10**309  # more than a float can hold
_COMPARE: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class EvaluationError(Exception):
    """An expression that Terraform would refuse to evaluate; `span` is the expression to blame, once it is known.

    `where` is `file:line:column`, set by whoever knows the file; `try` and `can` catch it.
    """

    def __init__(self, problem: str, span: Span | None = None, where: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.span = span
        self.where = where


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be told from the source, and why; `span` is the expression to blame."""

    reason: str
    span: Span = (0, 0)


class UnknownFound(Exception):  # noqa: N818 (control flow, not an error)
    """Raised by functions that need all of a value where a part is unknown; their result is `unknown` then."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class List(list[object]):
    """A list: all elements of one type. A plain list is a tuple, whose elements keep their own types."""

    __slots__ = ()


class Map(dict[str, object]):
    """A map: all elements of one type. A plain dict is an object."""

    __slots__ = ()


class Set(list[object]):
    """A set, in the order that cty iterates it: numbers and strings ascending, all else in a stable order.

    Make one with `make_set`, which sorts and drops repeats.
    """

    __slots__ = ()


Sequence = list  # a tuple, list or set of HCL


def make_set(values: Iterable[object]) -> Set | Unknown:
    """The set of these values, which are of one type already; unknown if one of them is."""
    unique: list[object] = []
    seen: set[object] = set()
    for value in values:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, (str, int, float)) or value is None:
            key = (isinstance(value, bool), value)
            if key in seen:
                continue
            seen.add(key)
        elif any(same(value, other) for other in unique):
            continue
        unique.append(value)
    return Set(sorted(unique, key=_rank))


def _rank(value: object) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        return 0, value, ""
    if isinstance(value, str):
        return 1, 0, value
    return (3, 0, "") if value is None else (2, 0, repr(value))


def items(value: object) -> Iterator[tuple[object, object]]:
    """Key and value of each element in the order that `for` sees them; a set's keys are its elements."""
    if isinstance(value, dict):
        yield from sorted(value.items())
    elif isinstance(value, Set):
        yield from ((element, element) for element in value)
    elif isinstance(value, list):
        yield from enumerate(value)
    else:
        raise EvaluationError("expected a list, set, map or object")


def logical(operator: str, left: bool | Unknown, right: bool | Unknown) -> bool | Unknown:
    """`&&` and `||`, which one known side can settle."""
    settled = operator == "||"
    if left is settled or right is settled:
        return settled
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    return not settled


def equal(left: object, right: object) -> bool | Unknown:
    """HCL's equality, which converts nothing; unknown if that hangs on something unknown."""
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, list) and isinstance(right, list):
        kinds_agree = type(left) is type(right)
        return kinds_agree and len(left) == len(right) and _all_equal(zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        kinds_agree = type(left) is type(right)
        return kinds_agree and left.keys() == right.keys() and _all_equal((left[name], right[name]) for name in left)
    if is_number(left) and is_number(right):
        return left == right and getattr(left, "exact", None) == getattr(right, "exact", None)
    return type(left) is type(right) and left == right


def same(left: object, right: object) -> bool:
    """Equality of two values that must be known. Raises UnknownFound."""
    result = equal(left, right)
    if isinstance(result, Unknown):
        raise UnknownFound(result)
    return result


def _all_equal(pairs: Iterable[tuple[object, object]]) -> bool | Unknown:
    unknown = None
    for left, right in pairs:
        result = equal(left, right)
        if result is False:
            return False
        unknown = result if isinstance(result, Unknown) else unknown
    return unknown or True


def numeric(operator: str, left: int | float, right: int | float) -> int | float | bool:
    """Comparison and arithmetic, with the 512 bits of cty's numbers. Raises EvaluationError."""
    if operator in _COMPARE:
        return _COMPARE[operator](left, right)
    from driftgate.hcl.number import compute

    try:
        result = compute(operator, left, right)
        if abs(result) >= _TOO_LARGE:
            raise EvaluationError("the result is too large")
        return result
    except (ZeroDivisionError, OverflowError, ValueError):
        raise EvaluationError(f"this {operator} has no result") from None


def is_number(value: object) -> bool:
    """Whether a value is a number; bools are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_size(value: object) -> None:
    """Refuse a value with more than a million elements, counted as often as they are reached. Raises EvaluationError.

    Lists of themselves twice over cost nothing to build, and everything to walk.
    """
    waiting, count = [value], 0
    while waiting:
        current = waiting.pop()
        if isinstance(current, (list, dict)):
            count += len(current)
            if count > MAX_ELEMENTS:
                raise EvaluationError("the value has more than a million elements")
            inner = current.values() if isinstance(current, dict) else current
            waiting.extend(element for element in inner if isinstance(element, (list, dict)))


def first_unknown(value: object) -> Unknown | None:
    """The first unknown in a value, however deep; None if all of it is known."""
    if isinstance(value, Unknown):
        return value
    inner: Iterable[object] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for element in inner:
        if (unknown := first_unknown(element)) is not None:
            return unknown
    return None
