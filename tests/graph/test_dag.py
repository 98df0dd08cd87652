from __future__ import annotations

from itertools import pairwise

import pytest
from graph.units import units
from hypothesis import given
from hypothesis import strategies as st

from driftgate.graph.dag import dependents, queue

QUEUES = {
    "nothing": ({}, (), ()),
    "one": ({"a": []}, (("a",),), ()),
    "by name inside a level": ({"b": [], "a": [], "c": []}, (("a", "b", "c"),), ()),
    "a chain": ({"app": ["db"], "db": ["net"], "net": []}, (("net",), ("db",), ("app",)), ()),
    "a diamond": (
        {"top": ["l", "r"], "l": ["base"], "r": ["base"], "base": []},
        (("base",), ("l", "r"), ("top",)),
        (),
    ),
    "as early as it can": (
        {"app": ["net"], "dns": [], "net": [], "web": ["app", "dns"]},
        (("dns", "net"), ("app",), ("web",)),
        (),
    ),
    "what is not among the units does not count": ({"a": ["elsewhere"]}, (("a",),), ()),
    "itself does not count": ({"a": ["a"]}, (("a",),), ()),
    "a circle": ({"b": ["a"], "a": ["c"], "c": ["b"], "d": []}, (("d",),), (("a", "c", "b", "a"),)),
    "what waits for a circle is in no level": ({"a": ["b"], "b": ["a"], "c": ["a"]}, (), (("a", "b", "a"),)),
    "two circles": (
        {"a": ["b"], "b": ["a"], "x": ["y"], "y": ["x"]},
        (),
        (("a", "b", "a"), ("x", "y", "x")),
    ),
}


@pytest.mark.parametrize(("edges", "levels", "cycles"), QUEUES.values(), ids=QUEUES)
def test_queue(edges: dict[str, list[str]], levels: object, cycles: object) -> None:
    found = queue(units(edges))

    assert (found.levels, found.cycles) == (levels, cycles)


def test_destroy_is_the_other_way_round() -> None:
    assert queue(units({"app": ["db"], "db": []})).destroy == (("app",), ("db",))


DEPENDENTS = {
    "none": ([], set()),
    "the unit itself": (["app"], {"app"}),
    "and what waits for it": (["net"], {"net", "db", "app"}),
    "an unknown name": (["nope"], set()),
}


@pytest.mark.parametrize(("chosen", "found"), DEPENDENTS.values(), ids=DEPENDENTS)
def test_dependents(chosen: list[str], found: set[str]) -> None:
    assert dependents(units({"app": ["db"], "db": ["net"], "net": [], "dns": []}), chosen) == found


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=4)))
def test_every_unit_stands_behind_all_it_waits_for(edges: dict[str, list[str]]) -> None:
    found = queue(units(edges))

    level = {name: place for place, names in enumerate(found.levels) for name in names}
    for name, waits in edges.items():
        for one in set(waits) - {name}:
            if name in level and one in edges:
                assert level[one] < level[name]
    assert (set(level) == set(edges)) == (not found.cycles)
    for cycle in found.cycles:
        assert cycle[0] == cycle[-1] == min(cycle)
        assert all(after in edges[before] for before, after in pairwise(cycle))
