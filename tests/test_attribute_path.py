from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.attribute_path import read_steps, same, spell


@given(st.lists(st.text(min_size=1, max_size=5) | st.integers(0, 9), min_size=1, max_size=4))
def test_spelling_can_be_read_back(steps: list[Any]) -> None:
    assert read_steps(spell(tuple(steps))) == tuple(steps)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True, id="equal trees"),
        pytest.param([True], [1], False, id="true is not 1"),
        pytest.param({"a": False}, {"a": 0}, False, id="false is not 0"),
        pytest.param([1, 2], [2, 1], False, id="order counts"),
        pytest.param(1.0, 1, True, id="1.0 is 1"),
    ],
)
def test_same(left: object, right: object, expected: bool) -> None:
    assert same(left, right) is expected
