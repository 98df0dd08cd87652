from __future__ import annotations

import pytest

from driftgate.hcl.edit import (
    Edit,
    EditError,
    append_block,
    append_to_block,
    apply_edits,
    insert_attribute,
    remove_attribute,
    remove_block,
)
from driftgate.hcl.parse import parse


def done(text: str, *edits: Edit) -> str:
    return apply_edits(text, edits)


def block_of(text: str, number: int = 0):  # type: ignore[no-untyped-def]
    return parse(text).blocks[number]


def test_no_edit_is_the_text_itself() -> None:
    assert done("a   =  1\r\n") == "a   =  1\r\n"


def test_the_same_edit_twice_is_done_once() -> None:
    assert done("a = 1\n", Edit(4, 5, "2"), Edit(4, 5, "2")) == "a = 2\n"


def test_edits_of_one_place_are_refused() -> None:
    with pytest.raises(EditError, match="the same place"):
        done("a = 1\n", Edit(0, 5, "x"), Edit(4, 5, "2"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('r "a" {\n  x = 1\n}\n', 'r "a" {\n  x   = 1\n  new = 2\n}\n', id="aligned with the last"),
        pytest.param('r "a" {\n  xxxxx = 1 # c\n\n  n {\n  }\n}\n', 'r "a" {\n  xxxxx = 1 # c\n  new   = 2\n\n  n {\n  }\n}\n', id="before nested blocks"),
        pytest.param('r "a" {\n}\n', 'r "a" {\n  new = 2\n}\n', id="empty"),
        pytest.param('r "a" {}\n', 'r "a" {\n  new = 2\n}\n', id="empty on one line"),
        pytest.param('r "a" { x = 1 }\n', 'r "a" {\n  x   = 1\n  new = 2\n}\n', id="on one line"),
        pytest.param('r "a" {\n  n {\n  }\n}\n', 'r "a" {\n  new = 2\n\n  n {\n  }\n}\n', id="only nested blocks"),
        pytest.param('r "a" {\n  x = [\n    1,\n  ]\n}\n', 'r "a" {\n  x = [\n    1,\n  ]\n  new = 2\n}\n', id="behind a value of several lines"),
        pytest.param('r "a" {\r\n  x = 1\r\n}\r\n', 'r "a" {\r\n  x   = 1\r\n  new = 2\r\n}\r\n', id="CRLF"),
        pytest.param('r "a" {\n  x  =  1\n}\n', 'r "a" {\n  x  =  1\n  new = 2\n}\n', id="a layout of its own stays"),
    ],
)  # fmt: skip
def test_insert_attribute(text: str, expected: str) -> None:
    assert done(text, insert_attribute(text, block_of(text).body, "new", "2", "")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('r "a" {\n  x = 1 # c\n  y = 2\n}\n', 'r "a" {\n  y = 2\n}\n', id="with its line"),
        pytest.param('r "a" {\n  x    = 1\n  long = 2\n  y    = 3\n}\n', 'r "a" {\n  long = 2\n  y    = 3\n}\n', id="aligned"),
        pytest.param('r "a" {\n  x = {\n    k = 1\n  }\n  y = 2\n}\n', 'r "a" {\n  y = 2\n}\n', id="several lines"),
        pytest.param('r "a" { x = 1 }\n', 'r "a" {  }\n', id="on one line"),
    ],
)  # fmt: skip
def test_remove_attribute(text: str, expected: str) -> None:
    assert done(text, remove_attribute(text, block_of(text).body, "x")) == expected


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        pytest.param('a {\n}\n\n# of b\nb {\n}\n\nc {\n}\n', 1, 'a {\n}\n\nc {\n}\n', id="in the middle, with its comment"),
        pytest.param('# head\n\nb {\n}\n\nc {\n}\n', 0, '# head\n\nc {\n}\n', id="a comment apart stays"),
        pytest.param('b {\n}\n\nc {\n}\n', 0, 'c {\n}\n', id="first"),
        pytest.param('a {\n}\n\nb {\n}\n', 1, 'a {\n}\n', id="last"),
        pytest.param('b {\n}\n', 0, '', id="the only one"),
        pytest.param('a {\r\n}\r\n\r\nb {\r\n}\r\n', 1, 'a {\r\n}\r\n', id="CRLF"),
    ],
)  # fmt: skip
def test_remove_block(text: str, number: int, expected: str) -> None:
    assert done(text, remove_block(text, block_of(text, number))) == expected


def test_remove_a_nested_block() -> None:
    text = 'r "a" {\n  x = 1\n\n  n {\n    y = 2\n  }\n\n  m {\n  }\n}\n'
    first, second = block_of(text).body.blocks

    assert done(text, remove_block(text, first)) == 'r "a" {\n  x = 1\n\n  m {\n  }\n}\n'
    assert done(text, remove_block(text, second)) == 'r "a" {\n  x = 1\n\n  n {\n    y = 2\n  }\n}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "b {\n}\n", id="empty file"),
        pytest.param("a {\n}\n", "a {\n}\n\nb {\n}\n", id="behind another"),
        pytest.param("a {\n}", "a {\n}\n\nb {\n}\n", id="no line end"),
        pytest.param("a {\n}\n\n\n", "a {\n}\n\nb {\n}\n", id="too many"),
        pytest.param("a {\r\n}\r\n", "a {\r\n}\r\n\r\nb {\r\n}\r\n", id="CRLF"),
    ],
)
def test_append_block(text: str, expected: str) -> None:
    assert done(text, append_block(text, "b {\n}\n")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('r "a" {\n  x = 1\n}\n', 'r "a" {\n  x = 1\n\n  n {\n    y = 1\n  }\n}\n', id="behind arguments"),
        pytest.param('r "a" {\n}\n', 'r "a" {\n  n {\n    y = 1\n  }\n}\n', id="empty"),
        pytest.param('r "a" {}\n', 'r "a" {\n  n {\n    y = 1\n  }\n}\n', id="on one line"),
        pytest.param('r "a" { x = 1 }\n', 'r "a" {\n  x = 1\n\n  n {\n    y = 1\n  }\n}\n', id="argument on one line"),
    ],
)
def test_append_to_block(text: str, expected: str) -> None:
    assert done(text, append_to_block(text, block_of(text).body, "n {\n  y = 1\n}\n", "")) == expected
