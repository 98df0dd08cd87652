"""Keeps `=` and trailing comments of neighbouring lines aligned, as `terraform fmt` does, where an edit disturbed them.

The rule (observed of `terraform fmt` 1.11): lines that follow each other and hold one whole `name = value` form a
group; so do lines that follow each other with a comment behind code.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from driftgate.hcl.ast import Body, Call, Conditional, Expr, Object, Paren, Tuple
from driftgate.hcl.error import HclError
from driftgate.hcl.lex import lex
from driftgate.hcl.parse import KEPT, parse

_BEHIND_CODE = re.compile(r"^[ \t]*(?![ \t]|#|//)[^\n]*?(?:#|//)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as fmt sees it: what is before ` = `, what is from `=` on, the comment behind; "" for what it has not.

    `end` is the line end, and the rest of a heredoc that begins on the line. A line that `opens` a value of several
    lines stands alone: it is aligned with nothing.
    """

    number: int
    lead: str
    assign: str
    comment: str
    end: str
    opens: bool = False

    @property
    def code(self) -> str:
        return self.lead + self.assign

    @property
    def text(self) -> str:
        return self.code + self.comment + self.end


def realign(before: str, after: str, touched: Sequence[tuple[int, int]]) -> str:
    """`after` with the groups that the `touched` spans (of `after`) are in aligned, if all of `before` was aligned."""
    try:
        if not _is_aligned(before):
            return after
        lines = _lines(after)
    except HclError:
        return after  # the caller parses what comes out, and says where it is wrong
    return _aligned(lines, _near(after, touched))


@lru_cache(maxsize=KEPT)
def _is_aligned(text: str) -> bool:
    lines = _lines(text)
    return _aligned(lines, {line.number for line in lines}) == text


def _near(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    """The numbers of the lines that the spans are on or beside."""
    near: set[int] = set()
    for start, end in spans:
        near.update(range(text.count("\n", 0, start) - 1, text.count("\n", 0, end) + 2))
    return near


def _aligned(lines: list[_Line], wanted: Container[int]) -> str:
    lines = [_alone(line) if line.opens and line.number in wanted else line for line in lines]
    for group in _groups(lines, [bool(line.assign) and not line.opens for line in lines], wanted):
        width = max(len(lines[i].lead.rstrip()) for i in group)
        for i in group:
            lines[i] = replace(lines[i], lead=lines[i].lead.rstrip().ljust(width) + " ")
    for group in _groups(lines, [bool(line.comment) for line in lines], wanted):
        width = max(len(lines[i].code.rstrip()) for i in group)
        for i in group:
            lines[i] = replace(lines[i], lead=lines[i].code.rstrip().ljust(width) + " ", assign="")
    return "".join(line.text for line in lines)


def _alone(line: _Line) -> _Line:
    return replace(line, lead=line.lead.rstrip() + " ")


def _groups(lines: list[_Line], members: list[bool], wanted: Container[int]) -> Iterator[range]:
    """The runs of lines that are members and hold a wanted one."""
    start = None
    for i, member in enumerate([*members, False]):
        if member and start is None:
            start = i
        elif not member and start is not None:
            if any(line.number in wanted for line in lines[start:i]):
                yield range(start, i)
            start = None


def _lines(text: str) -> list[_Line]:
    """Every line of the text, split where its `=` and its comment stand. Raises HclError."""
    assigned = {
        text.rfind("\n", 0, name_end) + 1: found for found in _assignments(text, parse(text)) for name_end in found[:1]
    }
    code_ends = _code_ends(text)
    lines: list[_Line] = []
    number, at = 0, 0
    while at < len(text):
        first_end = stop = _line_end(text, at)
        found = assigned.get(at)
        heredoc = found is not None and text.startswith("<<", found[1])
        opens = found is not None and found[2] > stop and not heredoc
        if found is not None and heredoc:  # fmt takes it for one line
            stop = _line_end(text, found[2])
        code = code_ends.get(at, first_end)
        rest = text[code:first_end].strip()
        comment = rest if rest.startswith(("#", "//")) else ""
        whole = text[at:first_end].rstrip("\r\n")
        cut = text.rindex("=", found[0], found[1]) - at if found is not None else len(whole)
        kept = whole[: len(whole) - len(comment)]
        lines.append(_Line(number, kept[:cut], kept[cut:], comment, text[at + len(whole) : stop], opens))
        number += text.count("\n", at, stop)
        at = stop
    return lines


def _line_end(text: str, at: int) -> int:
    """Behind the line end that follows."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _code_ends(text: str) -> dict[int, int]:
    """By the start of a line: where the last token on it ends. Lines inside a heredoc have none.

    Nothing where no line can have a comment behind code: then nobody asks.
    """
    if not _BEHIND_CODE.search(text):
        return {}
    tokens = lex(text)
    ends: dict[int, int] = {}
    for kind, (start, end) in zip(tokens.kinds, tokens.spans, strict=True):
        if kind not in ("NL", "EOF", "TEXT") and end > start:
            ends[text.rfind("\n", 0, start) + 1] = end
    return ends


def _assignments(text: str, body: Body) -> Iterator[tuple[int, int, int]]:
    """Every `name = value` that begins a line: where the name ends, the value starts and ends."""
    for attribute in body.attributes.values():
        start, _ = attribute.span
        yield from _first_on_line(text, start, start + len(attribute.name), attribute.value)
        yield from _inside(text, attribute.value)
    for block in body.blocks:
        yield from _assignments(text, block.body)


def _inside(text: str, value: Expr) -> Iterator[tuple[int, int, int]]:
    """The items of objects somewhere in a value."""
    if isinstance(value, Object):
        for key, item in value.items:
            yield from _first_on_line(text, *key.span, item)
            yield from _inside(text, item)
    for child in _children(value):
        yield from _inside(text, child)


def _first_on_line(text: str, name: int, name_end: int, value: Expr) -> Iterator[tuple[int, int, int]]:
    begins_line = not text[text.rfind("\n", 0, name) + 1 : name].strip(" \t\ufeff")
    if begins_line and "=" in text[name_end : value.span[0]]:
        yield name_end, *value.span


def _children(value: Expr) -> tuple[Expr, ...]:
    if isinstance(value, Tuple):
        return value.items
    if isinstance(value, Call):
        return value.args
    if isinstance(value, Paren):
        return (value.inner,)
    if isinstance(value, Conditional):
        return (value.condition, value.then, value.otherwise)
    return ()
