from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.attribute_path import same
from driftgate.drift.paths import differences
from driftgate.finding import Mark

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab.", max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=2), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.text("ab.", min_size=1, max_size=2), VALUES, max_size=4)


def paths(state: Any, live: Any, planned: Any, *whole: str) -> list[str]:
    return [item.path for item in differences(state, live, planned, whole=whole)]


@pytest.mark.parametrize(
    ("state", "live", "planned", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, {"a": 1}, [], id="all the same"),
        pytest.param({"a": {"b": []}}, {"a": {"b": []}}, {"a": {"b": []}}, [], id="nested the same"),
        pytest.param({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, ["a", "b"], id="drift and plan"),
        pytest.param({"a": True}, {"a": 1}, {"a": 1}, ["a"], id="true is not 1"),
        pytest.param({"t": {"N": "x"}}, {"t": {"N": "y"}}, {"t": {"N": "x"}}, ["t.N"], id="map key"),
        pytest.param({"t": {}}, {"t": {"a.b": "y"}}, {"t": {}}, ['t["a.b"]'], id="odd map key"),
        pytest.param({"t": None}, {"t": {}}, {"t": {}}, ["t"], id="null to empty map is one path"),
        pytest.param({"t": None}, {"t": {}}, {"t": {"N": "x"}}, ["t.N"], id="nothing beside a filled map"),
        pytest.param({}, {"a": None}, {"a": None}, ["a"], id="absent is not null"),
        pytest.param({"l": ["a"]}, {"l": ["a", "b"]}, {"l": ["a"]}, ["l"], id="scalars are one path"),
        pytest.param(
            {"v": [{"s": 1, "m": 0}]}, {"v": [{"s": 2, "m": 0}]}, {"v": [{"s": 1, "m": 0}]}, ["v[0].s"], id="one block"
        ),
        pytest.param(
            {"v": [{"s": [{"t": 1}]}]},
            {"v": [{"s": [{"t": 2}]}]},
            {"v": [{"s": [{"t": 2}]}]},
            ["v[0].s[0].t"],
            id="blocks in blocks",
        ),
        pytest.param({"v": []}, {"v": [{"s": 1}]}, {"v": [{"s": 1}]}, ["v"], id="another number of blocks"),
        pytest.param({"v": [{"s": 1}]}, {"v": [{"s": 2}]}, {"v": []}, ["v"], id="one side without the block"),
        pytest.param({"w": [{"s": 1}]}, {"w": [{"s": 2}]}, {"w": [{"s": 1}]}, ["w"], id="kept whole"),
        pytest.param(
            {"t": {"a": 1}}, {"t": {"a": 1}}, {"t": Mark.UNKNOWN}, ["t"], id="a map known after apply is one path"
        ),
        pytest.param(
            {"t": {"a": 1, "b": 1}}, {"t": {"a": 2, "b": 1}}, {"t": Mark.UNKNOWN}, ["t.a", "t.b"], id="but drift in it"
        ),
    ],
)
def test_differences(state: Any, live: Any, planned: Any, expected: list[str]) -> None:
    assert paths(state, live, planned, "w") == expected


def test_differences_carry_all_three_values() -> None:
    [found] = differences({"t": {}}, {"t": {"N": "y"}}, {"t": Mark.UNKNOWN})

    assert (found.state, found.live, found.planned) == (Mark.ABSENT, "y", Mark.UNKNOWN)


@given(OBJECTS, OBJECTS, OBJECTS)
def test_differences_are_none_or_told_apart(state: Any, live: Any, planned: Any) -> None:
    found = list(differences(state, live, planned))

    assert bool(found) is not (same(state, live) and same(live, planned))
    assert len({item.steps for item in found}) == len(found)
    assert all(item.drifted or item.planned_differs for item in found)


@given(OBJECTS, OBJECTS)
def test_every_drifted_attribute_is_found(state: Any, live: Any) -> None:
    found = {item.steps[0] for item in differences(state, live, live)}

    assert found == {
        key for key in state.keys() | live.keys() if not (key in state and key in live and same(state[key], live[key]))
    }
