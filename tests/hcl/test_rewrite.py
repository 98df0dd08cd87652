from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.attribute_path import same
from driftgate.hcl.ast import Attribute
from driftgate.hcl.constant import constant
from driftgate.hcl.edit import EditError, apply_edits
from driftgate.hcl.parse import parse
from driftgate.hcl.rewrite import rewrite
from driftgate.hcl.source import source_of


def x_of(text: str) -> Attribute:
    return parse(text).attributes["x"]


def rewritten(text: str, value: object) -> str:
    return apply_edits(text, rewrite(text, x_of(text).value, value, constant))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("x = 1\n", 1.0, id="number"),
        pytest.param('x = ["a", # b\n "c"]\n', ["a", "c"], id="list"),
        pytest.param("x = {a=1,b=[2]}\n", {"b": [2], "a": 1}, id="object, another order"),
        pytest.param('x = "${"a"}b"\n', "ab", id="template"),
        pytest.param("x = (1)\n", 1, id="parentheses"),
        pytest.param("x = <<E\na\nE\n", "a\n", id="heredoc"),
    ],
)
def test_what_means_it_already_stays(text: str, value: object) -> None:
    assert rewritten(text, value) == text


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param("x = 1 # n\n", 2, "x = 2 # n\n", id="number"),
        pytest.param("x = -1\n", 5, "x = 5\n", id="negative number"),
        pytest.param('x = "a"\n', None, "x = null\n", id="to null"),
        pytest.param("x = ( 1 )\n", 2, "x = ( 2 )\n", id="in parentheses"),
        pytest.param('x = "a"\n', "${b}\n", 'x = "$${b}\\n"\n', id="escapes"),
        pytest.param('x = ["a", "b"]\n', ["a", "c"], 'x = ["a", "c"]\n', id="list: one element"),
        pytest.param('x = ["a", "b"]\n', ["a", "b", "c"], 'x = ["a", "b", "c"]\n', id="list: one more at the end"),
        pytest.param('x = ["a", "b"]\n', ["c", "a", "b"], 'x = ["c", "a", "b"]\n', id="list: one more in front"),
        pytest.param('x = ["a", "b"]\n', ["a"], 'x = ["a"]\n', id="list: last gone"),
        pytest.param('x = ["a", "b", "c"]\n', ["b", "c"], 'x = ["b", "c"]\n', id="list: first gone"),
        pytest.param('x = ["a", "b", "c"]\n', ["a"], 'x = ["a"]\n', id="list: two gone at the end"),
        pytest.param('x = ["a", "b"]\n', [], "x = []\n", id="list: all gone"),
        pytest.param("x = []\n", [1], "x = [1]\n", id="list: was empty"),
        pytest.param('x = [\n  "a", # first\n  "b"  # second\n]\n', ["a", "b", "c"], 'x = [\n  "a", # first\n  "b", # second\n  "c",\n]\n', id="lines: one more, no comma before"),
        pytest.param('x = [\n  "a",\n  "b",\n]\n', ["a", "c", "b"], 'x = [\n  "a",\n  "c",\n  "b",\n]\n', id="lines: in the middle"),
        pytest.param('x = [\n  "a",\n]\n', ["z", "a"], 'x = [\n  "z",\n  "a",\n]\n', id="lines: in front"),
        pytest.param('x = [\n  "a", # bye\n  # stays\n  "b",\n]\n', ["b"], 'x = [\n  # stays\n  "b",\n]\n', id="lines: one gone with its comment"),
        pytest.param('x = {\n  a  = 1\n  bb = 2\n}\n', {"a": 1, "bb": 3}, "x = {\n  a  = 1\n  bb = 3\n}\n", id="object: a value"),
        pytest.param('x = {\n  a = 1\n}\n', {"a": 1, "long": 3}, "x = {\n  a    = 1\n  long = 3\n}\n", id="object: a key more, aligned"),
        pytest.param('x = {\n  a   = 1\n  bbb = 2\n}\n', {"a": 1}, "x = {\n  a = 1\n}\n", id="object: a key less, aligned"),
        pytest.param('x = { a = 1, b = 2 }\n', {"b": 2, "c d": 3}, 'x = { b = 2, "c d" = 3 }\n', id="object on one line"),
        pytest.param('x = {}\n', {"a": 1}, "x = {\n  a = 1\n}\n", id="object: was empty"),
        pytest.param('x = { a = 1 }\n', {}, "x = {}\n", id="object: emptied"),
        pytest.param('x = {\n  a = 1\n}\n', {"b": 2}, "x = {\n  b = 2\n}\n", id="object: all other keys"),
        pytest.param('x = {\n  a = ["p", "q"]\n}\n', {"a": ["p"]}, 'x = {\n  a = ["p"]\n}\n', id="nested"),
        pytest.param('x = "${"web"}-a"\n', "web-b", 'x = "${"web"}-b"\n', id="template: the fixed part"),
        pytest.param('x = "a-${ "web" }-b"\n', "c-web-b", 'x = "c-${ "web" }-b"\n', id="template: before"),
        pytest.param("x = <<EOT\na\nb\nEOT\n", "a\nc\n", "x = <<EOT\na\nc\nEOT\n", id="heredoc: a line"),
        pytest.param("x = <<-EOT\n    a\n    b\n  EOT\n", "a\nb\nc\n", "x = <<-EOT\n    a\n    b\n    c\n  EOT\n", id="heredoc: indented"),
        pytest.param("x = <<EOT\na\nEOT\n", "b", 'x = "b"\n', id="heredoc: no line end"),
        pytest.param("x = <<EOT\na\nEOT\n", "EOT\n", 'x = "EOT\\n"\n', id="heredoc: the marker itself"),
        pytest.param("x = <<EOT\na$${b}\nEOT\n", "a${b}\nc\n", "x = <<EOT\na$${b}\nc\nEOT\n", id="heredoc: escaped"),
        pytest.param("x = [\r\n  1,\r\n]\r\n", [1, 2], "x = [\r\n  1,\r\n  2,\r\n]\r\n", id="CRLF"),
    ],
)  # fmt: skip
def test_rewrite(text: str, value: object, expected: str) -> None:
    assert rewritten(text, value) == expected


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        pytest.param("x = upper(var.a)\n", "B", "`upper(var.a)` is no literal", id="call"),
        pytest.param('x = "${var.a}-b"\n', "c-d", "is not known", id="unknown part"),
        pytest.param('x = "${"web"}"\n', "db", "an interpolated part", id="the interpolated part changes"),
        pytest.param('x = "a-${"web"}-b"\n', "c-web-d", "an interpolated part", id="both fixed parts change"),
        pytest.param('x = "a${"b"}"\n', 3, "can only give text", id="template to a number"),
        pytest.param('x = "a ${~ "b"}"\n', "cb", "takes white space off", id="strip marker"),
        pytest.param("x = [var.a]\n", ["b"], "`var.a` is no literal", id="inside a list"),
        pytest.param("x = {(var.k) = 1}\n", {"a": 2}, "is computed", id="computed key"),
    ],
)
def test_what_cannot_be_rewritten_says_why(text: str, value: object, reason: str) -> None:
    with pytest.raises(EditError, match=reason.replace("(", r"\(").replace(")", r"\)")):
        rewritten(text, value)


