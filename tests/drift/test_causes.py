from __future__ import annotations

from typing import Any

import pytest
from drift.plan_builder import SAME, classes, code, judge, plan, ref, resource

from driftgate.tfexec.plan import Plan

KEY, TOPIC = "aws_kms_key.k", "aws_sns_topic.t"
GONE = resource(KEY, {"arn": "k1"}, None, {}, unknown={"arn": True})
NEW = resource("aws_kms_key.n", None, None, {}, unknown={"arn": True})


def follower(address: str = TOPIC, **change: Any) -> dict[str, Any]:
    """A topic whose key is what it was and will be known after apply."""
    return resource(address, {"key": "k1"}, SAME, {}, unknown={"key": True}, **change)


def reason(made: Plan, address: str = TOPIC) -> tuple[str, str]:
    """Class and reason of the only attribute at the address."""
    [found] = [item for item in judge(made) if item.address == address]
    [attribute] = found.attributes
    return attribute.cls.value, attribute.reason


FOLLOWS = ("computed", f"follows from {KEY}")
PENDING = ("pending", "known after apply")


def root(expression: Any, *blocks: Any, **module: Any) -> dict[str, Any]:
    return {"resources": [*code(aws_sns_topic__t={"key": expression}, aws_kms_key__k={"spec": "s"}), *blocks], **module}


def test_a_reference_to_a_new_resource_is_pending() -> None:
    assert reason(plan(NEW, follower(), root=root(ref("aws_kms_key.n.arn")))) == PENDING


def test_a_reference_to_a_missing_one_follows_from_it() -> None:
    assert reason(plan(GONE, follower(), root=root(ref("aws_kms_key.k.arn")))) == FOLLOWS


def test_a_new_one_beside_the_missing_one_does_not_matter() -> None:
    assert reason(plan(GONE, NEW, follower(), root=root(ref("aws_kms_key.k.arn")))) == FOLLOWS


def test_a_known_value_follows_too() -> None:
    """The plan already has the key's live name; the topic's code did not change."""
    made = [
        resource(KEY, {"name": "a"}, {"name": "b"}),
        resource(TOPIC, {"key": "a"}, SAME, {"key": "b"}),
    ]

    assert reason(plan(*made, root=root(ref("aws_kms_key.k.name")))) == FOLLOWS


def test_but_not_from_an_attribute_that_did_not_drift() -> None:
    made = [
        resource(KEY, {"name": "a", "other": 1}, {"name": "a", "other": 2}),
        resource(TOPIC, {"key": "a"}, SAME, {"key": "b"}),
    ]

    assert reason(plan(*made, root=root(ref("aws_kms_key.k.name")))) == ("pending", "only the code moved")


def test_an_attribute_that_code_changed_upstream_is_pending() -> None:
    upstream = resource(KEY, {"spec": "a", "tags": {}}, {"spec": "a", "tags": {"x": "y"}}, {"spec": "b", "tags": {}})

    assert reason(plan(upstream, follower(), root=root(ref("aws_kms_key.k.spec")))) == PENDING


@pytest.mark.parametrize(
    ("state", "live", "planned", "expected"),
    [
        pytest.param("a", "b", "a", FOLLOWS, id="drift alone makes apply touch the upstream"),
        pytest.param("a", "a", "b", PENDING, id="code alone does"),
    ],
)
def test_a_value_that_an_update_upstream_recomputes(state: str, live: str, planned: str, expected: Any) -> None:
    upstream = resource(
        KEY, *({"spec": value, "v": 1} for value in (state, live)), {"spec": planned}, unknown={"v": True}
    )

    assert reason(plan(upstream, follower(), root=root(ref("aws_kms_key.k.v")))) == expected


def test_goes_through_resources_that_only_follow_themselves() -> None:
    middle = resource("aws_kms_alias.a", {"target": "k1", "arn": "x"}, SAME, {}, unknown={"target": True, "arn": True})
    blocks = code(aws_kms_alias__a={"target": ref("aws_kms_key.k.arn")})

    assert reason(plan(GONE, middle, follower(), root=root(ref("aws_kms_alias.a.arn"), *blocks))) == FOLLOWS
    assert reason(plan(GONE, middle, follower(), root=root(ref("aws_kms_alias.a.target"), *blocks))) == FOLLOWS


def test_goes_through_data_sources() -> None:
    data = [{"address": "data.aws_kms_key.d", "expressions": {"id": ref("aws_kms_key.k.id")}}]

    assert reason(plan(GONE, follower(), root=root(ref("data.aws_kms_key.d.arn"), *data))) == FOLLOWS
    assert reason(plan(GONE, follower(), root=root(ref("data.aws_kms_key.other.arn"), *data))) == PENDING


def test_goes_into_modules_and_out_of_them() -> None:
    inner = {
        "resources": code(aws_sns_topic__t={"key": ref("var.key")}),
        "outputs": {"key": {"expression": ref("var.key")}, "other": {"expression": {"constant_value": 1}}},
    }
    calls = {"module_calls": {"m": {"module": inner, "expressions": {"key": ref("aws_kms_key.k.arn")}}}}
    made = plan(GONE, follower(f"module.m.{TOPIC}"), follower(), root=root(ref("module.m.key"), **calls))
    other = plan(GONE, follower(), root=root(ref("module.m.other"), **calls))
    whole = plan(GONE, follower(), root=root({"references": ["module.m"]}, **calls))

    assert (reason(made, f"module.m.{TOPIC}"), reason(made)) == (FOLLOWS, FOLLOWS)
    assert reason(other) == PENDING
    assert reason(whole) == FOLLOWS


