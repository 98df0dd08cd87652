from __future__ import annotations

from typing import Any

import pytest
from drift.plan_builder import SAME, classes, judge, plan, resource

from driftgate.drift.noise.links import MIRRORS

RULE: dict[str, Any] = {
    "protocol": "tcp",
    "from_port": 443,
    "to_port": 443,
    "cidr_blocks": ["10.0.0.0/16"],
    "ipv6_cidr_blocks": [],
    "prefix_list_ids": [],
    "security_groups": [],
    "self": False,
    "description": "",
}
WORLD = RULE | {"from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
CHILD = {
    "security_group_id": "sg-1",
    "ip_protocol": "tcp",
    "from_port": 443,
    "to_port": 443,
    "cidr_ipv4": "10.0.0.0/16",
}
CHILD_ADDRESS = "aws_vpc_security_group_ingress_rule.https"


def group(state: list[Any], live: list[Any], planned: Any = SAME) -> dict[str, Any]:
    def body(rules: Any) -> Any:
        return rules if rules is SAME else {"id": "sg-1", "ingress": rules}

    return resource("aws_security_group.web", body(state), body(live), body(planned))


def child(live: Any = SAME, **values: Any) -> dict[str, Any]:
    return resource(CHILD_ADDRESS, CHILD | values, live)


def ingress(*resources: Any) -> tuple[str, str, Any, Any]:
    """Class, reason, state and live value of the group's ingress."""
    [found] = [item for item in judge(plan(*resources)) if item.address == "aws_security_group.web"]
    [attribute] = found.attributes
    return attribute.cls.value, attribute.reason, attribute.state, attribute.live


def test_rules_that_children_explain_are_computed() -> None:
    cls, reason, _, live = ingress(group([], [RULE]), child())

    assert (cls, reason) == ("computed", f"mirrors {CHILD_ADDRESS}")
    assert live == [RULE]


def test_many_children_are_counted() -> None:
    many = [resource(f"{CHILD_ADDRESS}[{number}]", CHILD) for number in range(5)]

    assert ingress(group([], [RULE]), *many)[1] == f"mirrors {CHILD_ADDRESS}[0], {CHILD_ADDRESS}[1] and 3 more"


def test_a_rule_by_hand_beside_them_is_not() -> None:
    cls, reason, state, live = ingress(group([], [RULE, WORLD]), child())

    assert cls == "outside-code"
    assert "not set in code" in reason
    assert (state, live) == ([], [WORLD])


def test_a_network_by_hand_in_the_element_of_a_child_is_not() -> None:
    mixed = RULE | {"cidr_blocks": ["10.0.0.0/16", "0.0.0.0/0"]}

    assert ingress(group([RULE], [mixed]), child())[2:] == ([], [RULE | {"cidr_blocks": ["0.0.0.0/0"]}])


def test_a_childs_rule_that_is_gone_is_not_shown_beside_one_by_hand() -> None:
    assert ingress(group([RULE], [WORLD]), child(live=None))[2:] == ([], [WORLD])


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param([group([RULE], []), child(live=None)], id="a child deleted by hand"),
        pytest.param([group([RULE], [RULE | {"to_port": 444}]), child(live=CHILD | {"to_port": 444})], id="or changed"),
    ],
)
def test_drift_of_a_child_is_the_childs(resources: list[Any]) -> None:
    assert ingress(*resources)[0] == "computed"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(child(security_group_id="sg-2"), id="of another group"),
        pytest.param(child(cidr_ipv4="10.9.0.0/16"), id="for another network"),
        pytest.param(resource("aws_vpc_security_group_egress_rule.https", CHILD), id="for the other direction"),
        pytest.param(resource(CHILD_ADDRESS, None, None, CHILD), id="only planned"),
    ],
)
def test_other_rules_explain_nothing(other: dict[str, Any]) -> None:
    assert ingress(group([], [RULE]), other)[0] == "outside-code"


def test_a_rule_the_plan_takes_away_is_reverted_though_a_child_explains_it() -> None:
    assert ingress(group([], [RULE], []), child())[0] == "reverted-by-apply"


def test_a_rule_resource_of_the_older_type_counts_for_its_direction() -> None:
    values = {
        "security_group_id": "sg-1",
        "protocol": "tcp",
        "from_port": 443,
        "to_port": 443,
        "cidr_blocks": ["10.0.0.0/16"],
    }
    good, bad = (resource("aws_security_group_rule.r", values | {"type": side}) for side in ("ingress", "egress"))

    assert ingress(group([], [RULE]), good)[0] == "computed"
    assert ingress(group([], [RULE]), bad)[0] == "outside-code"


ROUTE = {"cidr_block": "10.1.0.0/16", "gateway_id": "igw-1"}
BUCKET = {"id": "b", "versioning": [{"enabled": False}], "policy": ""}


