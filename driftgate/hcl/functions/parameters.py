"""What function parameters take: each converts an argument to the Python value a function works on."""

from __future__ import annotations

from collections.abc import Callable

from driftgate.hcl.convert import BOOL, NUMBER, STRING, convert, type_of, unify
from driftgate.hcl.values import EvaluationError, Unknown, UnknownFound, check_size, first_unknown


def anything(value: object) -> object:
    """Any value as it is, parts of it perhaps unknown."""
    return value


def known(value: object) -> object:
    """Any value of which every part is known."""
    check_size(value)
    unknown = first_unknown(value)
    if unknown is not None:
        raise UnknownFound(unknown)
    return value


def string(value: object) -> str:
    """A string, or what converts to one."""
    return str(_whole(convert(value, STRING)))


def number(value: object) -> int | float:
    """A number, or a string that spells one."""
    result = _whole(convert(value, NUMBER))
    return result if isinstance(result, (int, float)) else 0


def integer(value: object) -> int:
    """A whole number."""
    result = number(value)
    if result != result // 1:
        raise EvaluationError("a whole number is required")
    return int(result)


def boolean(value: object) -> bool:
    """A bool, or a string that spells one."""
    return _whole(convert(value, BOOL)) is True


def sequence(value: object) -> list[object]:
    """A list, tuple or set as it is."""
    if not isinstance(value, list):
        raise EvaluationError("a list, tuple or set is required")
    return value


def known_sequence(value: object) -> list[object]:
    """A list, tuple or set of which every part is known."""
    known(value)
    return sequence(value)


def mapping(value: object) -> dict[str, object]:
    """A map or object as it is."""
    if not isinstance(value, dict):
        raise EvaluationError("a map or object is required")
    return value


def unified(value: object) -> list[object]:
    """A sequence whose elements became one type."""
    elements = sequence(value)
    wanted = unify([type_of(element) for element in elements])
    if wanted is None:
        raise EvaluationError("all elements must be of one type")
    return [convert(element, wanted) for element in elements]


def sequence_of(parameter: Callable[[object], object], *, nulls: bool = False) -> Callable[[object], list[object]]:
    """A sequence whose elements are each converted; null elements only with `nulls`."""

    def convert_all(value: object) -> list[object]:
        result: list[object] = []
        for place, element in enumerate(sequence(value)):
            if isinstance(element, Unknown):
                raise UnknownFound(element)
            if element is None and not nulls:
                raise EvaluationError(f"element {place} is null")
            result.append(element if element is None else parameter(element))
        return result

    return convert_all


def _whole(value: object) -> object:
    if value is None:
        raise EvaluationError("must not be null")
    if isinstance(value, Unknown):
        raise UnknownFound(value)
    return value
