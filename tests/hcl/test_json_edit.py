"""JSON edited in place: what has another value changes, all else stays as it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.hcl.edit import EditError, apply_edits
from driftgate.hcl.json_edit import HOLE, json_edits

TEXT = '{\n  "a": 1,\n  "b": ["x", "y"],\n  "c": {\n    "d": [\n      "1",\n      "2"\n    ]\n  }\n}\n'
VALUE = json.loads(TEXT)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", 'q"', "ä", "${x}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def edited(text: str, value: Any, *, template: bool = False) -> str:
    return apply_edits(text, json_edits(text, value, template=template), aligned=False)


def test_nothing_to_do() -> None:
    assert json_edits(TEXT, VALUE) == []


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        pytest.param({**VALUE, "a": 2}, '"a": 1', '"a": 2', id="a member"),
        pytest.param({**VALUE, "b": ["x", "z"]}, '"y"', '"z"', id="an element"),
        pytest.param({**VALUE, "b": ["y"]}, '"x", ', "", id="an element gone"),
        pytest.param({**VALUE, "b": ["x"]}, ', "y"', "", id="the last element gone"),
        pytest.param({**VALUE, "b": ["x", "y", "z"]}, '"y"', '"y", "z"', id="an element more"),
        pytest.param({**VALUE, "c": {"d": ["1", "2", "3"]}}, '"2"', '"2",\n      "3"', id="an element more, on its line"),
        pytest.param({"b": VALUE["b"], "c": VALUE["c"]}, '  "a": 1,\n', "", id="a member gone"),
        pytest.param({**VALUE, "e": {"f": [1]}}, "    ]\n  }\n", '    ]\n  },\n  "e": {\n    "f": [\n      1\n    ]\n  }\n', id="a member more"),
    ],
)  # fmt: skip
def test_only_what_differs_changes(value: Any, old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert edited(TEXT, value) == TEXT.replace(old, new)


@given(VALUES, VALUES, st.sampled_from([None, 2]))
def test_the_text_means_the_value_afterwards(old: Any, new: Any, indent: int | None) -> None:
    assert json.loads(edited(json.dumps(old, indent=indent), new)) == new


def test_what_stands_for_an_interpolation_fits_anything() -> None:
    text = f'{{"r": "arn:{HOLE * 9}/*", "n": {HOLE * 6}, "a": "get"}}'

    assert edited(text, {"r": "arn:foo/*", "n": "7", "a": "put"}) == text.replace("get", "put")
    with pytest.raises(EditError, match="interpolated part"):
        json_edits(text, {"r": "urn:foo/*", "n": "7", "a": "get"})


def test_a_template_is_escaped() -> None:
    assert edited('{"a": "x"}', {"a": "${y}"}, template=True) == '{"a": "$${y}"}'


ESCAPED = '{"home": "a/$${u}", "$${k}": 1, "p": "%%{if}", "r": "$${u}/HOLE"}'.replace("HOLE", HOLE * 6)
MEANT = {"home": "a/${u}", "${k}": 1, "p": "%{if}", "r": "${u}/x"}


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        pytest.param(MEANT, "", "", id="nothing to do"),
        pytest.param({**MEANT, "home": "b/${u}"}, "a/$${u}", "b/$${u}", id="a text"),
        pytest.param({**MEANT, "${k}": 2}, ": 1", ": 2", id="below an escaped key"),
        pytest.param({k: v for k, v in MEANT.items() if k != "${k}"}, ' "$${k}": 1,', "", id="an escaped key gone"),
        pytest.param({**MEANT, "%{n}": "${v}"}, f'{HOLE}"', f'{HOLE}", "%%{{n}}": "$${{v}}"', id="an escaped key more"),
    ],
)
def test_a_template_is_read_as_it_is_meant(value: Any, old: str, new: str) -> None:
    assert edited(ESCAPED, value, template=True) == ESCAPED.replace(old, new)


def test_text_that_is_no_template_has_no_escapes() -> None:
    assert json_edits('{"a": "$${u}"}', {"a": "$${u}"}) == []
    assert edited('{"a": "$${u}"}', {"a": "${u}"}) == '{"a": "${u}"}'


def test_no_json_is_refused() -> None:
    with pytest.raises(EditError, match="no JSON"):
        json_edits("{", {})
