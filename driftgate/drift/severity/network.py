"""Who can reach what: security groups, network ACLs, firewalls, routes, public addresses and endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, summarize_address_range
from typing import Any

from driftgate.drift.severity.exposure import is_world, judge_reach, judge_traffic
from driftgate.drift.severity.facts import Facts, Leaves, blocks
from driftgate.drift.severity.opening import ALL_PORTS, Opening, networks
from driftgate.drift.severity.reading import texts
from driftgate.drift.severity.rule import Rule, Verdict, by_leaf, changed, guard, kept, members, risk
from driftgate.finding import Severity


def _routes(facts: Facts) -> Verdict | None:
    """A route of everything to an internet gateway, gained or lost."""
    was, now = (_to_internet(side) for side in facts.objects)
    if now - was:
        return Severity.HIGH, "route to the internet added"
    return (Severity.LOW, "route to the internet removed") if was - now else None


def _to_internet(side: Mapping[str, Any]) -> frozenset[str]:
    routes = [side, *blocks(side.get("route"))]
    return frozenset(text for route in routes if _leaves_to_internet(route) for text in _destinations(route))


def _leaves_to_internet(route: Mapping[str, Any]) -> bool:
    hops = texts([route.get(key) for key in ("gateway_id", "next_hop_gateway", "next_hop_type")])
    return any(hop.startswith("igw-") or hop.endswith(("default-internet-gateway", "Internet")) for hop in hops)


def _destinations(route: Mapping[str, Any]) -> Iterable[str]:
    keys = "cidr_block ipv6_cidr_block destination_cidr_block destination_ipv6_cidr_block dest_range address_prefix"
    found = texts([route.get(key) for key in keys.split()])
    return (text for text in found for net in networks(text) if not isinstance(net, str) and is_world(net))


def _reachable(types: str, paths: str, world: Severity, what: str, *, empty_is_world: bool = False) -> Rule:
    """A list of networks that may reach an endpoint: the world is `world`, another one medium, fewer low."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        if empty_is_world and old and not new:
            return world, f"{what} opened to every address"
        return judge_reach(_listed(old), _listed(new), world, what)

    return by_leaf(types, paths, compare, _reach_says(what, world))


def _reach_says(what: str, world: Severity) -> str:
    return f"{what} opened to the world: {world}; to another network: medium; narrowed: low"


def _listed(cidrs: Leaves) -> frozenset[Opening]:
    return frozenset(Opening(net, "all", ALL_PORTS) for text in texts(cidrs) for net in networks(text))


def _address_range(facts: Facts) -> Verdict | None:
    """First and last address of a database firewall rule (Azure)."""
    was, now = (_between(side.get("start_ip_address"), side.get("end_ip_address")) for side in facts.objects)
    return judge_reach(was, now, Severity.CRITICAL, "database")


def _between(first: object, last: object) -> frozenset[Opening]:
    if not (isinstance(first, str) and isinstance(last, str)):
        return frozenset()
    try:
        nets = summarize_address_range(IPv4Address(first), IPv4Address(last))
        return frozenset(Opening(net, "all", ALL_PORTS) for net in nets)
    except ValueError:
        return frozenset()


def _public_addresses(old: Leaves, new: Leaves) -> Verdict | None:
    """One `access_config` block is one public address (Google)."""
    if len(new) > len(old):
        return Severity.HIGH, "public address added"
    return (Severity.LOW, "public address removed") if len(new) < len(old) else None


_TRAFFIC = (
    "new traffic from the world: critical, icmp medium; "
    "from a public network on a sensitive port: high; other new traffic: medium; egress: medium to low; "
    "a lost deny: high to medium; narrowed: low; network ACLs a step lower"
)
_HOSTS = "aws_instance aws_launch_template aws_launch_configuration"

