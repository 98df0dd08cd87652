"""Edits of JSON text that touch only what has another value: in JSON files, and in JSON that stands in a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from driftgate.attribute_path import same
from driftgate.hcl.ast import Expr, Object, Span, Template, Tuple
from driftgate.hcl.edit import Edit, EditError, indent_of, whole_lines
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json_value

HOLE = "\ue000"
"""Stands in the text, character by character, for an interpolation whose value is not to be touched."""
_MARK = "\ue001"
"""Stands in the text of a template for the sign that is doubled in `$${` and `%%{`, which is no part of the value."""
_STRING_OR_HOLE = re.compile(rf'"(?:[^"\\]|\\.)*"|{HOLE}+', re.DOTALL)
_DOUBLED = re.compile(r"([$%])(?=\1\{)")


def json_edits(text: str, value: object, *, template: bool = False) -> list[Edit]:
    """The edits that make JSON `text` mean `value`; a `template` is read, and what is new in it written, with the
    escapes of HCL.

    Raises EditError for what is no JSON, or where a hole would have to change.
    """
    if template:
        text = _DOUBLED.sub(_MARK, text)
    try:
        root = parse_json_value(quoted_holes(text))
    except HclError as error:
        raise EditError(f"no JSON: {error.problem}") from None
    return [_escaped(edit) for edit in _edits(text, root, value)] if template else list(_edits(text, root, value))


def quoted_holes(text: str) -> str:
    """A hole that stands for a whole value, outside of quotes, is read as a string."""
    return _STRING_OR_HOLE.sub(lambda found: found[0] if found[0][0] == '"' else f'"{found[0][2:]}"', text)


def _plain(source: str) -> str:
    return source.replace(_MARK, "")


def _edits(text: str, expr: Expr, value: object) -> Iterator[Edit]:
    if isinstance(expr, Object) and isinstance(value, Mapping):
        yield from _object(text, expr, value)
    elif isinstance(expr, Tuple) and isinstance(value, list):
        yield from _array(text, expr, value)
    elif not _means(text, expr, value):
        if HOLE in text[slice(*expr.span)]:
            raise EditError("an interpolated part of the JSON would have to change")
        yield Edit(*expr.span, _source(text, expr.span[0], value))


def _object(text: str, expr: Object, value: Mapping[str, object]) -> Iterator[Edit]:
    names = [_name(key) for key, _ in expr.items]
    if any(HOLE in name for name in names):
        raise EditError("a key of the JSON is interpolated")
    for name, (_, item) in zip(names, expr.items, strict=True):
        if name in value:
            yield from _edits(text, item, value[name])
    spans = [(key.span[0], item.span[1]) for key, item in expr.items]
    beside = spans[-1][0] if spans else expr.span[0]
    new = [f"{json.dumps(k)}: {_source(text, beside, v)}" for k, v in value.items() if k not in names]
    yield from _members(text, expr.span, spans, [i for i, name in enumerate(names) if name not in value], new)


def _name(key: Expr) -> str:
    return _plain(key.text or "") if isinstance(key, Template) else ""


def _array(text: str, expr: Tuple, value: Sequence[object]) -> Iterator[Edit]:
    """Elements that stay are found by value; what is between them is changed place by place, then taken out or put
    in."""
    spans = [item.span for item in expr.items]
    anchors = [*_common(text, expr.items, value), (len(spans), len(value))]
    gone: list[int] = []
    added: list[tuple[int, Sequence[object]]] = []
    i = j = 0
    for next_i, next_j in anchors:
        paired = min(next_i - i, next_j - j)
        for k in range(paired):
            yield from _edits(text, expr.items[i + k], value[j + k])
        gone += range(i + paired, next_i)
        if j + paired < next_j:
            added.append((i + paired - 1, value[j + paired : next_j]))
        i, j = next_i + 1, next_j + 1
    kept = len(spans) > len(gone)
    new = [_source(text, spans[0][0] if spans else expr.span[0], item) for _, items in added for item in items]
    yield from _members(text, expr.span, spans, gone, [] if kept else new)
    for place, items in added if kept else ():
        yield _inserted(text, spans, place, [_source(text, spans[0][0], item) for item in items])


def _common(text: str, items: Sequence[Expr], value: Sequence[object]) -> list[tuple[int, int]]:
    """The longest row of elements that are in both, in one order: their places here and there."""
    best = [[0] * (len(value) + 1) for _ in range(len(items) + 1)]
    equal = [[_means(text, item, new) for new in value] for item in items]
    for i in reversed(range(len(items))):
        for j in reversed(range(len(value))):
            best[i][j] = best[i + 1][j + 1] + 1 if equal[i][j] else max(best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(items) and j < len(value):
        if equal[i][j] and best[i][j] == best[i + 1][j + 1] + 1:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _inserted(text: str, spans: Sequence[Span], place: int, sources: Sequence[str]) -> Edit:
    """Elements behind the one at `place`, before the first for -1."""
    near = spans[max(place, 0)]
    own_line = not text[text.rfind("\n", 0, near[0]) + 1 : near[0]].strip()
    gap = f",\n{indent_of(text, near[0])}" if own_line else ", "
    if place < 0:
        return Edit(near[0], near[0], "".join(source + gap for source in sources))
    return Edit(near[1], near[1], "".join(gap + source for source in sources))


def _means(text: str, expr: Expr, value: object) -> bool:
    """Whether the JSON says this already; a hole fits anything."""
    source = _plain(text[slice(*expr.span)])
    if HOLE not in source:
        return same(json.loads(source), value)
    if source.startswith(HOLE):
        return True
    if isinstance(expr, Object) and isinstance(value, Mapping):
        pairs = {_name(key): item for key, item in expr.items}
        return pairs.keys() == value.keys() and all(_means(text, pairs[k], v) for k, v in value.items())
    if isinstance(expr, Tuple) and isinstance(value, list):
        return len(expr.items) == len(value) and all(map(lambda e, v: _means(text, e, v), expr.items, value))
    return isinstance(value, str | int | float) and _fits(source, str(value))


def _fits(source: str, value: str) -> bool:
    pattern = "".join(".+" if part.startswith(HOLE) else re.escape(part) for part in re.split(f"({HOLE}+)", source))
    return re.fullmatch(pattern, json.dumps(value, ensure_ascii=False), re.DOTALL) is not None


def _members(text: str, outer: Span, spans: Sequence[Span], gone: Sequence[int], new: Sequence[str]) -> Iterator[Edit]:
    """Members of an object or array taken out and put behind the last, with the commas that JSON wants."""
    kept = [i for i in range(len(spans)) if i not in gone]
    if not kept:
        if gone or new:
            yield Edit(outer[0] + 1, outer[1] - 1, ", ".join(new))
        return
    for i in gone:
        start, end = whole_lines(text, *spans[i])
        if i < kept[-1]:
            yield Edit(start, end, "") if (start, end) != spans[i] else Edit(spans[i][0], spans[i + 1][0], "")
        else:
            yield Edit(spans[i - 1][1], spans[i][1], "")
    if new:
        yield _inserted(text, spans, kept[-1], new)


def _source(text: str, offset: int, value: object) -> str:
    """The JSON of a value; one of several lines where the text around it has several."""
    plain = not isinstance(value, dict | list) or not value or "\n" not in text
    if plain:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{indent_of(text, offset)}")


def _escaped(edit: Edit) -> Edit:
    return Edit(edit.start, edit.end, edit.text.replace("${", "$${").replace("%{", "%%{"))
