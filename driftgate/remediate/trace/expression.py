"""Follows an expression to the literal that gives a value, across locals, variables, modules, loops and functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from driftgate.attribute_path import Steps, same, spell
from driftgate.hcl.ast import (
    Call,
    Conditional,
    Expr,
    For,
    GetAttr,
    Index,
    Name,
    Object,
    Paren,
    Splat,
    Template,
    Tuple,
    Unary,
)
from driftgate.hcl.bare_template import rewrite_bare
from driftgate.hcl.edit import Edit, EditError, apply_edits
from driftgate.hcl.json_edit import json_edits
from driftgate.hcl.rewrite import rewrite
from driftgate.hcl.values import Unknown
from driftgate.remediate.trace.functions import through
from driftgate.remediate.trace.layers import layered
from driftgate.remediate.trace.lists import as_ordered
from driftgate.remediate.trace.loops import differing, loop_variable, through_for, through_splat
from driftgate.remediate.trace.policy_document import TYPE
from driftgate.remediate.trace.site import At, CannotTraceError, Site
from driftgate.remediate.trace.text import TemplateNames
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted, together

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_INTERPOLATED = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


def change(at: At, expr: Expr, wanted: Wanted) -> Change:
    """The edits that make `expr`, evaluated at `at`, give the wanted value. Raises CannotTraceError saying why not."""
    root, path = _traversal(at, expr)
    if path or isinstance(root, Name):
        return _reference(at, root, path, wanted)
    handler = _HANDLERS.get(type(root))
    if handler is not None:
        return handler(at, root, wanted)
    if wanted.steps:
        raise CannotTraceError(f"`{spell(wanted.steps)}` inside `{_shown(at, root)}` is computed")
    return _rewritten(at, root, wanted)


def _rewritten(at: At, expr: Expr, wanted: Wanted) -> Change:
    at.check_editable(expr.span[0])
    if wanted.value is ABSENT:
        raise CannotTraceError("the value is gone", next_step=f"remove it at {at.file.position(expr.span[0])}")
    old = at.value(expr)
    value = as_ordered(old, _kept_kind(old, wanted.value))
    try:
        edits = _edits(at, expr, value)
    except EditError as error:
        raise CannotTraceError(
            f"{at.file.position(expr.span[0])}: {error.message}", next_step=error.next_step
        ) from None
    return Change(at.file.path, at.file.text, tuple(edits), (*wanted.trail, at.file.position(expr.span[0])))


def _edits(at: At, expr: Expr, value: Any) -> list[Edit]:
    """Raises EditError."""
    text, (start, end) = at.file.text, expr.span
    if at.file.path.endswith(".json") and not isinstance(at.site, TemplateNames):
        is_code = not at.file.path.endswith(".tfvars.json")
        if is_code and _INTERPOLATED.search(text, start, end):
            raise EditError("JSON with interpolations", next_step=f"edit it by hand: {at.file.position(start)}")
        edits = json_edits(text[start:end], value, template=is_code)
        return [Edit(edit.start + start, edit.end + start, edit.text) for edit in edits]
    is_bare = isinstance(expr, Template) and (expr.span == (0, len(text)) or (expr.heredoc and expr.text is None))
    if is_bare and isinstance(value, str):
        return rewrite_bare(text, expr, value, at.value)  # type: ignore[arg-type]
    return rewrite(text, expr, value, at.value)


def _kept_kind(old: object, new: object) -> object:
    """A number stays a number and a bool a bool where the provider made text of it."""
    if isinstance(new, str) and isinstance(old, bool) and new in ("true", "false"):
        return new == "true"
    if isinstance(new, str) and isinstance(old, int) and not isinstance(old, bool) and _WHOLE_NUMBER.fullmatch(new):
        return int(new)
    if isinstance(old, str) and isinstance(new, bool):
        return str(new).lower()
    if isinstance(old, str) and isinstance(new, int | float):
        return str(new)
    return new


def _paren(at: At, expr: Paren, wanted: Wanted) -> Change:
    return change(at, expr.inner, wanted.down())


def _whole(at: At, expr: Object | Tuple, wanted: Wanted) -> Change:
    """The smallest edits of what is written out; else what each part that changes comes from."""
    try:
        return _rewritten(at, expr, wanted)
    except CannotTraceError:
        pairs = differing(at.value(expr), wanted.value)
        if not pairs or any(value is ABSENT for _, value in pairs):
            raise
        return together([change(at, expr, wanted.down(steps=(key,), value=value)) for key, value in pairs])


def _object(at: At, expr: Object, wanted: Wanted) -> Change:
    if not wanted.steps:
        return _whole(at, expr, wanted)
    name, rest = str(wanted.steps[0]), wanted.steps[1:]
    for key, item in reversed(expr.items):
        known = key.name if isinstance(key, Name) else at.value(key)
        if isinstance(known, Unknown):
            raise CannotTraceError(f"{at.file.position(key.span[0])}: the key is computed")
        if str(known) == name and (rest or wanted.value is not ABSENT):
            return change(at, item, wanted.down(steps=rest))
    present = at.value(expr)
    if not isinstance(present, dict):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what is in it is not known")
    if wanted.value is ABSENT:
        return _rewritten(at, expr, wanted.down(steps=(), value={k: v for k, v in present.items() if k != name}))
    return _rewritten(at, expr, wanted.down(steps=(), value={**present, name: nested(rest, wanted.value)}))


def nested(steps: Steps, value: object) -> object:
    """The value inside the objects and lists that `steps` lead through."""
    for step in reversed(steps):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _tuple(at: At, expr: Tuple, wanted: Wanted) -> Change:
    if not wanted.steps:
        return _whole(at, expr, wanted)
    step = wanted.steps[0]
    if not isinstance(step, int) or step >= len(expr.items):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: there is no element `{step}`")
    return change(at, expr.items[step], wanted.down(steps=wanted.steps[1:]))


def _template(at: At, expr: Template, wanted: Wanted) -> Change:
    if expr.text is not None and not wanted.steps and expr.span != (0, len(at.file.text)):
        return _rewritten(at, expr, _as_json_text(expr.text, wanted))
    try:
        return _rewritten(at, expr, wanted)
    except CannotTraceError as first:
        return _through_part(at, expr, wanted, first)


def _as_json_text(old: str, wanted: Wanted) -> Wanted:
    """JSON in a string keeps its layout: the cloud hands it out on one line."""
    if not isinstance(wanted.value, str) or "\n" not in old:
        return wanted
    try:
        before, after = json.loads(old), json.loads(wanted.value)
    except ValueError:
        return wanted
    if same(before, after):
        return wanted.down(value=old)
    try:
        return wanted.down(value=apply_edits(old, json_edits(old, after), aligned=False))
    except EditError:
        return wanted


def _through_part(at: At, expr: Template, wanted: Wanted, first: CannotTraceError) -> Change:
    """One interpolation changes and all else stays."""
    worth = [part if isinstance(part, str) else at.value(part) for part in expr.parts]
    if not isinstance(wanted.value, str) or not all(isinstance(part, str | int) for part in worth):
        raise first
    texts = [str(part) for part in worth]
    options = []
    for i, part in enumerate(expr.parts):
        head, tail = "".join(texts[:i]), "".join(texts[i + 1 :])
        fits = wanted.value.startswith(head) and wanted.value.endswith(tail) and len(wanted.value) > len(head + tail)
        if fits and not isinstance(part, str):
            options.append((part, wanted.value[len(head) : len(wanted.value) - len(tail)]))
    if len(options) != 1:
        raise first
    part, value = options[0]
    return change(at, part, wanted.down(value=value, trail=f"part of {at.file.position(expr.span[0])}"))


def _conditional(at: At, expr: Conditional, wanted: Wanted) -> Change:
    condition = at.value(expr.condition)
    if not isinstance(condition, bool):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: the condition is not known")
    return change(at, expr.then if condition else expr.otherwise, wanted.down())


def _call(at: At, expr: Call, wanted: Wanted) -> Change:
    return through(at, expr, wanted, change)


def _unary(at: At, expr: Unary, wanted: Wanted) -> Change:
    """`!x`; a negative number is a literal of its own."""
    if expr.op == "!" and isinstance(wanted.value, bool):
        return change(at, expr.operand, wanted.down(value=not wanted.value))
    return _rewritten(at, expr, wanted)


def _for(at: At, expr: For, wanted: Wanted) -> Change:
    return through_for(at, expr, wanted, change)


def _splat(at: At, expr: Splat, wanted: Wanted) -> Change:
    return through_splat(at, expr, wanted, change)


_HANDLERS: dict[type, Callable[[At, Any, Wanted], Change]] = {
    Paren: _paren,
    Object: _object,
    Tuple: _tuple,
    Template: _template,
    Conditional: _conditional,
    Call: _call,
    For: _for,
    Splat: _splat,
    Unary: _unary,
}


def _traversal(at: At, expr: Expr) -> tuple[Expr, Steps]:
    """`a.b["c"][0]` as its root and steps. Raises CannotTraceError for an index that is not known."""
    steps: list[str | int] = []
    while isinstance(expr, GetAttr | Index):
        if isinstance(expr, GetAttr):
            steps.insert(0, expr.name)
        else:
            key = at.value(expr.key)
            if not isinstance(key, str | int) or isinstance(key, bool):
                raise CannotTraceError(f"{at.file.position(expr.span[0])}: the index is not known")
            steps.insert(0, key)
        expr = expr.object
    return expr, tuple(steps)


def _reference(at: At, root: Expr, path: Steps, wanted: Wanted) -> Change:
    if not isinstance(root, Name):
        return change(at, root, wanted.down(steps=(*path, *wanted.steps)))
    if root.name in at.bound:
        return loop_variable(at, root.name, path, wanted, change)
    if wanted.document is not None and (root.name, *path[:1]) == ("data", TYPE) and isinstance(at.site, Site):
        return wanted.document(at.site, path, wanted)
    return layered(at.site.origins(root.name, path), wanted, change)


def _shown(at: At, expr: Expr) -> str:
    source = " ".join(at.file.text[expr.span[0] : expr.span[1]].split())
    return source if len(source) <= 60 else source[:57] + "…"