RULES: tuple[Rule, ...] = (
    Rule(
        "aws_security_group aws_default_security_group aws_network_acl aws_default_network_acl",
        "ingress ingress.[!d]* egress egress.[!d]*",
        judge_traffic,
        _TRAFFIC,
    ),
    Rule(
        "aws_security_group_rule aws_vpc_security_group_*_rule aws_network_acl_rule "
        "azurerm_network_security_rule google_compute_firewall",
        "type direction egress access *action disabled *protocol from_port to_port cidr_* ipv6_cidr_block* self "
        "prefix_list_id* *source_* destination_* referenced_security_group_id allow allow.* deny deny.*",
        judge_traffic,
        _TRAFFIC,
    ),
    Rule(
        "azurerm_network_security_group",
        "security_rule security_rule.[!d]* security_rule.destination_* security_rule.direction",
        judge_traffic,
        _TRAFFIC,
    ),
    Rule(
        "aws_route aws_route_table aws_default_route_table google_compute_route azurerm_route azurerm_route_table",
        "route route.* gateway_id destination_* dest_range next_hop_* address_prefix",
        _routes,
        "route of everything to the internet added: high; removed: low",
    ),
    risk("aws_*", "publicly_accessible", Severity.HIGH, "public access"),
    risk("aws_subnet aws_default_subnet", "map_public_ip_on_launch", Severity.MEDIUM, "public addresses"),
    risk(
        f"{_HOSTS} aws_ecs_service",
        "associate_public_ip_address network_interfaces.associate_public_ip_address "
        "network_configuration.assign_public_ip",
        Severity.HIGH,
        "public address",
    ),
    by_leaf(
        "google_compute_instance*",
        "network_interface.access_config",
        _public_addresses,
        "public address added: high; removed: low",
    ),
    guard("aws_lb aws_alb aws_elb", "internal", Severity.HIGH, "internal-only"),
    risk("azurerm_*", "public_network_access_enabled public_network_access", Severity.HIGH, "public network access"),
    risk("google_sql_database_instance", "settings.ip_configuration.ipv4_enabled", Severity.HIGH, "public address"),
    guard(
        "google_container_cluster",
        "private_cluster_config.enable_private_nodes private_cluster_config.enable_private_endpoint",
        Severity.HIGH,
        "private cluster",
    ),
    risk("aws_eks_cluster", "vpc_config.endpoint_public_access", Severity.HIGH, "public endpoint"),
    _reachable("aws_eks_cluster", "vpc_config.public_access_cidrs", Severity.HIGH, "endpoint", empty_is_world=True),
    _reachable(
        "google_container_cluster",
        "master_authorized_networks_config.cidr_blocks.cidr_block",
        Severity.HIGH,
        "endpoint",
        empty_is_world=True,
    ),
    _reachable(
        "azurerm_kubernetes_cluster",
        "api_server_access_profile.authorized_ip_ranges api_server_authorized_ip_ranges",
        Severity.HIGH,
        "endpoint",
        empty_is_world=True,
    ),
    _reachable(
        "google_sql_database_instance",
        "settings.ip_configuration.authorized_networks.value",
        Severity.CRITICAL,
        "database",
    ),
    _reachable("azurerm_*", "network_rules.ip_rules network_acls.ip_rules", Severity.HIGH, "service"),
    _reachable(
        "aws_ec2_managed_prefix_list aws_ec2_managed_prefix_list_entry",
        "entry.cidr cidr",
        Severity.HIGH,
        "prefix list",
    ),
    Rule(
        "azurerm_*_firewall_rule",
        "start_ip_address end_ip_address",
        _address_range,
        _reach_says("database", Severity.CRITICAL),
    ),
    members(
        "aws_*",
        "vpc_security_group_ids security_groups security_group_ids network_interfaces.security_groups "
        "vpc_config.security_group_ids network_configuration.security_groups vpc_options.security_group_ids",
        Severity.MEDIUM,
        Severity.MEDIUM,
        "security group",
    ),
    kept(
        "azurerm_subnet_network_security_group_association azurerm_network_interface*",
        "network_security_group_id",
        Severity.HIGH,
        Severity.MEDIUM,
        "network security group",
    ),
    kept(
        "aws_cloudfront_distribution aws_wafv2_web_acl_association azurerm_*",
        "web_acl_id web_acl_arn firewall_policy_id",
        Severity.HIGH,
        Severity.MEDIUM,
        "web firewall",
    ),
    changed("google_compute_instance*", "tags", Severity.MEDIUM, "network tag"),
    guard(_HOSTS, "source_dest_check", Severity.MEDIUM, "source check"),
    risk(
        "google_compute_instance* azurerm_network_interface",
        "can_ip_forward ip_forwarding_enabled enable_ip_forwarding",
        Severity.MEDIUM,
        "forwarding",
    ),
)
