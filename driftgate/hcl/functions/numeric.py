"""Numeric functions. Documented: https://developer.hashicorp.com/terraform/language/functions#numeric-functions."""

from __future__ import annotations

import math

from driftgate.hcl.functions.parameters import anything, integer, number
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, List, numeric

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST = 1024


def _tidy(value: float) -> int | float:
    if not math.isfinite(value):
        raise EvaluationError("the result is infinite")
    return int(value) if value == value // 1 else value


def _log(value: float, base: float) -> int | float:
    try:
        return _tidy(math.log(value) / math.log(base))
    except (ValueError, ZeroDivisionError):
        raise EvaluationError("there is no such logarithm") from None


def _pow(base: float, exponent: float) -> int | float:
    try:
        return _tidy(math.pow(base, exponent))
    except (ValueError, OverflowError):
        raise EvaluationError("there is no such power, or it is too large") from None


def _most(first: float, *others: float) -> float:
    return max(first, *others) if others else first


def _least(first: float, *others: float) -> float:
    return min(first, *others) if others else first


def _parseint(text: object, base: int) -> int:
    if not isinstance(text, str):
        raise EvaluationError("the first argument must be a string")
    if not 2 <= base <= 62:
        raise EvaluationError("the base must be from 2 to 62")
    value = 0
    body = text.removeprefix("-").removeprefix("+") if base > 36 else text.lower().removeprefix("-").removeprefix("+")
    for character in body:
        digit = _DIGITS.find(character)
        if not 0 <= digit < base or len(body) > _MOST:
            raise EvaluationError(f'cannot parse "{text[:80]}" as a base {base} integer')
        value = value * base + digit
    if not body:
        raise EvaluationError(f'cannot parse "{text}" as a base {base} integer')
    return -value if text.startswith("-") else value


def _range(*limits: float) -> List:
    if not 1 <= len(limits) <= 3:
        raise EvaluationError("range takes 1 to 3 numbers")
    start, end = (0, limits[0]) if len(limits) == 1 else limits[:2]
    step = limits[2] if len(limits) == 3 else 1 if end >= start else -1
    if step == 0 or (step > 0) != (end > start):
        if start == end and step != 0:
            return List()
        raise EvaluationError("the step leads away from the end")
    result: list[object] = []
    value: int | float | bool = _tidy(start)
    while (value < end) if step > 0 else (value > end):
        if len(result) == _MOST:
            raise EvaluationError("more than 1024 values were generated")
        result.append(value)
        value = numeric("+", value, step)
    return List(result)


FUNCTIONS = {
    "abs": Function(abs, (number,)),
    "ceil": Function(math.ceil, (number,)),
    "floor": Function(math.floor, (number,)),
    "log": Function(_log, (number, number)),
    "max": Function(_most, (number,), rest=number),
    "min": Function(_least, (number,), rest=number),
    "parseint": Function(_parseint, (anything, integer)),
    "pow": Function(_pow, (number, number)),
    "range": Function(_range, (), rest=number),
    "signum": Function(lambda value: (value > 0) - (value < 0), (number,)),
}
