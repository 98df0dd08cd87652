from __future__ import annotations

import pytest
from hcl.cases import ACCEPTED, REJECTED

from driftgate.hcl.ast import (
    Attribute,
    Binary,
    Body,
    Call,
    Conditional,
    Expr,
    For,
    GetAttr,
    Index,
    Literal,
    Name,
    Object,
    Paren,
    Splat,
    Template,
    Tuple,
    Unary,
    line_column,
)
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import LONG, parse, parse_expression, parse_template
from driftgate.hcl.tokens import MAX_CHARACTERS, MAX_DEPTH


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(text: str) -> None:
    assert isinstance(parse(text), Body)


@pytest.mark.parametrize(("text", "place", "problem"), REJECTED.values(), ids=REJECTED.keys())
def test_rejected(text: str, place: str, problem: str) -> None:
    with pytest.raises(HclError) as error:
        parse(text, filename="live/main.tf")

    assert f"{error.value.line}:{error.value.column}" == place
    assert problem in error.value.problem
    assert error.value.message == f"live/main.tf:{place}: {error.value.problem}"
    assert error.value.next_step


def test_error_message_is_one_line_with_the_next_step() -> None:
    with pytest.raises(HclError) as error:
        parse('# c\nresource "a" "b" {\n  x = 1\n  x = 2\n}\n', filename="live/app/main.tf")

    assert str(error.value) == 'live/app/main.tf:4:3: "x" is set a second time: remove it here or on line 3'


def test_error_without_a_file_name() -> None:
    with pytest.raises(HclError, match=r"^<hcl>:1:4: expected"):
        parse("a b\n")


TREES = {
    "name": ("a", Name("a", (0, 1))),
    "integer": ("12", Literal(12, (0, 2))),
    "fraction": ("1.5e1", Literal(15.0, (0, 5))),
    "true": ("true", Literal(True, (0, 4))),
    "null": ("null", Literal(None, (0, 4))),
    "string": ('"a\\n"', Template(("a\n",), (0, 5))),
    "empty string": ('""', Template((), (0, 2))),
    "template": ('"a${b}"', Template(("a", Name("b", (4, 5))), (0, 7))),
    "heredoc": ("<<E\na\nb\nE\n", Template(("a\nb\n",), (0, 9), heredoc=True)),
    "attribute": ("a.b", GetAttr(Name("a", (0, 1)), "b", (0, 3))),
    "index": ("a[b]", Index(Name("a", (0, 1)), Name("b", (2, 3)), (0, 4))),
    "legacy index": ("a.0", Index(Name("a", (0, 1)), Literal(0, (2, 3)), (0, 3))),
    "full splat": (
        "a[*].b[0]",
        Splat(Name("a", (0, 1)), (("attr", "b"), ("index", Literal(0, (7, 8)))), True, (0, 9)),
    ),
    "attribute-only splat ends at brackets": (
        "a.*.b[0]",
        Index(Splat(Name("a", (0, 1)), (("attr", "b"),), False, (0, 5)), Literal(0, (6, 7)), (0, 8)),
    ),
    "splat in a splat is done to each element": (
        "a[*].b[*].c",
        Splat(
            Name("a", (0, 1)),
            (("attr", "b"), ("splat", Splat(Name("", (6, 6)), (("attr", "c"),), True, (6, 11)))),
            True,
            (0, 11),
        ),
    ),
    "call": ("f(a, b...)", Call("f", (Name("a", (2, 3)), Name("b", (5, 6))), True, (0, 10))),
    "namespaced call": ("p::q::f()", Call("p::q::f", (), False, (0, 9))),
    "product before sum": (
        "1+2*3",
        Binary("+", Literal(1, (0, 1)), Binary("*", Literal(2, (2, 3)), Literal(3, (4, 5)), (2, 5)), (0, 5)),
    ),
    "left to right": (
        "1-2-3",
        Binary("-", Binary("-", Literal(1, (0, 1)), Literal(2, (2, 3)), (0, 3)), Literal(3, (4, 5)), (0, 5)),
    ),
    "and before or, comparison before both": (
        "a||b&&c==d",
        Binary(
            "||",
            Name("a", (0, 1)),
            Binary("&&", Name("b", (3, 4)), Binary("==", Name("c", (6, 7)), Name("d", (9, 10)), (6, 10)), (3, 10)),
            (0, 10),
        ),
    ),
    "minus takes the whole traversal": ("-a.b", Unary("-", GetAttr(Name("a", (1, 2)), "b", (1, 4)), (0, 4))),
    "conditional": (
        "a ? b : c",
        Conditional(Name("a", (0, 1)), Name("b", (4, 5)), Name("c", (8, 9)), (0, 9)),
    ),
    "parentheses": ("( a )", Paren(Name("a", (2, 3)), (0, 5))),
    "list": ("[a, 1,]", Tuple((Name("a", (1, 2)), Literal(1, (4, 5))), (0, 7))),
    "object": ("{null = 1}", Object(((Name("null", (1, 5)), Literal(1, (8, 9))),), (0, 10))),
    "for list": (
        "[for v in a : v if b]",
        For(None, "v", Name("a", (10, 11)), None, Name("v", (14, 15)), Name("b", (19, 20)), False, (0, 21)),
    ),
    "for object": (
        "{for k, v in a : k => v...}",
        For("k", "v", Name("a", (13, 14)), Name("k", (17, 18)), Name("v", (22, 23)), None, True, (0, 27)),
    ),
    "lines mean nothing in an expression": ("a\n.b", GetAttr(Name("a", (0, 1)), "b", (0, 4))),
}


