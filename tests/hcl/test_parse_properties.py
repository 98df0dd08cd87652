from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hcl.cases import ACCEPTED
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.hcl.ast import Expr, Literal, Name, Splat, Template, Tuple
from driftgate.hcl.constant import constant
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.parse import parse, parse_expression, parse_template

TEXTS = [path.read_text() for path in sorted((Path(__file__).parent / "corpus").glob("*.tf"))] + list(ACCEPTED.values())
FRAGMENTS = [*'"{}[]()=,.:?!~-+*/%<>&|#$\\\n \t\0aé1\r', "${", "%{", "<<E\n", "E\n", "...", "::", "=>", "for ", "in "]
FRAGMENTS += [
    "if ",
    "/*",
    "*/",
    "[*]",
    ".*",
    ".0",
    "\r\n",
    "null",
    '"x"',
    "&&",
    "$${",
    "~}",
    "1e5",
    "\u0301",
    "²",
    "\ufeff",
]
FRAGMENTS += ["a = 1\n", 'b "c" {\n', "{ for ", "%{ if x }", "%{ endif }", "%{endfor~}", "\\u00e9", "\ud800"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid text with pieces put in and taken out."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["", *FRAGMENTS])) + text[place + draw(st.integers(0, 5)) :]
    return text


NAMES = st.sampled_from(["a", "b_1", "var", "ünï", "c-d"])
QUOTED = st.text(st.sampled_from("ab é\t{}'#~日"), max_size=5).map(lambda text: f'"{text}"')
ATOMS = st.one_of(
    NAMES, QUOTED, st.integers(0, 10**20).map(str), st.sampled_from(["true", "null", "1.5", '"\\n$${x}"'])
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def form(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda texts: pattern.format(*texts))

    return st.one_of(
        form("({} {} {})", inner, OPERATORS, inner),
        form("({})", inner),
        form("!({})", inner),
        form("[{}, {}]", inner, inner),
        form("{{ {} = {}\n  ({}) = {} }}", NAMES, inner, inner, inner),
        form("f({}, {}...)", inner, inner),
        form("a.b[{}].c", inner),
        form("a[*].b[{}]", inner),
        form("(\n{} ? {} # c\n : {})", inner, inner, inner),
        form('"x ${{ {} }} $${{y}}"', inner),
        form('"%{{ if {} }}${{{}}}%{{ else }}z%{{ endif }}"', inner, inner),
        form("[for k, v in {} : v if {}]", inner, inner),
        form("{{ for v in {} : {} => 1 }}", inner, inner),
        form("[<<-E\n  a ${{{}}}\n  E\n, 1]", inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _larger, max_leaves=12)


def nodes(value: object) -> list[Any]:
    """Every node in a tree, but object keys that are bare words and the nameless source of an inner splat."""
    if isinstance(value, tuple):
        return [node for item in value for node in nodes(item)]
    if not hasattr(value, "__dataclass_fields__"):
        return []
    inner = [nodes(getattr(value, name)) for name in value.__dataclass_fields__]
    return [value, *(node for found in inner for node in found)]


def without_spans(value: Any) -> object:
    if isinstance(value, tuple):
        return tuple(map(without_spans, value))
    if not hasattr(value, "__dataclass_fields__"):
        return value
    return (
        type(value).__name__,
        *(without_spans(getattr(value, n)) for n in value.__dataclass_fields__ if n != "span"),
    )


def check_spans(text: str, root: Expr) -> None:
    """Each node's own source, read by itself, is the same node."""
    for node in nodes(root):
        source = text[slice(*node.span)]
        if isinstance(node, (Literal, Template, Splat, Tuple)) and not _inner_splat(node):
            again = parse_expression(source + "\n" * (isinstance(node, Template) and node.heredoc))
            assert without_spans(again) == without_spans(node)
        elif isinstance(node, Name) and node.name:
            assert source == node.name


def _inner_splat(node: object) -> bool:
    return isinstance(node, Splat) and node.source == Name("", (node.span[0], node.span[0]))


@settings(deadline=None)
@given(EXPRESSIONS)
def test_spans_of_generated_expressions(text: str) -> None:
    check_spans(text, parse_expression(text))


@pytest.mark.parametrize("text", TEXTS)
def test_spans_of_real_texts(text: str) -> None:
    todo = [parse(text)]
    while todo:
        body = todo.pop()
        todo.extend(block.body for block in body.blocks)
        for block in body.blocks:
            assert text[block.span[0] :].startswith(block.type)
            assert text[block.span[1] - 1] == "}"
        for attribute in body.attributes.values():
            assert text[slice(*attribute.span)].startswith(attribute.name)
            check_spans(text, attribute.value)


def only_hcl_errors(text: str) -> None:
    for read in (parse, parse_expression, parse_template, parse_json):
        with suppress(HclError):
            read(text)


@settings(deadline=None)
@given(mutated())
def test_parsing_mutated_texts_is_total(text: str) -> None:
    only_hcl_errors(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_parsing_random_fragments_is_total(text: str) -> None:
    only_hcl_errors(text)


@settings(deadline=None)
@given(st.text())
def test_parsing_random_text_is_total(text: str) -> None:
    only_hcl_errors(text)


@settings(deadline=None)
@given(EXPRESSIONS)
def test_evaluating_is_total(text: str) -> None:
    constant(parse_expression(text))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_strings_are_read_as_they_were_written(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    text = f'"{escaped.replace("${", "$${").replace("%{", "%%{")}"'

    # a "$" right before "${" has no plain spelling in HCL
    if "$${" not in value and "%%{" not in value:
        assert constant(parse_expression(text)) == normalize("NFC", value)
