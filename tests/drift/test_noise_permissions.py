from __future__ import annotations

from typing import Any

import pytest

from driftgate.drift.noise.permissions import of_element, of_rule, without

ELEMENT: dict[str, Any] = {
    "protocol": "tcp",
    "from_port": 22,
    "to_port": 22,
    "cidr_blocks": [],
    "ipv6_cidr_blocks": [],
    "prefix_list_ids": [],
    "security_groups": [],
    "self": False,
    "description": "",
}


def element(**values: Any) -> dict[str, Any]:
    return ELEMENT | values


def rule(**values: Any) -> dict[str, Any]:
    return {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 22, "to_port": 22, **values}


@pytest.mark.parametrize(
    ("child", "shown"),
    [
        pytest.param(rule(cidr_ipv4="10.0.0.0/8"), element(cidr_blocks=["10.0.0.0/8"]), id="cidr"),
        pytest.param(rule(cidr_ipv6="::/0"), element(ipv6_cidr_blocks=["::/0"]), id="ipv6"),
        pytest.param(rule(prefix_list_id="pl-1"), element(prefix_list_ids=["pl-1"]), id="prefix list"),
        pytest.param(rule(referenced_security_group_id="sg-2"), element(security_groups=["sg-2"]), id="group"),
        pytest.param(
            rule(referenced_security_group_id="123456789012/sg-2"), element(security_groups=["sg-2"]), id="with account"
        ),
        pytest.param(rule(referenced_security_group_id="sg-1"), element(self=True), id="itself"),
        pytest.param(
            {"security_group_id": "sg-1", "protocol": "6", "from_port": 22, "to_port": 22, "cidr_blocks": ["a", "b"]},
            element(cidr_blocks=["b", "a"]),
            id="aws_security_group_rule with two networks, protocol by number",
        ),
        pytest.param(
            {"security_group_id": "sg-1", "protocol": "tcp", "from_port": 22, "to_port": 22, "self": True},
            element(self=True),
            id="aws_security_group_rule with self",
        ),
        pytest.param(
            rule(ip_protocol="-1", from_port=None, to_port=None, cidr_ipv4="0.0.0.0/0"),
            element(protocol="-1", from_port=0, to_port=0, cidr_blocks=["0.0.0.0/0"]),
            id="all traffic has no ports",
        ),
    ],
)
def test_a_rule_explains_its_element(child: dict[str, Any], shown: dict[str, Any]) -> None:
    assert of_element(shown)
    assert set(of_element(shown)) <= set(of_rule(child))
    assert without(shown, of_rule(child)) is None


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(element(cidr_blocks=["0.0.0.0/0"]), id="another network"),
        pytest.param(element(cidr_blocks=["10.0.0.0/8"], to_port=23), id="more ports"),
        pytest.param(element(cidr_blocks=["10.0.0.0/8"], protocol="udp"), id="another protocol"),
        pytest.param(element(self=True), id="another peer"),
        pytest.param(element(), id="no peer at all"),
    ],
)
def test_what_no_rule_explains_stays(shown: dict[str, Any]) -> None:
    assert without(shown, of_rule(rule(cidr_ipv4="10.0.0.0/8"))) == shown


def test_ec2_puts_networks_with_the_same_ports_into_one_element() -> None:
    shown = element(cidr_blocks=["10.0.0.0/8", "0.0.0.0/0"], self=True)

    assert without(shown, of_rule(rule(cidr_ipv4="10.0.0.0/8"))) == element(cidr_blocks=["0.0.0.0/0"], self=True)
