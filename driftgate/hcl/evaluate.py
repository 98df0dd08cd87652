"""What an expression is worth without running anything: operators, templates, traversals, for, splat, calls.

Values are those of `values.py`; what cannot be told from the source is an `Unknown`, which says why. What Terraform
would refuse is an `EvaluationError` that blames a span. The rules are those of
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from driftgate.hcl.ast import (
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    ForDirective,
    GetAttr,
    IfDirective,
    Index,
    Literal,
    Name,
    Object,
    Paren,
    Splat,
    Template,
    Tuple,
    Unary,
)
from driftgate.hcl.call import call
from driftgate.hcl.convert import as_bool, as_number, as_text, convert, type_of, unify
from driftgate.hcl.scope import Frame, Scope, element
from driftgate.hcl.values import (
    MAX_ELEMENTS,
    MAX_TEXT,
    EvaluationError,
    List,
    Set,
    Unknown,
    equal,
    is_number,
    items,
    logical,
    numeric,
)

__all__ = ["EvaluationError", "Scope", "Unknown", "evaluate"]


def evaluate(expr: Expr, scope: Scope) -> object:
    """The value of an expression. Raises EvaluationError, and RecursionError for what is nested too deep."""
    return _EVALUATE[expr.__class__](expr, scope)


def _literal(expr: Literal, scope: Scope) -> object:
    return expr.value


def _paren(expr: Paren, scope: Scope) -> object:
    return evaluate(expr.inner, scope)


def _blamed(become: Callable[[object], Any], expr: Expr, scope: Scope, outer: Expr | None = None) -> Any:
    """The value of an expression as a number, bool or text; an error blames the expression, or the one around it."""
    value = evaluate(expr, scope)
    try:
        return become(value)
    except EvaluationError as error:
        error.span = error.span or (outer or expr).span
        raise


def _template(expr: Template, scope: Scope) -> object:
    parts = expr.parts
    if len(parts) == 1:
        first = parts[0]
        if isinstance(first, str):
            return first
        if not isinstance(first, (IfDirective, ForDirective)):
            return evaluate(first, scope)
    return _joined(parts, scope)


def _joined(parts: tuple[str | Expr, ...], scope: Scope) -> str | Unknown:
    texts: list[str] = []
    unknown = None
    for part in parts:
        text = part if isinstance(part, str) else _blamed(as_text, part, scope)
        if isinstance(text, Unknown):
            unknown = unknown or text
        else:
            texts.append(text)
    if sum(map(len, texts)) > MAX_TEXT:
        raise EvaluationError("the text is longer than 16 MiB")
    return unknown or "".join(texts)


def _if_directive(expr: IfDirective, scope: Scope) -> object:
    condition = _blamed(as_bool, expr.condition, scope)
    if isinstance(condition, Unknown):
        return condition
    return _joined(expr.then if condition else expr.otherwise, scope)


def _for_directive(expr: ForDirective, scope: Scope) -> object:
    collection = evaluate(expr.collection, scope)
    if isinstance(collection, Unknown):
        return collection
    texts = []
    for frame in _frames(expr, collection, scope):
        text = _joined(expr.body, frame)
        if isinstance(text, Unknown):
            return text
        texts.append(text)
    return _joined(tuple(texts), scope)


def _frames(expr: For | ForDirective, collection: object, scope: Scope) -> Iterable[Frame]:
    """A scope for each round of a for. Raises EvaluationError for no collection, and for more than a million rounds."""
    if isinstance(collection, (str, int, float, bool)) or collection is None:
        what = "null" if collection is None else "a single value"
        raise EvaluationError(f"a for needs a list, set, map or object, not {what}", expr.collection.span)
    rounds = (scope.rounds if isinstance(scope, Frame) else 1) * max(len(collection), 1)  # type: ignore[arg-type]
    if rounds > MAX_ELEMENTS:
        raise EvaluationError("more than a million rounds of for", expr.span)
    for key, value in items(collection):
        names = {expr.value: value} if expr.key is None else {expr.key: key, expr.value: value}
        yield Frame(names, scope, rounds)


def _for(expr: For, scope: Scope) -> object:
    collection = evaluate(expr.collection, scope)
    if isinstance(collection, Unknown):
        return collection
    kept: list[Frame] = []
    for frame in _frames(expr, collection, scope):
        wanted = True if expr.condition is None else _blamed(as_bool, expr.condition, frame)
        if isinstance(wanted, Unknown):
            return wanted
        if wanted:
            kept.append(frame)
    if expr.key_expr is None:
        return [evaluate(expr.value_expr, frame) for frame in kept]
    return _for_object(expr, expr.key_expr, kept)


def _for_object(expr: For, key_expr: Expr, frames: Iterable[Frame]) -> object:
    result: dict[str, object] = {}
    for frame in frames:
        key = _blamed(_key, key_expr, frame)
        if isinstance(key, Unknown):
            return key
        value = evaluate(expr.value_expr, frame)
        if expr.grouped:
            group = result.setdefault(key, [])
            group.append(value)  # type: ignore[attr-defined]
        elif key in result:
            problem = f'two elements have the key "{key}": add ... after the value to group them'
            raise EvaluationError(problem, key_expr.span)
        else:
            result[key] = value
    return result


def _key(value: object) -> str | Unknown:
    if value is None:
        raise EvaluationError("null cannot be a key")
    return as_text(value)


def _name(expr: Name, scope: Scope) -> object:
    return scope.value(expr.name, expr.span)


def _get_attr(expr: GetAttr, scope: Scope) -> object:
    inner = expr.object
    if inner.__class__ is Name:
        return scope.lookup(inner.name, expr.name, expr.span)
    return element(evaluate(inner, scope), expr.name, expr.span)


def _index(expr: Index, scope: Scope) -> object:
    return element(evaluate(expr.object, scope), evaluate(expr.key, scope), expr.span)


def _splat(expr: Splat, scope: Scope) -> object:
    return _splatted(evaluate(expr.source, scope), expr, scope)


def _splatted(source: object, expr: Splat, scope: Scope) -> object:
    if isinstance(source, Unknown):
        return source
    if source is None:
        return []
    each = source if isinstance(source, list) else [source]
    results = [_steps(value, expr, scope) for value in each]
    return List(results) if isinstance(source, (List, Set)) else results


def _steps(value: object, expr: Splat, scope: Scope) -> object:
    for kind, step in expr.steps:
        if kind == "splat":
            value = _splatted(_inner_source(value, step, scope), step, scope)  # type: ignore[arg-type]
        else:
            key = step if isinstance(step, str) else evaluate(step, scope)
            value = element(value, key, expr.span)
    return value


def _inner_source(value: object, inner: Any, scope: Scope) -> object:
    """What a splat in a splat is of: the value itself, or what its own source says to do to it first."""
    return value if isinstance(inner.source, Name) else evaluate(inner.source, Frame({"": value}, scope))


def _tuple(expr: Tuple, scope: Scope) -> object:
    return [_EVALUATE[item.__class__](item, scope) for item in expr.items]


def _object(expr: Object, scope: Scope) -> object:
    result: dict[str, object] = {}
    for key, value in expr.items:
        name = key.name if isinstance(key, Name) else _blamed(as_text, key, scope)
        if isinstance(name, Unknown):
            return name
        result[name] = _EVALUATE[value.__class__](value, scope)
    return result


def _conditional(expr: Conditional, scope: Scope) -> object:
    condition = _blamed(as_bool, expr.condition, scope)
    if isinstance(condition, Unknown):
        return condition
    chosen, other = (expr.then, expr.otherwise) if condition else (expr.otherwise, expr.then)
    result = evaluate(chosen, scope)
    if result is None or isinstance(result, Unknown) or _same_kind(result, other):
        return result
    try:
        left_out = evaluate(other, scope)
    except EvaluationError:
        return result  # only the chosen one must have a value
    if left_out is None or isinstance(left_out, Unknown):
        return result
    wanted = unify([type_of(result), type_of(left_out)])
    if wanted is None:
        raise EvaluationError("the two results of this ? have types that do not agree", expr.span)
    return convert(result, wanted)


def _same_kind(result: object, other: Expr) -> bool:
    """Whether the other result is written out and of the same kind, so that there is nothing to convert."""
    if isinstance(other, Template):
        return isinstance(result, str) and other.text is not None
    if not isinstance(other, Literal):
        return False
    return other.value is None or type(other.value) is type(result) or (is_number(result) and is_number(other.value))


def _unary(expr: Unary, scope: Scope) -> object:
    if expr.op == "!":
        truth = _blamed(as_bool, expr.operand, scope, expr)
        return truth if isinstance(truth, Unknown) else not truth
    number = _blamed(as_number, expr.operand, scope, expr)
    return number if isinstance(number, Unknown) else -number


def _binary(expr: Binary, scope: Scope) -> object:
    if expr.op in ("&&", "||"):
        left, right = (_blamed(as_bool, side, scope) for side in (expr.left, expr.right))
        return logical(expr.op, left, right)
    if expr.op in ("==", "!="):
        same = equal(evaluate(expr.left, scope), evaluate(expr.right, scope))
        return same if isinstance(same, Unknown) else same == (expr.op == "==")
    first, second = (_blamed(as_number, side, scope) for side in (expr.left, expr.right))
    for number in (first, second):
        if isinstance(number, Unknown):
            return number
    try:
        return numeric(expr.op, first, second)
    except EvaluationError as error:
        error.span = expr.span
        raise


def _call(expr: Call, scope: Scope) -> object:
    return call(expr, scope, evaluate)


_EVALUATE: dict[type, Callable[[Any, Scope], object]] = {
    Literal: _literal,
    Template: _template,
    IfDirective: _if_directive,
    ForDirective: _for_directive,
    Name: _name,
    GetAttr: _get_attr,
    Index: _index,
    Splat: _splat,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Paren: _paren,
}