@pytest.mark.parametrize(
    ("parent", "state", "live", "other", "values", "path"),
    [
        pytest.param(
            "aws_s3_bucket.b",
            BUCKET,
            BUCKET | {"versioning": [{"enabled": True}]},
            "aws_s3_bucket_versioning.v",
            {"bucket": "b"},
            "versioning[0].enabled",
            id="bucket versioning",
        ),
        pytest.param(
            "aws_s3_bucket.b",
            BUCKET,
            BUCKET | {"policy": "{}"},
            "aws_s3_bucket_policy.p",
            {"bucket": "b"},
            "policy",
            id="bucket policy",
        ),
        pytest.param(
            "aws_route_table.t",
            {"id": "rt", "route": []},
            {"id": "rt", "route": [ROUTE]},
            "aws_route.r",
            {"route_table_id": "rt", "destination_cidr_block": "10.1.0.0/16"},
            "route",
            id="route",
        ),
        pytest.param(
            "aws_network_acl.n",
            {"id": "acl", "egress": []},
            {"id": "acl", "egress": [{"rule_no": 100}]},
            "aws_network_acl_rule.r",
            {"network_acl_id": "acl", "rule_number": 100, "egress": True},
            "egress",
            id="network acl rule",
        ),
        pytest.param(
            "aws_iam_role.r",
            {"id": "r", "inline_policy": []},
            {"id": "r", "inline_policy": [{"name": "p"}]},
            "aws_iam_role_policy.p",
            {"role": "r", "name": "p"},
            "inline_policy",
            id="inline policy",
        ),
        pytest.param(
            "aws_iam_role.r",
            {"id": "r", "managed_policy_arns": []},
            {"id": "r", "managed_policy_arns": ["arn:p"]},
            "aws_iam_role_policy_attachment.p",
            {"role": "r", "policy_arn": "arn:p"},
            "managed_policy_arns",
            id="attachment",
        ),
        pytest.param(
            "aws_iam_role.r",
            {"id": "r", "managed_policy_arns": []},
            {"id": "r", "managed_policy_arns": ["arn:p"]},
            "aws_iam_policy_attachment.p",
            {"roles": ["q", "r"], "policy_arn": "arn:p"},
            "managed_policy_arns",
            id="attachment to several roles",
        ),
        pytest.param(
            "aws_sns_topic.t",
            {"id": "arn:t", "arn": "arn:t", "policy": "{}"},
            {"id": "arn:t", "arn": "arn:t", "policy": '{"a":1}'},
            "aws_sns_topic_policy.p",
            {"arn": "arn:t"},
            "policy",
            id="topic policy",
        ),
        pytest.param(
            "azurerm_network_security_group.n",
            {"id": "/x", "name": "n", "security_rule": []},
            {"id": "/x", "name": "n", "security_rule": [{"name": "ssh"}]},
            "azurerm_network_security_rule.r",
            {"network_security_group_name": "n", "name": "ssh"},
            "security_rule",
            id="azure rule",
        ),
    ],
)
def test_rows(parent: str, state: Any, live: Any, other: str, values: Any, path: str) -> None:
    alone = judge(plan(resource(parent, state, live)))
    together = judge(plan(resource(parent, state, live), resource(other, values)))

    assert classes(alone) == {parent: {path: "outside-code"}}
    assert classes(together) == {parent: {path: "computed"}}
    assert together[0].attributes[0].reason == f"mirrors {other}"


def test_an_unexplained_element_of_every_set_is_kept() -> None:
    role = {"id": "r", "inline_policy": [], "managed_policy_arns": []}
    live = {"id": "r", "inline_policy": [{"name": "p"}, {"name": "rogue"}], "managed_policy_arns": ["arn:rogue"]}
    [found] = judge(
        plan(resource("aws_iam_role.r", role, live), resource("aws_iam_role_policy.p", {"role": "r", "name": "p"}))
    )

    assert {a.path: a.live for a in found.attributes} == {
        "inline_policy": [{"name": "rogue"}],
        "managed_policy_arns": ["arn:rogue"],
    }


def test_an_element_without_identity_is_never_explained() -> None:
    table = resource("aws_route_table.t", {"id": "rt", "route": []}, {"id": "rt", "route": [{"cidr_block": ""}]})
    other = resource("aws_route.r", {"route_table_id": "rt", "destination_cidr_block": "10.0.0.0/8"})

    assert classes(judge(plan(table, other))) == {"aws_route_table.t": {"route": "outside-code"}}


def test_rows_say_each_thing_once() -> None:
    keys = [(row.parent, row.attribute, row.child) for row in MIRRORS]

    assert len(keys) == len(set(keys))
    assert all((row.element is None) == (row.part is None) for row in MIRRORS)
