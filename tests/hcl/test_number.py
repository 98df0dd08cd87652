"""Numbers as Terraform 1.11 itself prints them (numbers.json)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.hcl.ast import Span
from driftgate.hcl.evaluate import evaluate
from driftgate.hcl.functions import PURE
from driftgate.hcl.functions.json_text import encode
from driftgate.hcl.number import BITS, Exact, compute, exact, number, rounded, shortest
from driftgate.hcl.parse import parse
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, equal, numeric

PRINTED = json.loads(Path(__file__).with_name("numbers.json").read_text())
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60)


class Functions:
    """Nothing but the pure functions."""

    def lookup(self, root: str, name: str, span: Span) -> object:
        raise AssertionError(root)

    def value(self, name: str, span: Span) -> object:
        raise AssertionError(name)

    def function(self, name: str) -> Function | None:
        return PURE.get(name)


@pytest.mark.parametrize("expression", PRINTED)
def test_what_terraform_prints(expression: str) -> None:
    body = parse(f"x = {expression}\n")

    assert encode(evaluate(body.attributes["x"].value, Functions())) == PRINTED[expression]


@given(FINITE)
def test_a_decimal_stays_a_float(value: float) -> None:
    result = number(exact(value))

    assert float(result) == value
    assert not isinstance(result, Exact)


@given(FINITE, FINITE.filter(bool))
def test_a_quotient_is_the_nearest_of_512_bits(left: float, right: float) -> None:
    wanted = exact(left) / exact(right)
    found = exact(compute("/", left, right))

    assert found == rounded(wanted)
    assert abs(found - wanted) * 2 ** (BITS - 1) <= abs(wanted)


@given(st.integers(1, 10**9), st.integers(3, 10**9))
def test_what_is_printed_is_nearer_than_the_neighbours(left: int, right: int) -> None:
    value = rounded(Fraction(left, right))
    if value.denominator > 1:
        assert rounded(Fraction(shortest(value))) == value


def test_near_is_not_equal() -> None:
    third = numeric("/", 1, 3)

    assert equal(third, numeric("/", 2, 6)) is True
    assert equal(third, 0.3333333333333333) is False
    assert numeric(">", numeric("/", 2, 3), 0.6666666666666666) is True


@pytest.mark.parametrize(("operator", "left", "right"), [("/", 1, 0), ("%", 5, 0), ("*", 10**300, 10**300)])
def test_what_has_no_result(operator: str, left: int, right: int) -> None:
    with pytest.raises(EvaluationError):
        numeric(operator, left, right)