def test_goes_through_each_value() -> None:
    blocks = [
        {"address": TOPIC, "expressions": {"key": ref("each.value")}, "for_each_expression": ref("aws_kms_key.k")}
    ]

    assert reason(plan(GONE, follower(f'{TOPIC}["a"]'), root={"resources": blocks}), f'{TOPIC}["a"]') == FOLLOWS


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("aws_kms_key.k[0].arn", PENDING, id="another index"),
        pytest.param("aws_kms_key.k[1].arn", ("computed", "follows from aws_kms_key.k[1]"), id="its index"),
        pytest.param("aws_kms_key.k", ("computed", "follows from aws_kms_key.k[1]"), id="all of them"),
    ],
)
def test_knows_instances(reference: str, expected: Any) -> None:
    made = [
        resource("aws_kms_key.k[0]", {"arn": "k0"}),
        resource("aws_kms_key.k[1]", {"arn": "k1"}, None, {}, unknown={"arn": True}),
    ]

    assert reason(plan(*made, follower(), root=root({"references": [reference]}))) == expected


def test_stays_inside_one_instance_of_a_module() -> None:
    inner = {"resources": code(aws_sns_topic__t={"key": ref("aws_kms_key.k.arn")})}
    gone, kept = 'module.m["a"]', 'module.m["b"]'
    made = plan(
        resource(f"{gone}.{KEY}", {"arn": "k1"}, None, {}, unknown={"arn": True}),
        resource(f"{kept}.{KEY}", {"arn": "k2"}),
        follower(f"{gone}.{TOPIC}"),
        follower(f"{kept}.{TOPIC}"),
        root={"module_calls": {"m": {"module": inner}}},
    )

    assert reason(made, f"{gone}.{TOPIC}") == ("computed", f"follows from {gone}.{KEY}")
    assert reason(made, f"{kept}.{TOPIC}") == PENDING


def test_a_circle_of_references_ends() -> None:
    blocks = code(aws_a__x={"v": ref("aws_a.y.v")}, aws_a__y={"v": ref("aws_a.x.v")})
    made = [resource(f"aws_a.{name}", {"v": 1}, SAME, {}, unknown={"v": True}) for name in "xy"]

    assert classes(judge(plan(*made, root=blocks))) == {"aws_a.x": {"v": "pending"}, "aws_a.y": {"v": "pending"}}


def test_a_data_source_that_refers_to_itself_ends() -> None:
    data = [{"address": "data.aws_a.d", "expressions": {"v": ref("data.aws_a.d.v")}}]

    assert reason(plan(follower(), root=root(ref("data.aws_a.d.v"), *data))) == PENDING


def test_an_endless_chain_is_given_up() -> None:
    blocks = code(**{f"aws_a__x{n}": {"v": ref(f"aws_a.x{n + 1}.v")} for n in range(300)})
    chain = [resource(f"aws_a.x{n}", {"v": 1}, SAME, {}, unknown={"v": True}) for n in range(300)]
    end = resource("aws_a.x300", {"v": 1}, None, {}, unknown={"v": True})
    found = {item.address: item.cls.value for item in judge(plan(*chain, end, root=blocks))}

    assert found["aws_a.x0"] == "pending"
    assert found["aws_a.x299"] == "computed"


LOCAL = ref("local.key")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param([], PENDING, id="nothing drifted"),
        pytest.param([GONE], FOLLOWS, id="one cause"),
        pytest.param([GONE, NEW], PENDING, id="the code could be the cause"),
        pytest.param(
            [GONE, resource("aws_kms_key.j", {"arn": "j"}, None, {})],
            ("computed", "follows from aws_kms_key.j or aws_kms_key.k"),
            id="two causes",
        ),
        pytest.param(
            [resource(KEY, {"spec": "a"}, {"spec": "b"}, {"spec": "a"}, actions=["delete", "create"])],
            FOLLOWS,
            id="replaced because of drift",
        ),
        pytest.param([resource(KEY, {"spec": "a"}, {"spec": "b"}, {"spec": "a"})], PENDING, id="updated in place"),
    ],
)
def test_a_local_is_followed_only_where_nothing_else_can_be(made: list[Any], expected: Any) -> None:
    assert reason(plan(*made, follower(), root=root(LOCAL))) == expected


def test_a_local_of_a_module_asks_the_module_first() -> None:
    inner = {"outputs": {"key": {"expression": LOCAL}}, "resources": code(aws_kms_key__k={"spec": "s"})}
    module = resource(f"module.m.{KEY}", {"arn": "k1"}, None, {}, unknown={"arn": True})
    made = plan(NEW, module, follower(), root=root(ref("module.m.key"), module_calls={"m": {"module": inner}}))

    assert reason(made) == ("computed", f"follows from module.m.{KEY}")


def test_missing_objects_name_what_is_missing_upstream() -> None:
    topic = resource(TOPIC, {"key": "k1"}, None, {}, unknown={"key": True})
    found = judge(plan(GONE, topic, root=root(ref("aws_kms_key.k.arn"))))

    assert [item.reason for item in found] == [
        "gone from the cloud; apply creates it again",
        f"gone from the cloud; so is {KEY}, which it refers to; apply creates it again",
    ]


def test_a_replacement_that_follows_says_so() -> None:
    made = follower(actions=["delete", "create"], change={"replace_paths": [["key"]]})
    [_, found] = judge(plan(GONE, made, root=root(ref("aws_kms_key.k.arn"))))

    assert found.reason == f"replaced because {KEY} drifted"
