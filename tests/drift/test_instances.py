from __future__ import annotations

from typing import Any

import pytest
from drift.plan_builder import plan, resource

from driftgate.drift.instances import instances, is_sensitive, overlay
from driftgate.finding import Mark

UNKNOWN = Mark.UNKNOWN


@pytest.mark.parametrize(
    ("value", "unknown", "expected"),
    [
        pytest.param({"a": 1}, {}, {"a": 1}, id="all known"),
        pytest.param({"a": 1}, {"tags": {}, "l": [False]}, {"a": 1}, id="marks of known containers add nothing"),
        pytest.param({"a": 1}, {"b": True}, {"a": 1, "b": UNKNOWN}, id="left out and unknown"),
        pytest.param({}, {"t": {"n": True}}, {"t": {"n": UNKNOWN}}, id="left out, unknown inside"),
        pytest.param(
            {"r": [{"a": 1}, {"a": 2}]},
            {"r": [{}, {"b": True}]},
            {"r": [{"a": 1}, {"a": 2, "b": UNKNOWN}]},
            id="in a list",
        ),
        pytest.param({"r": [1, 2]}, {"r": [True]}, {"r": [UNKNOWN, 2]}, id="a shorter list of marks"),
        pytest.param({"a": 1}, True, UNKNOWN, id="everything"),
        pytest.param(None, {}, None, id="no object"),
    ],
)
def test_overlay(value: Any, unknown: Any, expected: Any) -> None:
    assert overlay(value, unknown) == expected


@pytest.mark.parametrize(
    ("tree", "steps", "expected"),
    [
        pytest.param(False, ("a",), False, id="nothing"),
        pytest.param({"b": True, "l": [{}]}, ("a",), False, id="another attribute"),
        pytest.param({"l": [{"b": True}]}, ("l", 0, "a"), False, id="another in the block"),
        pytest.param({"l": [{}]}, ("l", 3), False, id="beyond the list"),
        pytest.param(True, ("a",), True, id="the whole object"),
        pytest.param({"a": True}, ("a", "b"), True, id="what it stands in"),
        pytest.param({"l": [{"a": True}]}, ("l", 0, "a"), True, id="itself"),
        pytest.param({"l": [{}, {"a": True}]}, ("l",), True, id="something inside"),
        pytest.param({"l": [{"a": True}]}, (), True, id="something in the object"),
    ],
)
def test_is_sensitive(tree: Any, steps: tuple[Any, ...], expected: bool) -> None:
    assert is_sensitive((False, tree), steps) is expected


def test_joins_what_a_plan_says_in_three_places() -> None:
    prior = {
        "values": {
            "root_module": {
                "resources": [
                    {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "values": {"id": "stale"}},
                    {"address": "data.aws_ami.d", "mode": "data", "type": "aws_ami", "values": {}},
                ],
                "child_modules": [
                    {
                        "resources": [
                            {
                                "address": "module.m.aws_vpc.c",
                                "mode": "managed",
                                "type": "aws_vpc",
                                "values": {"id": "c"},
                            },
                            {
                                "address": "module.m.aws_vpc.c",
                                "mode": "managed",
                                "type": "aws_vpc",
                                "deposed_key": "ab",
                                "values": {},
                            },
                        ]
                    }
                ],
            }
        }
    }
    made = plan(
        resource("aws_vpc.b[10]", {"id": "b"}, {"id": "b2"}, actions=[]),
        resource("aws_vpc.b[9]", {"id": "x"}, None, {"n": 1}, unknown={"id": True}),
        resource("aws_vpc.a", {"id": "a"}),
        resource("data.aws_ami.d", {"id": "d"}, planned={"id": "e"}, actions=["read"]),
        prior_state=prior,
    )

    assert [(i.address, i.state, i.live, i.planned, i.missing) for i in instances(made)] == [
        ("aws_vpc.a", {"id": "a"}, {"id": "a"}, {"id": "a"}, False),
        ("aws_vpc.b[9]", {"id": "x"}, None, {"n": 1, "id": UNKNOWN}, True),
        ("aws_vpc.b[10]", {"id": "b"}, {"id": "b2"}, UNKNOWN, False),
        ("module.m.aws_vpc.c", {"id": "c"}, {"id": "c"}, UNKNOWN, False),
    ]
