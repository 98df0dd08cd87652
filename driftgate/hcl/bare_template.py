"""Templates without quotes - heredocs and template files - given another text: only their fixed parts may change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from driftgate.hcl.ast import Expr, ForDirective, IfDirective, Span, Template
from driftgate.hcl.edit import Edit, EditError
from driftgate.hcl.json_edit import HOLE, json_edits, quoted_holes

Evaluate = Callable[[Expr], object]
_BY_HAND = "edit it by hand"


def rewrite_bare(text: str, expr: Template, value: str, evaluate: Evaluate) -> list[Edit]:
    """The edits of `text` that make the heredoc, or the template that is all of the text, give `value`.

    What an interpolation gives need not be known. JSON keeps its layout. Raises EditError.
    """
    value = value.replace("\r\n", "\n")  # what is written has the line ends of the file
    body = _body(text, expr)
    holes = [_hole(text, part) for part in expr.parts if not isinstance(part, str)]
    values = [evaluate(part) for part in expr.parts if not isinstance(part, str)]
    try:
        return _json(text, body, holes, value)
    except ValueError:
        pass
    known = {span: str(v) for span, v in zip(holes, values, strict=True) if isinstance(v, str | int)}
    return _lines(text, body, holes, known, value, flush=text.startswith("<<-", expr.span[0]))


def _body(text: str, expr: Template) -> Span:
    if not expr.heredoc:
        return 0, len(text)
    start, end = expr.span
    source = text[start:end].rstrip("\r\n")
    return text.index("\n", start) + 1, start + source.rindex("\n") + 1


def _hole(text: str, part: Expr) -> Span:
    """Where an interpolation stands, with its `${` and `}`."""
    if isinstance(part, IfDirective | ForDirective):
        raise EditError("a template with directives", next_step=_BY_HAND)
    start, end = text.rindex("${", 0, part.span[0]), text.index("}", part.span[1]) + 1
    if text.startswith("${~", start) or text[end - 2] == "~":
        raise EditError("a template that takes white space off", next_step=_BY_HAND)
    return start, end


def _json(text: str, body: Span, holes: Sequence[Span], value: str) -> list[Edit]:
    """Raises ValueError where one of the two is no JSON."""
    new = json.loads(value)
    if not isinstance(new, dict | list):
        raise ValueError("no JSON document")
    start, end = body
    source = text[:end]
    for first, last in holes:
        source = source[:first] + HOLE * (last - first) + source[last:]
    json.loads(quoted_holes(source[start:end]))
    return [Edit(e.start + start, e.end + start, e.text) for e in json_edits(source[start:end], new, template=True)]


def _lines(
    text: str, body: Span, holes: Sequence[Span], known: dict[Span, str], value: str, *, flush: bool
) -> list[Edit]:
    """Lines that are as they were at both ends stay, those between are changed: part by part, or as a whole."""
    start, end = body
    spans = _line_spans(text, start, end)
    wanted = value.splitlines(keepends=True)
    indent = _indent([text[a:b] for a, b in spans]) if flush else ""
    patterns = [_pattern(text, span, holes, known, indent) for span in spans]
    head = _common(patterns, wanted)
    tail = min(_common(patterns[::-1], wanted[::-1]), len(spans) - head, len(wanted) - head)
    middle, new = spans[head : len(spans) - tail], wanted[head : len(wanted) - tail]
    if len(middle) == len(new):
        return [edit for span, line in zip(middle, new, strict=True)
                for edit in _line(text, span, holes, known, line, indent)]  # fmt: skip
    if any(a <= hole[0] < b for a, b in middle for hole in holes):
        raise EditError("lines with an interpolation would have to change", next_step=_BY_HAND)
    at = middle[0][0] if middle else spans[head][0] if head < len(spans) else end
    return [Edit(at, middle[-1][1] if middle else at, "".join(_escaped(line, indent) for line in new))]


def _line_spans(text: str, start: int, end: int) -> list[Span]:
    spans = []
    for line in text[start:end].splitlines(keepends=True):
        spans.append((start, start + len(line)))
        start += len(line)
    return spans


def _pattern(text: str, span: Span, holes: Sequence[Span], known: dict[Span, str], indent: str) -> re.Pattern[str]:
    pieces = _pieces(text, span, holes, indent)
    return re.compile("".join(re.escape(_plain(p)) if isinstance(p, str) else _gives(p, known) for p in pieces), re.S)


def _gives(hole: Span, known: dict[Span, str]) -> str:
    return re.escape(known[hole]) if hole in known else ".+?"


ANYTHING = "(.+?)"


def _pieces(text: str, span: Span, holes: Sequence[Span], indent: str) -> list[str | Span]:
    """A line's fixed parts (as in the source) and holes in turn; the first and last are fixed parts."""
    at, end = span
    at += len(indent) if text.startswith(indent, at) else 0
    pieces: list[str | Span] = []
    for hole in holes:
        if at <= hole[0] < end:
            pieces += [text[at : hole[0]], hole]
            at = hole[1]
    return [*pieces, text[at:end].replace("\r\n", "\n")]


def _line(text: str, span: Span, holes: Sequence[Span], known: dict[Span, str], new: str, indent: str) -> list[Edit]:
    """One line: the one fixed part of it that has to change."""
    pieces = _pieces(text, span, holes, indent)
    begin = span[0] + (len(indent) if text.startswith(indent, span[0]) else 0)
    places = [begin, *(piece[1] for piece in pieces if not isinstance(piece, str))]
    parts = ["(" + (re.escape(_plain(p)) if isinstance(p, str) else _gives(p, known)) + ")" for p in pieces]
    if re.fullmatch("".join(parts), new, re.DOTALL):
        return []
    options = []
    for i in range(0, len(pieces), 2):
        changed = _instead(parts, i, _plain(str(pieces[i])), new)
        if changed is not None:
            options.append((i, changed))
    if len(options) != 1:
        raise EditError("an interpolated part, or more than one part of a line, would have to change")
    i, changed = options[0]
    start = places[i // 2]
    return [Edit(start, start + len(_raw(text, start, str(pieces[i]))), _escaped(changed, ""))]


def _instead(parts: Sequence[str], i: int, old: str, new: str) -> str | None:
    """What fixed part `i` has to be; beside what is not known as much of it stays as can."""
    head, tail = "".join(parts[:i]), "".join(parts[i + 1 :])
    before, behind = (i > 0 and parts[i - 1] == ANYTHING), (i + 1 < len(parts) and parts[i + 1] == ANYTHING)
    for start in reversed(range(len(old) + 1 if before else 1)):
        for end in range(start if behind else len(old), len(old) + 1):
            kept = f"({re.escape(old[:start])}.*{re.escape(old[end:])})"
            found = re.fullmatch(f"{head}{kept}{tail}", new, re.DOTALL)
            if found:
                return found[i + 1]
    return None


def _raw(text: str, start: int, piece: str) -> str:
    """A fixed part as it stands in the text, whose line ends may be those of DOS."""
    return piece if text.startswith(piece, start) else piece.replace("\n", "\r\n")


def _common(patterns: Sequence[re.Pattern[str]], lines: Sequence[str]) -> int:
    count = 0
    while count < min(len(patterns), len(lines)) and patterns[count].fullmatch(lines[count]):
        count += 1
    return count


def _indent(lines: Sequence[str]) -> str:
    widths = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    return " " * min(widths, default=0)


def _plain(source: str) -> str:
    return source.replace("$${", "${").replace("%%{", "%{")


def _escaped(line: str, indent: str) -> str:
    text = line.replace("${", "$${").replace("%{", "%%{")
    return indent + text if line.strip() else text
