"""The pieces of a string or heredoc put together: `~` trimming, `<<-` indents, escapes, and nested directives.

The rules are those of HashiCorp's parser (hclsyntax/parser_template.go), which trims and unindents per literal token:
a heredoc's are its lines, so `~}` at a line's end takes the newline and leaves the next line's indent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from unicodedata import normalize

from driftgate.hcl.ast import Expr, ForDirective, IfDirective, Span
from driftgate.hcl.error import HclError
from driftgate.hcl.lex import SPACES
from driftgate.hcl.tokens import Tokens

Part = str | Expr

_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([$%])\4\{')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_DOUBLED = re.compile(r"([$%])\1\{")


@dataclass(frozen=True, slots=True)
class Begin:
    """`%{ if argument }` or `%{ for names in argument }`."""

    keyword: str
    names: tuple[str | None, str]
    argument: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Mark:
    """`%{ else }`, `%{ endif }` or `%{ endfor }`."""

    keyword: str
    span: Span


Piece = str | Expr | Begin | Mark


def quoted_text(raw: str) -> str:
    """What the inside of a quoted string without interpolations stands for, NFC-normalised as HCL's strings are."""
    if "\\" in raw or "{" in raw:
        raw = _ESCAPE.sub(_unescape, raw)
    return raw if raw.isascii() else normalize("NFC", raw)


def heredoc_text(raw: str) -> str:
    """The same for heredocs, which know no backslash escapes."""
    raw = _DOUBLED.sub(r"\1{", raw)
    return raw if raw.isascii() else normalize("NFC", raw)


def _unescape(match: re.Match[str]) -> str:
    letter, short, long, doubled = match.groups()
    if letter:
        return _ESCAPED[letter]
    if doubled:
        return f"{doubled}{{"
    return chr(int(short or long, 16))


def unindent(pieces: list[Piece]) -> list[Piece]:
    """Take the smallest indent of a `<<-` heredoc's lines from each of them; blank lines do not count."""
    indents: dict[int, int] = {}
    line_begins = True
    for place, piece in enumerate(pieces):
        text = piece if isinstance(piece, str) else None
        if line_begins:
            bare = text.lstrip(SPACES) if text is not None else ""
            if text is None:
                indents[place] = 0
            elif bare or not text.endswith("\n"):
                indents[place] = len(text) - len(bare)
        line_begins = text is not None and text.endswith("\n")
    width = min(indents.values(), default=0)
    return [
        piece[width:] if place in indents and isinstance(piece, str) else piece for place, piece in enumerate(pieces)
    ]


def assemble(tokens: Tokens, pieces: list[Piece]) -> tuple[Part, ...]:
    """The parts of a template: neighbouring text melted together, directives nested."""
    melted: list[Piece] = []
    for is_text, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            melted.append("".join(map(str, group)))
        else:
            melted.extend(group)
    return _nest(tokens, [piece for piece in melted if piece != ""])


@dataclass(slots=True)
class _Open:
    """A directive that waits for its end, or (without one) the whole template; `then` is set once `else` was met."""

    begin: Begin | None
    parts: list[Part] = field(default_factory=list)
    then: list[Part] | None = None


def _nest(tokens: Tokens, pieces: list[Piece]) -> tuple[Part, ...]:
    stack = [_Open(None)]
    for piece in pieces:
        if isinstance(piece, Begin):
            stack.append(_Open(piece))
            tokens.check_depth(tokens.depth + len(stack), piece.span[0])
        elif not isinstance(piece, Mark):
            stack[-1].parts.append(piece)
        elif piece.keyword == "else":
            _begin_else(tokens, stack[-1], piece)
        else:
            closed = _close(tokens, stack.pop(), piece)
            stack[-1].parts.append(closed)
    if stack[-1].begin:
        raise _unclosed(tokens, stack[-1].begin)
    return tuple(stack[0].parts)


def _begin_else(tokens: Tokens, opened: _Open, mark: Mark) -> None:
    if not opened.begin or opened.begin.keyword != "if" or opened.then is not None:
        raise tokens.error(mark.span[0], "%{else} belongs to no open %{if}", next_step="remove it")
    opened.then, opened.parts = opened.parts, []


def _close(tokens: Tokens, opened: _Open, mark: Mark) -> IfDirective | ForDirective:
    begin = opened.begin
    if begin is None:
        raise tokens.error(mark.span[0], f"%{{{mark.keyword}}} closes nothing", next_step="remove it")
    if mark.keyword != f"end{begin.keyword}":
        raise _unclosed(tokens, begin)
    span, parts = (begin.span[0], mark.span[1]), tuple(opened.parts)
    if begin.keyword == "for":
        return ForDirective(*begin.names, begin.argument, parts, span)
    if opened.then is None:
        return IfDirective(begin.argument, parts, (), span)
    return IfDirective(begin.argument, tuple(opened.then), parts, span)


def _unclosed(tokens: Tokens, begin: Begin) -> HclError:
    problem, wanted = f"%{{{begin.keyword}}} is never closed", f"add the missing %{{end{begin.keyword}}}"
    return tokens.error(begin.span[0], problem, next_step=wanted)