WORDS = st.sampled_from(["a", "bb", "some-key", "with space", "x${y}", "", "ünï", 'q"q', "back\\slash"])
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**6) | WORDS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=10
)


@st.composite
def layouts(draw: st.DrawFn, value: object, indent: str = "") -> str:
    """Source for `value` in some layout that a person may have chosen."""
    if isinstance(value, list) and value and draw(st.booleans()):
        inner = [draw(layouts(item, indent + "  ")) for item in value]
        comma = draw(st.sampled_from([",", ""]))
        comments = [draw(st.sampled_from(["", " # why", " // c"])) for _ in inner]
        rows = [
            f"{indent}  {item}{',' if i < len(inner) - 1 else comma}{comments[i]}\n" for i, item in enumerate(inner)
        ]
        return "[\n" + "".join(rows) + f"{indent}]"
    if isinstance(value, list):
        return "[" + ", ".join(draw(layouts(item, indent)) for item in value) + "]"
    if isinstance(value, dict) and value:
        pad = draw(st.sampled_from(["", " ", "   "]))
        rows = [f"{indent}  {source_of(k)}{pad} = {draw(layouts(v, indent + '  '))}\n" for k, v in value.items()]
        return "{\n" + "".join(rows) + f"{indent}}}"
    if isinstance(value, str) and value and draw(st.booleans()):
        return f'"{source_of(value)[1:-1]}"'
    return source_of(value)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, object]:
    old, new = draw(VALUES), draw(VALUES)
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = f"# head\nbefore = 1 # one\nx = {draw(layouts(old))}\n\nafter {{\n  y = [1, 2]\n}}\n# tail\n"
    return text.replace("\n", newline), new


@settings(max_examples=600, deadline=None)
@given(cases())
def test_only_the_target_changes_and_it_means_the_new_value(case: tuple[str, object]) -> None:
    text, value = case
    found = rewritten(text, value)
    start, end = x_of(text).value.span
    new_start, new_end = x_of(found).value.span

    assert same(constant(x_of(found).value), value)
    assert found[new_end:] == text[end:]
    assert found[:new_start].split() == text[:start].split()
    assert ("\r\n" in found) == ("\r\n" in text)
