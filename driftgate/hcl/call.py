"""Calls of functions: arguments counted and converted, unknown and null handled as cty's function package does.

Rules: https://github.com/zclconf/go-cty/blob/main/docs/functions.md. `try` and `can` decide what they evaluate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from driftgate.hcl.ast import Call, Expr
from driftgate.hcl.scope import Function, Scope
from driftgate.hcl.values import EvaluationError, Unknown, UnknownFound, first_unknown

Evaluate = Callable[[Expr, Scope], object]


def call(expr: Call, scope: Scope, evaluate: Evaluate) -> object:
    """The value of a call. Raises EvaluationError that blames the argument or the call."""
    name = expr.name.removeprefix("core::")
    special = _SPECIAL.get(name)
    if special is not None:
        return special(expr, scope, evaluate)
    function = scope.function(name)
    if function is None:
        raise EvaluationError(f'there is no function named "{expr.name}"', expr.span)
    arguments = [evaluate(argument, scope) for argument in expr.args]
    if expr.expand:
        last = arguments.pop()
        if isinstance(last, Unknown):
            return last
        if not isinstance(last, list):
            raise EvaluationError("only a list or set can be expanded with ...", expr.args[-1].span)
        arguments.extend(last)
    return _checked(function, name, arguments, expr)


def _checked(function: Function, name: str, arguments: Sequence[object], expr: Call) -> object:
    _check_count(function, name, len(arguments), expr)
    ready = []
    for place, argument in enumerate(arguments):
        parameter = function.parameters[place] if place < len(function.parameters) else function.rest
        if isinstance(argument, Unknown) and not function.unknowns:
            return argument
        blamed = expr.args[min(place, len(expr.args) - 1)].span if expr.args else expr.span
        if argument is None and not function.nulls:
            raise EvaluationError(f"{name}: argument {place + 1} must not be null", blamed)
        try:
            ready.append(parameter(argument) if parameter is not None else argument)
        except UnknownFound as found:
            return found.unknown
        except EvaluationError as error:
            error.span = error.span or blamed
            raise _named(name, error, f"argument {place + 1}: ") from None
    try:
        result = function.run(*ready)
    except UnknownFound as found:
        result = found.unknown
    except EvaluationError as error:
        error.span = error.span or expr.span
        raise _named(name, error) from None
    except (OverflowError, MemoryError):
        raise EvaluationError(f"{name}: the result is too large", expr.span) from None
    return replace(result, span=expr.span) if isinstance(result, Unknown) and result.span == (0, 0) else result


def _named(name: str, error: EvaluationError, prefix: str = "") -> EvaluationError:
    """The error with the function's name before it, once."""
    return error if error.where else EvaluationError(f"{name}: {prefix}{error.problem}", error.span)


def _check_count(function: Function, name: str, given: int, expr: Call) -> None:
    most = len(function.parameters)
    least = most - function.optional
    if given < least or (given > most and function.rest is None):
        wanted = f"at least {least}" if function.rest else str(most) if least == most else f"{least} to {most}"
        raise EvaluationError(f"{name} takes {wanted} argument{'s' * (wanted != '1')}, not {given}", expr.span)


def _try(expr: Call, scope: Scope, evaluate: Evaluate) -> object:
    problems = []
    for argument in expr.args:
        try:
            value = evaluate(argument, scope)
        except EvaluationError as error:
            problems.append(error.problem)
            continue
        return value
    raise EvaluationError(f"try: no expression succeeded: {'; '.join(problems)}", expr.span)


def _can(expr: Call, scope: Scope, evaluate: Evaluate) -> object:
    if len(expr.args) != 1:
        raise EvaluationError(f"can takes 1 argument, not {len(expr.args)}", expr.span)
    try:
        value = evaluate(expr.args[0], scope)
    except EvaluationError:
        return False
    return first_unknown(value) or True


_SPECIAL: dict[str, Callable[[Call, Scope, Evaluate], object]] = {"try": _try, "can": _can}
