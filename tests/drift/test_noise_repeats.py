from __future__ import annotations

from typing import Any

import pytest

from driftgate.attribute_path import Steps
from driftgate.drift.noise.repeats import repeated_map, twin
from driftgate.drift.paths import Difference
from driftgate.finding import Mark


def moved(*steps: str, state: Any = "old", live: Any = "new", planned: Any = Mark.UNKNOWN) -> Difference:
    return Difference(steps, state, live, planned)


@pytest.mark.parametrize(
    ("steps", "others", "expected"),
    [
        pytest.param(("name",), [("tags", "Name")], None, id="no repetition"),
        pytest.param(("tags_all", "Owner"), [], None, id="a default tag on its own"),
        pytest.param(("tags_all", "Owner"), [("tags", "Name")], None, id="another key"),
        pytest.param(("tags_all", "Name"), [("tags", "Name")], "tags.Name", id="the same key"),
        pytest.param(("tags_all",), [("tags",)], "tags", id="the map as a whole"),
        pytest.param(("effective_labels", "a"), [("labels", "a")], "labels.a", id="labels"),
    ],
)
def test_maps(steps: Steps, others: list[Steps], expected: str | None) -> None:
    found = repeated_map(moved(*steps), [moved(*other) for other in others])

    assert (found.path if found else None) == expected


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        pytest.param(moved("value"), True, id="the same texts"),
        pytest.param(moved("value", live="other"), False, id="another live value"),
        pytest.param(moved("value", state="other"), False, id="another state"),
        pytest.param(moved("value", planned="new"), False, id="alike by chance: apply leaves it alone"),
        pytest.param(moved("on", state=True, live=False), False, id="switches are alike by chance"),
    ],
)
def test_twins(difference: Difference, expected: bool) -> None:
    others = [difference, moved("insecure_value"), moved("off", state=True, live=False)]

    assert bool(twin(difference, others)) is expected
