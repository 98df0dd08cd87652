from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.hcl.constant import constant
from driftgate.hcl.parse import parse_expression
from driftgate.hcl.source import source_of


@pytest.mark.parametrize(
    ("value", "source"),
    [
        pytest.param(None, "null", id="null"),
        pytest.param(True, "true", id="bool"),
        pytest.param(80, "80", id="int"),
        pytest.param(10**30, "1" + "0" * 30, id="big int"),
        pytest.param(0.5, "0.5", id="float"),
        pytest.param(2.0, "2", id="whole float"),
        pytest.param(1e-7, "0.0000001", id="no exponent"),
        pytest.param("", '""', id="empty string"),
        pytest.param('a "b" \\ c\n', '"a \\"b\\" \\\\ c\\n"', id="escapes"),
        pytest.param("${x} %{y} $z", '"$${x} %%{y} $z"', id="templates stay text"),
        pytest.param("$${x}", '"$$${x}"', id="what looks escaped"),
        pytest.param("a\x01\U0010ffff", '"a\\u0001\\U0010ffff"', id="unprintable"),
        pytest.param([], "[]", id="empty list"),
        pytest.param([1, "a"], '[1, "a"]', id="list"),
        pytest.param(["x" * 40, "y" * 40], f'[\n  "{"x" * 40}",\n  "{"y" * 40}",\n]', id="long list"),
        pytest.param({}, "{}", id="empty object"),
        pytest.param({"a": 1, "long-name": 2}, "{\n  a         = 1\n  long-name = 2\n}", id="aligned"),
        pytest.param({"a": 1, "b": {"c": 1}, "long": 2, "e f": 3}, '{\n  a = 1\n  b = {\n    c = 1\n  }\n  long  = 2\n  "e f" = 3\n}', id="a value of several lines parts the groups"),
    ],
)  # fmt: skip
def test_source(value: object, source: str) -> None:
    assert source_of(value) == source


def test_later_lines_are_indented() -> None:
    assert source_of({"a": [1]}, "    ") == "{\n      a = [1]\n    }"


def test_what_has_no_literal() -> None:
    with pytest.raises(TypeError, match="bytes"):
        source_of(b"x")


TEXT = st.text(st.one_of(st.sampled_from("${%}\\\"'\n\r\t ~a"), st.characters(exclude_categories=("Cs",))), max_size=20)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(-1e15, 1e15, allow_nan=False).filter(
    lambda f: f == 0 or abs(f) > 1e-9
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_source_means_the_value(value: object) -> None:
    assert _normal(constant(parse_expression(source_of(value)))) == _normal(value)


def _normal(value: object) -> object:
    """As HCL has them: one kind of numbers, text in NFC."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", key): _normal(item) for key, item in value.items()}
    return value
