from __future__ import annotations

import pytest

from driftgate.hcl.ast import Expr, ForDirective, IfDirective, Name, Template
from driftgate.hcl.parse import parse_expression


def shape(parts: tuple[str | Expr, ...]) -> list[object]:
    """Parts without their spans: names in braces, directives as tuples."""
    return [_shape(part) for part in parts]


def _shape(part: str | Expr) -> object:
    if isinstance(part, str):
        return part
    if isinstance(part, IfDirective):
        return ("if", _shape(part.condition), shape(part.then), shape(part.otherwise))
    if isinstance(part, ForDirective):
        return ("for", part.key, part.value, _shape(part.collection), shape(part.body))
    assert isinstance(part, Name)
    return {part.name}


# Compared with hashicorp/hcl v2.23.0: `~` and `<<-` work on the literal tokens, and a heredoc's are its lines.
PARTS = {
    "nothing to do": ('"a b"', ["a b"]),
    "only an expression": ('"${b}"', [{"b"}]),
    "text around": ('"a ${b} c"', ["a ", {"b"}, " c"]),
    "escapes": (r'"\t\"\\\u00e9\U0001F600$${a}%%{b}"', ['\t"\\é😀${a}%{b}']),
    "dollar before an escape": ('"$$${a}"', ["$${a}"]),
    "no backslash escapes in heredocs": ("<<E\n\\t$${a}\nE\n", ["\\t${a}\n"]),
    "trim left": ('"a ${~ b } c"', ["a", {"b"}, " c"]),
    "trim right": ('"a ${ b ~} c"', ["a ", {"b"}, "c"]),
    "trim to nothing": ('"  ${~ b ~}  "', [{"b"}]),
    "trim stops at the next expression": ('"${ a ~}${ b } c"', [{"a"}, {"b"}, " c"]),
    "trim takes no more than the line's end": ("<<E\n${ a ~}\n  b\nE\n", [{"a"}, "  b\n"]),
    "trim before takes no more than the line's start": ("<<E\nb\n  ${~ a }\nE\n", ["b\n", {"a"}, "\n"]),
    "crlf stays": ("<<E\r\na\r\nE\r\n", ["a\r\n"]),
    "flush": ("<<-E\n    a\n      b\n  E\n", ["a\n  b\n"]),
    "flush with tabs and spaces": ("<<-E\n\t  a\n\t b\nE\n", [" a\nb\n"]),
    "flush ignores blank lines": ("<<-E\n    a\n\n  \n    b\n  E\n", ["a\n\n  \nb\n"]),
    "flush is held by an expression at the margin": ("<<-E\n    a\n${b}\nE\n", ["    a\n", {"b"}, "\n"]),
    "flush moves an indented expression": ("<<-E\n    a\n  ${b}\n  E\n", ["  a\n", {"b"}, "\n"]),
    "flush leaves a line after a trim alone": ("<<-E\n  ${ a ~}\n    b\n  E\n", [{"a"}, "    b\n"]),
    "flush of nothing": ("<<-E\n  E\n", []),
    "if": ('"%{ if a }b%{ endif }"', [("if", {"a"}, ["b"], [])]),
    "if else": ('"%{if a}b%{else}c%{endif}d"', [("if", {"a"}, ["b"], ["c"]), "d"]),
    "for": ('"%{ for k, v in a }${v}%{ endfor }"', [("for", "k", "v", {"a"}, [{"v"}])]),
    "for without a key": ('"%{ for v in a ~} x %{~ endfor }"', [("for", None, "v", {"a"}, ["x"])]),
    "nested": (
        '"%{ for v in a }%{ if v }x%{ else }%{ if b }y%{ endif }%{ endif }%{ endfor }"',
        [("for", None, "v", {"a"}, [("if", {"v"}, ["x"], [("if", {"b"}, ["y"], [])])])],
    ),
}


@pytest.mark.parametrize(("text", "parts"), PARTS.values(), ids=PARTS.keys())
def test_parts(text: str, parts: list[object]) -> None:
    template = parse_expression(text)

    assert isinstance(template, Template)
    assert shape(template.parts) == parts


def test_directive_spans() -> None:
    text = '"a%{ if b }c%{ endif }d"'

    template = parse_expression(text)

    assert isinstance(template, Template)
    directive = template.parts[1]
    assert isinstance(directive, IfDirective)
    assert text[slice(*directive.span)] == "%{ if b }c%{ endif }"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('"a"', "a"),
        ('""', ""),
        ("<<E\na\nE\n", "a\n"),
        ('"${a}"', None),
        ('"a${b}"', None),
        ('"%{if a}%{endif}"', None),
    ],
    ids=["text", "empty", "heredoc", "expression", "mixed", "directive"],
)
def test_text(text: str, plain: str | None) -> None:
    template = parse_expression(text)

    assert isinstance(template, Template)
    assert template.text == plain
