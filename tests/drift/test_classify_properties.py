"""What holds for any plan."""

from __future__ import annotations

from typing import Any

from drift.plan_builder import code, judge, plan, resource
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.attribute_path import same
from driftgate.drift.paths import differences
from driftgate.finding import DriftClass, Mark

NAMES = st.sampled_from(["cidr", "dns", "etag", "tags", "tags_all", "policy", "ingress"])
SCALARS = st.sampled_from([None, True, False, 0, 1, "", "a", "b", "1", '{"a": 1}', '{"a":1}'])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
ROOT = code(aws_vpc__main={"cidr": "a", "tags": {"a": "a"}, "policy": "b"})
ADDRESS = "aws_vpc.main"


def made(state: Any, live: Any, planned: Any, address: str = ADDRESS, **named: Any) -> dict[str, Any]:
    return resource(address, state, live, planned, **named)


@given(OBJECTS)
def test_no_drift_and_no_change_is_no_finding(value: Any) -> None:
    assert judge(plan(made(value, value, value), root=ROOT)) == []


@given(OBJECTS, OBJECTS, OBJECTS)
def test_every_difference_has_one_class(state: Any, live: Any, planned: Any) -> None:
    expected = [item.path for item in differences(state, live, planned)]
    found = [a.path for item in judge(plan(made(state, live, planned), root=ROOT)) for a in item.attributes if a.path]

    assert sorted(found) == sorted(expected)


@given(OBJECTS, OBJECTS, OBJECTS)
def test_only_what_drifted_is_drift_and_only_what_the_plan_changes_is_reverted(
    state: Any, live: Any, planned: Any
) -> None:
    for finding in judge(plan(made(state, live, planned), root=ROOT)):
        for attribute in finding.attributes:
            if attribute.cls.is_drift:
                assert not same(attribute.state, attribute.live)
            if attribute.cls is DriftClass.REVERTED_BY_APPLY:
                assert not same(attribute.live, attribute.planned)
            if attribute.cls is DriftClass.OUTSIDE_CODE:
                assert attribute.planned is not Mark.UNKNOWN or not same(attribute.state, attribute.live)


@given(OBJECTS, OBJECTS)
def test_drift_that_the_plan_leaves_alone_is_never_reverted(state: Any, live: Any) -> None:
    findings = judge(plan(made(state, live, live), root=ROOT))

    assert {a.cls for item in findings for a in item.attributes} <= {DriftClass.OUTSIDE_CODE, DriftClass.COMPUTED}


@given(OBJECTS, OBJECTS)
def test_a_plan_without_drift_is_never_drift(live: Any, planned: Any) -> None:
    findings = judge(plan(made(live, live, planned), root=ROOT))

    assert {a.cls for item in findings for a in item.attributes} <= {DriftClass.PENDING, DriftClass.COMPUTED}


@settings(max_examples=30)
@given(st.lists(st.tuples(OBJECTS, OBJECTS, OBJECTS), min_size=2, max_size=4), st.randoms())
def test_order_and_repetition_change_nothing(objects: list[Any], random: Any) -> None:
    entries = [made(*values, address=f"aws_vpc.x[{number}]") for number, values in enumerate(objects)]
    first = judge(plan(*entries, root=ROOT))
    random.shuffle(entries)

    assert judge(plan(*entries, root=ROOT)) == first