@pytest.mark.parametrize(("text", "tree"), TREES.values(), ids=TREES.keys())
def test_expression_tree(text: str, tree: Expr) -> None:
    assert parse_expression(text) == tree


def test_expression_ends() -> None:
    with pytest.raises(HclError, match='expected the end of the expression, found "b"'):
        parse_expression("a b")


def test_body_tree() -> None:
    text = 'a = 1\nb "c" d {\n  e { f = 2 }\n}\n'

    body = parse(text)

    assert body.attributes == {"a": Attribute("a", Literal(1, (4, 5)), (0, 5))}
    (block,) = body.blocks
    assert (block.type, block.labels) == ("b", ("c", "d"))
    assert text[slice(*block.span)] == 'b "c" d {\n  e { f = 2 }\n}'
    assert text[slice(*block.body.span)] == "\n  e { f = 2 }\n"
    (inner,) = block.body.blocks_of("e")
    assert text[slice(*inner.span)] == "e { f = 2 }"
    assert text[slice(*inner.body.attributes["f"].span)] == "f = 2"
    assert body.span == (0, len(text))


def test_spans_count_the_characters_of_the_text_as_it_is() -> None:
    text = '\ufeff# ü\r\na = "é"\r\n'

    attribute = parse(text).attributes["a"]

    assert text[slice(*attribute.span)] == 'a = "é"'
    assert line_column(text, attribute.span[0]) == (2, 1)


def test_strings_are_normalised_and_names_are_not() -> None:
    body = parse('e\u0301 = "e\u0301"\nf = <<E\ne\u0301\nE\n')

    assert list(body.attributes) == ["e\u0301", "f"]
    assert body.attributes["e\u0301"].value.parts == ("\u00e9",)
    assert body.attributes["f"].value.parts == ("\u00e9\n",)


def test_template_without_quotes() -> None:
    text = '<<-"a" ${b}\n\n $${c} \\n'

    assert parse_template(text) == Template(('<<-"a" ', Name("b", (9, 10)), "\n\n ${c} \\n"), (0, len(text)))


def test_template_without_quotes_that_is_not_closed() -> None:
    with pytest.raises(HclError, match=r'x\.tftpl:2:1: "\$\{" is never closed'):
        parse_template("a\n${b", filename="x.tftpl")


DEEP = {
    "lists": ("[", "]", "1"),
    "parentheses": ("(", ")", "1"),
    "objects": ("{a=", "}", "1"),
    "calls": ("f(", ")", ""),
    "operators": ("1||1&&1==1<1+1*(", ")", "1"),
    "conditionals": ("a ? b : ", "", "c"),
    "conditions": ("a ? ", " : b", "c"),
    "signs": ("-", "", "1"),
    "indexes": ("a[", "]", "1"),
    "splats": ("a[*][", "]", "1"),
    "strings": ('"${', '}"', "1"),
    "directives": ('"%{ if a }', '%{ endif }"', "x"),
    "fors": ("[for a in ", " : a]", "b"),
}


@pytest.mark.parametrize(("begin", "end", "middle"), DEEP.values(), ids=DEEP.keys())
def test_hostile_nesting_is_an_error_of_the_source(begin: str, end: str, middle: str) -> None:
    for depth in (MAX_DEPTH + 1, 5_000):
        with pytest.raises(HclError):
            parse(f"a = {begin * depth}{middle}{end * depth}\n")


@pytest.mark.parametrize(("begin", "end", "middle"), DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_that_is_taken(begin: str, end: str, middle: str) -> None:
    if begin.startswith('"%{'):
        begin, end = begin[1:], end[:-1]
        middle = f'"{begin * 40}{middle}{end * 40}"'
        begin = end = ""

    assert parse(f"a = {begin * 40}{middle}{end * 40}\n").attributes


def test_hostile_nesting_of_blocks_and_splats() -> None:
    for text in ("a {\n" * 5_000 + "}\n" * 5_000, "a = b" + "[*]" * 5_000 + "\n", "[" * 100_000):
        with pytest.raises(HclError):
            parse(text)


def test_long_chains_are_not_nesting() -> None:
    assert parse("a = b" + ".c" * 50_000 + "\n").attributes
    assert parse("a = 1" + " + 1" * 50_000 + "\n").attributes


@pytest.mark.parametrize(
    "text",
    ['a = "' + "x$" * 50_000, "/*" + "*" * 100_000, 'a = "' + "\\\\" * 50_000, "a = <<E\n" + "$" * 100_000 + "\n"],
    ids=["string", "comment", "escapes", "heredoc"],
)
def test_no_input_makes_the_lexer_explode(text: str) -> None:
    with pytest.raises(HclError):
        parse(text)


def test_texts_that_are_too_large() -> None:
    with pytest.raises(HclError, match="are more than the"):
        parse(" " * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize("digits", ["9" * 5_000, "1e999"], ids=["digits", "exponent"])
def test_numbers_that_are_too_large(digits: str) -> None:
    with pytest.raises(HclError, match="too large"):
        parse(f"a = {digits}\n")


@pytest.mark.parametrize("name", ["a.tf", "b.tf"])
def test_a_text_that_was_seen_before_is_blamed_on_its_own_file(name: str) -> None:
    with pytest.raises(HclError, match=f"{name}:1:5"):
        parse("x = =\n", filename=name)


@pytest.mark.parametrize(("length", "kept"), [(100, True), (LONG + 1, False)], ids=["short", "long"])
def test_the_body_of_a_long_text_is_not_kept_in_memory(length: int, kept: bool) -> None:
    text = "a = 1 #".ljust(length, ".")

    assert (parse(text) is parse(text)) == kept
    assert parse(text) == parse(text)
