from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.state.splice import (
    Edit,
    drop_elements,
    drop_members,
    insert_elements,
    quoted,
    read_array,
    read_object,
    set_member,
    spliced,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)
LAYOUTS = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"indent": "\t", "ensure_ascii": False}, {"separators": (" , ", " : ")}]
)  # fmt: skip


@given(OBJECTS, LAYOUTS, st.sampled_from(["", " ", "\n\t"]))
def test_spans_of_an_object(value: dict[str, Any], layout: dict[str, Any], around: str) -> None:
    text = around + json.dumps(value, **layout) + around
    found = read_object(text)
    assert text[slice(*found.span)] == text.strip(" \n\t")
    assert {m.name: json.loads(text[slice(*m.value)]) for m in found.members} == value
    assert all(text[slice(*m.whole)].endswith(text[slice(*m.value)]) for m in found.members)


@given(st.lists(VALUES, max_size=5), LAYOUTS)
def test_spans_of_an_array(value: list[Any], layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    found = read_array(text, 0)
    assert (found.span.start, found.span.end) == (0, len(text))
    assert [json.loads(text[slice(*element)]) for element in found.elements] == value


@given(OBJECTS, LAYOUTS, st.text(max_size=3), VALUES)
def test_set_member(value: dict[str, Any], layout: dict[str, Any], name: str, new: Any) -> None:
    text = json.dumps(value, **layout)
    edit = set_member(text, read_object(text), name, json.dumps(new))
    assert json.loads(spliced(text, [edit])) == {**value, name: new}
    assert spliced(text, [edit]) == text[: edit.start] + edit.text + text[edit.end :]


@given(OBJECTS, LAYOUTS, st.data())
def test_drop_members(value: dict[str, Any], layout: dict[str, Any], data: Any) -> None:
    name = data.draw(st.sampled_from([*value, "not there"]))
    text = json.dumps(value, **layout)
    assert json.loads(spliced(text, drop_members(read_object(text), name))) == {
        k: v for k, v in value.items() if k != name
    }


@given(st.lists(VALUES, max_size=6), LAYOUTS, st.sets(st.integers(0, 5)))
def test_drop_elements(value: list[Any], layout: dict[str, Any], dropped: set[int]) -> None:
    dropped = {i for i in dropped if i < len(value)}
    text = json.dumps(value, **layout)
    kept = [item for i, item in enumerate(value) if i not in dropped]
    assert json.loads(spliced(text, drop_elements(read_array(text, 0), dropped))) == kept


@given(st.lists(VALUES, max_size=4), LAYOUTS, st.lists(VALUES, min_size=1, max_size=3), st.data())
def test_insert_elements(value: list[Any], layout: dict[str, Any], new: list[Any], data: Any) -> None:
    after = data.draw(st.integers(0, len(value) - 1)) if value else -1
    text = json.dumps(value, **layout)
    edit = insert_elements(text, read_array(text, 0), after, [json.dumps(item) for item in new])
    assert json.loads(spliced(text, [edit])) == value[: after + 1] + new + value[after + 1 :]


def test_layout_is_kept() -> None:
    text = json.dumps({"a": [{"b": 1}, {"b": 2}]}, indent=2)
    found = read_object(text)
    array = read_array(text, found.members[0].value.start)
    first = read_object(text, array.elements[0].start)
    edits = [
        set_member(text, found, "z", "0"),
        set_member(text, first, "n", '"x"'),
        insert_elements(text, array, 1, ["{}"]),
    ]
    assert spliced(text, edits) == json.dumps({"z": 0, "a": [{"n": "x", "b": 1}, {"b": 2}, {}]}, indent=2)


def test_dropping_all_or_one_leaves_terraforms_layout() -> None:
    text = json.dumps([1, 2, 3], indent=2)
    assert spliced(text, drop_elements(read_array(text, 0), {0, 1, 2})) == "[]"
    assert spliced(text, drop_elements(read_array(text, 0), {0, 1})) == json.dumps([3], indent=2)
    assert spliced(text, drop_elements(read_array(text, 0), {1, 2})) == json.dumps([1], indent=2)
    assert drop_elements(read_array(text, 0), set()) == []


def test_of_duplicate_members_the_last_counts() -> None:
    text = '{"a": 1, "a": 2}'
    found = read_object(text)
    assert spliced(text, [set_member(text, found, "a", "3")]) == '{"a": 1, "a": 3}'
    assert spliced(text, drop_members(found, "a")) == "{}"


def test_long_numbers_and_lone_surrogates_are_passed_over() -> None:
    text = '{"n": ' + "9" * 6000 + ', "d": 1e9999, "s": "\\ud800", "z": 1}'
    assert spliced(text, [set_member(text, read_object(text), "z", "2")]) == text.replace('"z": 1', '"z": 2')


def test_overlapping_edits_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        spliced("abc", [Edit(0, 2, ""), Edit(1, 3, "")])


def test_strings_are_escaped_as_go_does() -> None:
    assert quoted('<a>&"\\\u2028é\n') == '"\\u003ca\\u003e\\u0026\\"\\\\\\u2028é\\n"'
