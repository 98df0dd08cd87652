from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.drift.severity import Facts, judge
from driftgate.finding import DriftClass, Mark, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]


def allow(
    cidrs: list[str], first: int, last: int | None = None, protocol: str = "tcp", **more: object
) -> dict[str, object]:
    """An inline rule block of aws_security_group, with all the attributes the provider gives it."""
    empty = {"ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False, "description": ""}
    ports = {"from_port": first, "to_port": first if last is None else last}
    return {**empty, "cidr_blocks": cidrs, "protocol": protocol, **ports, **more}


def entry(action: str, cidr: str, first: int, last: int, rule_no: int = 100) -> dict[str, object]:
    """An inline entry of aws_network_acl."""
    return {
        "action": action,
        "cidr_block": cidr,
        "from_port": first,
        "to_port": last,
        "protocol": "6",
        "rule_no": rule_no,
    }


def nsg(prefix: str, port: str, access: str = "Allow", direction: str = "Inbound") -> dict[str, object]:
    """A security_rule block of azurerm_network_security_group."""
    own = {"access": access, "direction": direction, "protocol": "Tcp", "destination_port_range": port}
    if direction == "Inbound":
        return {**own, "source_address_prefix": prefix, "destination_address_prefix": "*"}
    return {**own, "source_address_prefix": "*", "destination_address_prefix": prefix}


WORLD, OFFICE, INSIDE = "0.0.0.0/0", "203.0.113.7/32", "10.0.0.0/8"

NOTHING = [
    pytest.param("aws_security_group", "ingress", [allow([INSIDE], 22)], [allow([INSIDE], 22, description="x")],
        id="only a rule's description changed"),
    pytest.param("aws_security_group", "ingress", [allow([WORLD], 22), allow([INSIDE], 80)],
        [allow([INSIDE], 80), allow([WORLD], 22)], id="rules of an open group in another order"),
    pytest.param("aws_security_group", "ingress", [allow([WORLD], 20, 21), allow([WORLD], 22)],
        [allow([WORLD], 20, 22)], id="two port ranges written as one"),
    pytest.param("aws_security_group", "ingress", [allow(["10.0.0.0/9", "10.128.0.0/9"], 22)], [allow([INSIDE], 22)],
        id="two networks written as one"),
    pytest.param("aws_security_group", "ingress", [allow([WORLD, INSIDE], 22)], [allow([WORLD], 22)],
        id="a network inside an open one is dropped"),
    pytest.param("aws_security_group", "ingress", [allow([WORLD], 0, 0, "-1")],
        [allow([WORLD], 0, 0, "-1"), allow([WORLD], 22)], id="a port is added to a group that is open on all"),
    pytest.param("aws_security_group", "ingress", [allow([WORLD], 22)], [allow([WORLD], 22, 22, "6")],
        id="a protocol by number"),
    pytest.param("google_compute_firewall", "description", "a", "b", id="a firewall's description"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_no_more_than_low_where_no_traffic_is_gained(
    judged: Judged, type_: str, path: str, state: object, live: object
) -> None:
    assert judged(type_, path, state, live)[0] <= Severity.LOW


GROUPS = [
    pytest.param([allow([INSIDE], 22)], [allow([WORLD], 22)], Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22",
        id="ssh opened to the world"),
    pytest.param([allow([WORLD], 22)], [allow([INSIDE], 22)], Severity.LOW, "narrowed: less traffic allowed",
        id="ssh narrowed again"),
    pytest.param([], [allow([], 3389, ipv6_cidr_blocks=["::/0"])], Severity.CRITICAL, "opened to ::/0 on port 3389",
        id="rdp opened to the world over IPv6"),
    pytest.param([], [allow([WORLD], 0, 0, "-1")], Severity.CRITICAL, "opened to 0.0.0.0/0 on all ports",
        id="every protocol opened to the world"),
    pytest.param([], [allow([WORLD], 3000, 4000)], Severity.CRITICAL, "opened to 0.0.0.0/0 on ports 3000-4000",
        id="a range that holds a database port"),
    pytest.param([], [allow(["0.0.0.0/1", "128.0.0.0/1"], 22)], Severity.CRITICAL, "opened to 0.0.0.0/1 on port 22",
        id="the world in two halves"),
    pytest.param([], [allow([WORLD], 443)], Severity.CRITICAL, "opened to 0.0.0.0/0 on port 443",
        id="https opened to the world"),
    pytest.param([], [allow([WORLD], 80)], Severity.CRITICAL, "opened to 0.0.0.0/0 on port 80",
        id="http opened to the world"),
    pytest.param([], [allow([WORLD], 8443)], Severity.CRITICAL, "opened to 0.0.0.0/0 on port 8443",
        id="an unknown port opened to the world"),
    pytest.param([], [allow([WORLD], -1, -1, "icmp")], Severity.MEDIUM, "opened to 0.0.0.0/0 for icmp",
        id="ping opened to the world"),
    pytest.param([], [allow([OFFICE], 22)], Severity.HIGH, f"opened to {OFFICE} on port 22",
        id="ssh opened to one public address"),
    pytest.param([], [allow([OFFICE], 8443)], Severity.MEDIUM, f"opened to {OFFICE} on port 8443",
        id="another port opened to one public address"),
    pytest.param([allow(["10.1.0.0/16"], 22)], [allow([INSIDE], 22)], Severity.MEDIUM,
        f"opened to {INSIDE} on port 22", id="ssh widened inside the network"),
    pytest.param([], [allow([], 5432, security_groups=["sg-1"])], Severity.MEDIUM,
        "opened to another group on port 5432", id="another group let in"),
    pytest.param([], [allow([], 5432, self=True)], Severity.MEDIUM, "opened to another group on port 5432",
        id="the group itself let in"),
    pytest.param([allow([WORLD], 22)], [allow([WORLD], 0, 65535)], Severity.CRITICAL,
        "opened to 0.0.0.0/0 on ports 0-21", id="an open port grows to all"),
    pytest.param([allow([WORLD], 443)], [allow([WORLD], 443), allow(["not a network"], 22)], Severity.MEDIUM,
        "opened to another group on port 22", id="a network that is not one is a name"),
    pytest.param([], [allow([WORLD], 443), allow([WORLD], 22)], Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22",
        id="the gravest of several is told"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "live", "severity", "reason"), GROUPS)
def test_a_security_group_is_judged_by_what_it_newly_lets_in(
    judged: Judged, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged("aws_security_group", "ingress", state, live) == (severity, reason)


OTHERS = [
    pytest.param("aws_security_group", "egress", [], [allow([WORLD], 0, 0, "-1")], Severity.MEDIUM,
        "egress opened to 0.0.0.0/0 on all ports", id="egress to the world is less grave"),
    pytest.param("aws_security_group", "egress", [], [allow([INSIDE], 443)], Severity.LOW,
        "egress opened to 10.0.0.0/8 on port 443", id="egress to a private network"),
    pytest.param("aws_network_acl", "ingress", [entry("allow", INSIDE, 22, 22)], [entry("allow", WORLD, 22, 22)],
        Severity.HIGH, "opened to 0.0.0.0/0 on port 22", id="a network ACL is a step less grave"),
    pytest.param("aws_network_acl", "ingress", [entry("deny", WORLD, 22, 22)], [], Severity.MEDIUM,
        "no longer denies 0.0.0.0/0 on port 22", id="a deny of a network ACL is lost"),
    pytest.param("aws_network_acl", "ingress", [], [entry("deny", WORLD, 22, 22)], Severity.LOW,
        "narrowed: less traffic allowed", id="a deny of a network ACL is added"),
    pytest.param("azurerm_network_security_group", "security_rule", [nsg(INSIDE, "22")], [nsg("*", "22")],
        Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22", id="an Azure group opened with a star"),
    pytest.param("azurerm_network_security_group", "security_rule", [], [nsg("Internet", "3000-4000")],
        Severity.CRITICAL, "opened to 0.0.0.0/0 on ports 3000-4000", id="an Azure group opened by a service tag"),
    pytest.param("azurerm_network_security_group", "security_rule", [nsg("*", "22")], [nsg("VirtualNetwork", "22")],
        Severity.MEDIUM, "opened to another group on port 22", id="an Azure group turned to the virtual network"),
    pytest.param("azurerm_network_security_group", "security_rule", [nsg("*", "*", "Deny")], [], Severity.HIGH,
        "no longer denies 0.0.0.0/0 on all ports", id="an Azure deny is lost"),
    pytest.param("azurerm_network_security_group", "security_rule", [], [nsg("*", "443", direction="Outbound")],
        Severity.MEDIUM, "egress opened to 0.0.0.0/0 on port 443", id="an Azure group opened outward"),
    pytest.param("azurerm_mssql_firewall_rule", "end_ip_address", "10.0.0.1", "255.255.255.255", Severity.MEDIUM,
        "the next apply puts it back", id="half an Azure address range tells nothing"),
    pytest.param("aws_db_instance", "publicly_accessible", False, True, Severity.HIGH, "public access switched on",
        id="a database made public"),
    pytest.param("aws_db_instance", "publicly_accessible", True, False, Severity.LOW, "public access switched off",
        id="a database made private"),
    pytest.param("aws_subnet", "map_public_ip_on_launch", False, True, Severity.MEDIUM,
        "public addresses switched on", id="a subnet that hands out public addresses"),
    pytest.param("aws_lb", "internal", True, False, Severity.HIGH, "internal-only switched off",
        id="a load balancer turned to the internet"),
    pytest.param("azurerm_mssql_server", "public_network_access_enabled", False, True, Severity.HIGH,
        "public network access switched on", id="an Azure server made public"),
    pytest.param("aws_eks_cluster", "vpc_config[0].public_access_cidrs", [OFFICE], [WORLD], Severity.HIGH,
        "endpoint opened to 0.0.0.0/0", id="a cluster endpoint opened"),
    pytest.param("aws_eks_cluster", "vpc_config[0].public_access_cidrs", [OFFICE], [], Severity.HIGH,
        "endpoint opened to every address", id="a cluster endpoint with its list emptied"),
    pytest.param("aws_eks_cluster", "vpc_config[0].public_access_cidrs", [WORLD], [OFFICE], Severity.LOW,
        "endpoint narrowed", id="a cluster endpoint narrowed"),
    pytest.param("google_sql_database_instance", "settings[0].ip_configuration[0].authorized_networks", [],
        [{"value": WORLD, "name": "x"}], Severity.CRITICAL, "database opened to 0.0.0.0/0",
        id="a Google database opened"),
    pytest.param("google_compute_instance", "network_interface[0].access_config", [], [{"nat_ip": "x"}],
        Severity.HIGH, "public address added", id="a Google machine with a public address"),
    pytest.param("google_compute_instance", "network_interface[0].access_config", [{"nat_ip": "x"}], [],
        Severity.LOW, "public address removed", id="a Google machine without its public address"),
    pytest.param("google_compute_instance", "tags", ["a"], ["b"], Severity.MEDIUM, "network tag changed",
        id="Google network tags are not notes"),
    pytest.param("aws_route_table", "route", [], [{"cidr_block": WORLD, "gateway_id": "igw-1"}], Severity.HIGH,
        "route to the internet added", id="a route to the internet"),
    pytest.param("aws_route_table", "route", [{"cidr_block": WORLD, "gateway_id": "igw-1"}],
        [{"cidr_block": WORLD, "nat_gateway_id": "nat-1"}], Severity.LOW, "route to the internet removed",
        id="a route to the internet turned to a NAT"),
    pytest.param("aws_instance", "vpc_security_group_ids", ["sg-1"], ["sg-1", "sg-2"], Severity.MEDIUM,
        "security group added", id="another security group on a machine"),
    pytest.param("aws_cloudfront_distribution", "web_acl_id", "arn:x", "", Severity.HIGH, "web firewall removed",
        id="a distribution without its web firewall"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), OTHERS)
def test_other_doors_of_the_network(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)


RULE = {"type": "ingress", "from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": [INSIDE]}
VPC_RULE = {"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": INSIDE, "cidr_ipv6": None}
FIREWALL = {
    "direction": "INGRESS",
    "source_ranges": [WORLD],
    "allow": [{"protocol": "tcp", "ports": ["443"]}],
    "deny": [],
    "disabled": False,
}
AZURE = nsg(INSIDE, "22")
ROUTE = {"destination_cidr_block": WORLD, "gateway_id": "vgw-1"}

WHOLE = [
    pytest.param("aws_security_group_rule", RULE, {"cidr_blocks": [WORLD]}, Severity.CRITICAL,
        "opened to 0.0.0.0/0 on port 22", id="a rule of its own opened"),
    pytest.param("aws_security_group_rule", {**RULE, "type": "egress"}, {"cidr_blocks": [WORLD]}, Severity.MEDIUM,
        "egress opened to 0.0.0.0/0 on port 22", id="an egress rule of its own opened"),
    pytest.param("aws_security_group_rule", {**RULE, "cidr_blocks": [WORLD], "from_port": 443, "to_port": 443},
        {"from_port": 0}, Severity.CRITICAL, "opened to 0.0.0.0/0 on ports 0-442", id="an open rule gains ports"),
    pytest.param("aws_vpc_security_group_ingress_rule", VPC_RULE, {"cidr_ipv4": WORLD}, Severity.CRITICAL,
        "opened to 0.0.0.0/0 on port 22", id="a VPC ingress rule opened"),
    pytest.param("aws_vpc_security_group_ingress_rule", {**VPC_RULE, "cidr_ipv4": WORLD}, {"cidr_ipv4": INSIDE},
        Severity.LOW, "narrowed: less traffic allowed", id="a VPC ingress rule narrowed"),
    pytest.param("aws_vpc_security_group_egress_rule", VPC_RULE, {"cidr_ipv4": WORLD}, Severity.MEDIUM,
        "egress opened to 0.0.0.0/0 on port 22", id="a VPC egress rule opened"),
    pytest.param("aws_network_acl_rule",
        {"egress": False, "rule_action": "deny", "cidr_block": WORLD, "protocol": "6", "from_port": 22, "to_port": 22},
        {"rule_action": "allow"}, Severity.HIGH, "opened to 0.0.0.0/0 on port 22",
        id="a network ACL rule turned from deny to allow"),
    pytest.param("google_compute_firewall", FIREWALL, {"allow": [{"protocol": "tcp", "ports": ["22", "443"]}]},
        Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22", id="a Google firewall gains ssh"),
    pytest.param("google_compute_firewall", FIREWALL, {"allow": [{"protocol": "all", "ports": []}]},
        Severity.CRITICAL, "opened to 0.0.0.0/0 on all ports", id="a Google firewall allows all"),
    pytest.param("google_compute_firewall", FIREWALL, {"source_ranges": [INSIDE]}, Severity.LOW,
        "narrowed: less traffic allowed", id="a Google firewall narrowed"),
    pytest.param("google_compute_firewall", FIREWALL, {"disabled": True}, Severity.LOW,
        "narrowed: less traffic allowed", id="a Google allow rule disabled"),
    pytest.param("google_compute_firewall",
        {**FIREWALL, "allow": [], "deny": [{"protocol": "tcp", "ports": ["22"]}]}, {"disabled": True}, Severity.HIGH,
        "no longer denies 0.0.0.0/0 on port 22", id="a Google deny rule disabled"),
    pytest.param("azurerm_network_security_rule", AZURE, {"source_address_prefix": "*"}, Severity.CRITICAL,
        "opened to 0.0.0.0/0 on port 22", id="an Azure rule of its own opened"),
    pytest.param("azurerm_network_security_rule", {**AZURE, "access": "Deny", "source_address_prefix": "*"},
        {"access": "Allow"}, Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22", id="an Azure deny turned to allow"),
    pytest.param("azurerm_mssql_firewall_rule", {"start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.9"},
        {"end_ip_address": "255.255.255.255"}, Severity.CRITICAL, "database opened to 0.0.0.0/0",
        id="an Azure database firewall opened"),
    pytest.param("azurerm_mssql_firewall_rule", {"start_ip_address": "10.0.0.0", "end_ip_address": "10.0.0.9"},
        {"end_ip_address": "10.0.0.5"}, Severity.LOW, "database narrowed", id="an Azure database firewall narrowed"),
    pytest.param("aws_route", ROUTE, {"gateway_id": "igw-1"}, Severity.HIGH, "route to the internet added",
        id="a route of its own turned to the internet"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "before", "change", "severity", "reason"), WHOLE)
def test_a_rule_of_its_own_is_judged_as_a_whole(
    type_: str, before: dict[str, object], change: dict[str, object], severity: Severity, reason: str
) -> None:
    (path, live), after = next(iter(change.items())), {**before, **change}

    verdict = judge(Facts(type_, path, DriftClass.REVERTED_BY_APPLY, before.get(path), live, None, before, after))

    assert verdict == (severity, reason)


def test_a_nested_path_is_judged_with_the_ports_of_its_block() -> None:
    before, after = {"ingress": [allow([INSIDE], 443)]}, {"ingress": [allow([WORLD], 443)]}
    path = "ingress[0].cidr_blocks"

    verdict = judge(
        Facts("aws_security_group", path, DriftClass.REVERTED_BY_APPLY, [INSIDE], [WORLD], None, before, after)
    )

    assert verdict == (Severity.CRITICAL, "opened to 0.0.0.0/0 on port 443")


def test_an_unmanaged_group_open_to_the_world_is_critical() -> None:
    live = {"name": "x", "ingress": [allow([WORLD], 22)], "egress": []}

    verdict = judge(Facts("aws_security_group", "", DriftClass.UNMANAGED, Mark.ABSENT, live, Mark.ABSENT, {}, live))

    assert verdict == (Severity.CRITICAL, "opened to 0.0.0.0/0 on port 22")


@pytest.mark.parametrize("port", [22, 3389, 3306, 5432, 1433, 6379, 27017, 9200, 2375])
def test_every_sensitive_port_is_critical(judged: Judged, port: int) -> None:
    assert judged("aws_security_group", "ingress", [], [allow([WORLD], port)])[0] is Severity.CRITICAL
