from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.safety.canonical import canonical

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("tree", "spelled"),
    [
        pytest.param({}, b"{}", id="nothing"),
        pytest.param({"b": [1, None], "a": True}, b'{"a":true,"b":[1,null]}', id="sorted, no spaces"),
        pytest.param("ü\n\udcff", b'"\\u00fc\\n\\udcff"', id="ASCII, even a byte that was no text"),
        pytest.param(12345678901234567890123, b"12345678901234567890123", id="long numbers"),
    ],
)
def test_spelling(tree: object, spelled: bytes) -> None:
    assert canonical(tree) == spelled


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError):
        canonical(float("nan"))


@settings(deadline=None)
@given(TREES)
def test_reading_it_and_spelling_it_again_changes_nothing(tree: object) -> None:
    assert canonical(json.loads(canonical(tree))) == canonical(tree)
