"""Makes a literal in the source mean another value by the smallest edits: elements of lists, keys of objects, lines
of heredocs, the fixed parts of templates; whatever keeps its value keeps its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from driftgate.attribute_path import same
from driftgate.hcl.ast import Expr, Literal, Name, Object, Paren, Span, Template, Tuple, Unary
from driftgate.hcl.edit import Edit, EditError, indent_of, whole_lines
from driftgate.hcl.heredoc import rewrite_heredoc
from driftgate.hcl.source import escaped, key_source, source_of

Evaluate = Callable[[Expr], object]
"""What an expression is worth where it stands; an `Unknown` where that cannot be told."""


def rewrite(text: str, expr: Expr, value: object, evaluate: Evaluate) -> list[Edit]:
    """The edits that make `expr` mean `value` (JSON-like); none where it does already.

    Raises EditError where `expr` is no literal, or the change is in a part of it that is none.
    """
    if same(evaluate(expr), value):
        return []
    if isinstance(expr, Paren):
        return rewrite(text, expr.inner, value, evaluate)
    if isinstance(expr, Tuple) and isinstance(value, list | tuple):
        return _list(text, expr, value, evaluate)
    if isinstance(expr, Object) and isinstance(value, Mapping):
        return _object(text, expr, value, evaluate)
    if isinstance(expr, Template) and not _is_plain(expr):
        return [_template(text, expr, value, evaluate)]
    if isinstance(expr, Template) and expr.heredoc and isinstance(value, str):
        edit = rewrite_heredoc(text, expr, value)
        if edit is not None:
            return [edit]
    if not isinstance(expr, Literal | Template | Tuple | Object) and not _is_number(expr):
        raise EditError(f"`{_shown(text, expr.span)}` is no literal")
    return [Edit(*expr.span, source_of(value, indent_of(text, expr.span[0])))]


def _list(text: str, expr: Tuple, value: Sequence[object], evaluate: Evaluate) -> list[Edit]:
    old = [evaluate(item) for item in expr.items]
    marks = _Marks()
    blocks = SequenceMatcher(None, [marks(v) for v in old], [marks(v) for v in value], autojunk=False).get_opcodes()
    edits: list[Edit] = []
    for tag, i1, i2, j1, j2 in blocks:
        if tag == "equal":
            continue
        paired = min(i2 - i1, j2 - j1)
        for k in range(paired):
            edits += rewrite(text, expr.items[i1 + k], value[j1 + k], evaluate)
        edits += _removed(text, [item.span for item in expr.items], range(i1 + paired, i2), expr.span)
        edits += _added(text, expr, i1 + paired, value[j1 + paired : j2])
    return edits


class _Marks:
    """A number for each value, the same for equal ones, so that lists of any values can be compared."""

    def __init__(self) -> None:
        self._seen: list[object] = []

    def __call__(self, value: object) -> int:
        for i, seen in enumerate(self._seen):
            if same(seen, value):
                return i
        self._seen.append(value)
        return len(self._seen) - 1


def _object(text: str, expr: Object, value: Mapping[str, object], evaluate: Evaluate) -> list[Edit]:
    names = [_key(key, evaluate, text) for key, _ in expr.items]
    edits: list[Edit] = []
    for name, (_, item) in zip(names, expr.items, strict=True):
        if name in value:
            edits += rewrite(text, item, value[name], evaluate)
    gone = [i for i, name in enumerate(names) if name not in value]
    spans = [_with_parens(text, (key.span[0], item.span[1])) for key, item in expr.items]
    new = {key: item for key, item in value.items() if key not in names}
    if gone and len(gone) == len(names) and new:
        return [Edit(*expr.span, source_of(dict(value), indent_of(text, expr.span[0])))]
    return [*edits, *_removed(text, spans, gone, expr.span), *_new_keys(text, expr, spans, new)]


def _key(key: Expr, evaluate: Evaluate, text: str) -> str:
    if isinstance(key, Name):
        return key.name
    found = evaluate(key)
    if not isinstance(found, str):
        raise EditError(f"the key `{_shown(text, key.span)}` is computed")
    return found


def _removed(text: str, spans: Sequence[Span], gone: Sequence[int], outer: Span) -> Iterator[Edit]:
    """Take items of a list or object out, with their lines where they stand alone, else with one separator."""
    if not gone:
        return
    if len(gone) == len(spans) and all(whole_lines(text, *span) == span for span in spans):
        yield Edit(outer[0] + 1, outer[1] - 1, "")
        return
    for i in gone:
        start, end = whole_lines(text, *spans[i])
        if (start, end) == spans[i]:
            last = all(k in gone for k in range(i, len(spans)))
            start, end = (spans[i - 1][1] if last and i else start, end if last else spans[i + 1][0])
        yield Edit(start, end, "")


def _added(text: str, expr: Tuple, at: int, values: Sequence[object]) -> Iterator[Edit]:
    """Put elements in front of the element number `at`."""
    if not values:
        return
    if not expr.items:
        yield Edit(*expr.span, source_of(list(values), indent_of(text, expr.span[0])))
        return
    before = expr.items[at - 1] if at else None
    anchor = before or expr.items[0]
    indent = indent_of(text, anchor.span[0])
    sources = [source_of(value, indent) for value in values]
    own_line = not text[text.rfind("\n", 0, anchor.span[0]) + 1 : anchor.span[0]].strip()
    if not own_line:
        joined = ", ".join(sources)
        yield (
            Edit(anchor.span[1], anchor.span[1], f", {joined}")
            if before
            else Edit(anchor.span[0], anchor.span[0], f"{joined}, ")
        )
        return
    if before is None:
        line = text.rfind("\n", 0, anchor.span[0]) + 1
        yield Edit(line, line, "".join(f"{indent}{source},\n" for source in sources))
        return
    yield from _after(text, before.span[1], expr.span[1], [f"{indent}{source}," for source in sources])


def _after(text: str, end: int, closer: int, lines: Sequence[str]) -> Iterator[Edit]:
    """Put lines below the item that ends at `end`, which gets the comma that it now needs."""
    rest = text[end : closer - 1]
    comma = rest.lstrip(" \t").startswith(",")
    if not comma:
        yield Edit(end, end, ",")
    stop = text.find("\n", end, closer)
    if stop < 0:
        raise EditError("the list closes on the line of its last element", next_step="edit it by hand")
    yield Edit(stop + 1, stop + 1, "".join(f"{line}\n" for line in lines))


def _new_keys(text: str, expr: Object, spans: Sequence[Span], new: Mapping[str, object]) -> Iterator[Edit]:
    if not new:
        return
    outer = indent_of(text, expr.span[0])
    if not spans:
        yield Edit(*expr.span, source_of(dict(new), outer))
        return
    start, end = spans[-1]
    indent = indent_of(text, start)
    pairs = [f"{key_source(key)} = {source_of(value, indent)}" for key, value in new.items()]
    if "\n" not in text[expr.span[0] : expr.span[1]]:
        yield Edit(end, end, "".join(f", {pair}" for pair in pairs))
        return
    stop = text.find("\n", end, expr.span[1])
    if stop < 0:
        yield Edit(end, end, "".join(f"\n{indent}{pair}" for pair in pairs) + f"\n{outer}")
        return
    yield Edit(stop + 1, stop + 1, "".join(f"{indent}{pair}\n" for pair in pairs))


def _template(text: str, expr: Template, value: object, evaluate: Evaluate) -> Edit:
    """Change the one fixed part of a template that has to change for it to give `value`."""
    if not isinstance(value, str):
        raise EditError(f"`{_shown(text, expr.span)}` can only give text")
    worth = [part if isinstance(part, str) else evaluate(part) for part in expr.parts]
    if not all(isinstance(part, str | int | float) and not isinstance(part, bool) for part in worth):
        raise EditError(f"a part of `{_shown(text, expr.span)}` is not known")
    if expr.heredoc:
        raise EditError("a heredoc with interpolations", next_step="edit it by hand")
    given = [source_of(part) if not isinstance(part, str) else part for part in worth]
    options = set()
    for i, part in enumerate(expr.parts):
        head, tail = "".join(given[:i]), "".join(given[i + 1 :])
        fits = value.startswith(head) and value.endswith(tail) and len(value) >= len(head) + len(tail)
        if isinstance(part, str) and fits:
            options.add((i, value[len(head) : len(value) - len(tail)]))
    if len(options) != 1:
        why = "more than one part" if options else "an interpolated part"
        raise EditError(f"{why} of `{_shown(text, expr.span)}` would have to change")
    (at, new) = options.pop()
    start, end = _part_span(text, expr, at)
    return Edit(start, end, escaped(new))


def _part_span(text: str, expr: Template, at: int) -> Span:
    """Where the text part number `at` of a quoted template stands."""
    before = expr.parts[at - 1] if at else None
    behind = expr.parts[at + 1] if at + 1 < len(expr.parts) else None
    start = expr.span[0] + 1 if before is None else text.index("}", _span(before)[1]) + 1
    end = expr.span[1] - 1 if behind is None else text.rindex("{", 0, _span(behind)[0]) - 1
    if text[start - 2 : start] == "~}" or text[end : end + 3] in ("${~", "%{~"):
        raise EditError("a template that takes white space off", next_step="edit it by hand")
    return start, end


def _span(part: str | Expr) -> Span:
    assert not isinstance(part, str)
    return part.span


def _is_plain(expr: Template) -> bool:
    return expr.text is not None


def _is_number(expr: Expr) -> bool:
    return isinstance(expr, Unary) and expr.op == "-" and isinstance(expr.operand, Literal)


def _with_parens(text: str, span: Span) -> Span:
    """An item whose key is `(k)`: the parenthesis belongs to it."""
    start, end = span
    before = text[:start].rstrip(" \t")
    return (len(before) - 1, end) if before.endswith("(") else span


def _shown(text: str, span: Span) -> str:
    source = " ".join(text[span[0] : span[1]].split())
    return source if len(source) <= 60 else source[:57] + "…"
