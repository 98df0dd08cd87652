"""Security group rules taken apart into single permissions: one protocol, port range and peer each.

EC2 shows rules with the same ports as one element, so an element of a group may be several rule resources, and only
part of it theirs. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Permission = tuple[object, ...]

PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}

# A group's element has lists of peers; a rule resource names the same in its own words.
_PEER_LISTS = {
    "cidr_blocks": "cidr",
    "ipv6_cidr_blocks": "cidr",
    "prefix_list_ids": "prefix",
    "security_groups": "group",
}
_PEERS = {
    "cidr_ipv4": "cidr",
    "cidr_ipv6": "cidr",
    "prefix_list_id": "prefix",
    "referenced_security_group_id": "group",
    "source_security_group_id": "group",
}


def of_element(element: Any) -> list[Permission]:
    """The permissions of one `ingress` or `egress` element of a security group."""
    return [(*_ports(element), kind, peer) for _, kind, peer in _element_peers(element)]


def of_rule(rule: Mapping[str, Any]) -> list[Permission]:
    """The permissions of an aws_security_group_rule or aws_vpc_security_group_{ingress,egress}_rule."""
    peers = [(kind, peer) for _, kind, peer in _element_peers(rule)]
    peers += [(kind, _group(rule[name])) for name, kind in _PEERS.items() if rule.get(name)]
    if ("group", rule.get("security_group_id")) in peers:
        peers.append(("self", True))
    return [(*_ports(rule), kind, peer) for kind, peer in peers]


def without(element: Any, explained: Collection[Permission]) -> Any | None:
    """What is left of an element beside the explained permissions: fewer peers, or None when nothing is."""
    peers = list(_element_peers(element))
    left = {(name, peer) for name, kind, peer in peers if (*_ports(element), kind, peer) not in explained}
    if len(left) == len(peers):
        return element
    if not left:
        return None
    lists = {name: [peer for peer in element.get(name) or () if (name, _group(peer)) in left] for name in _PEER_LISTS}
    return {
        **element,
        **{name: peers for name, peers in lists.items() if name in element},
        "self": ("self", True) in left,
    }


def _element_peers(element: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    for name, kind in _PEER_LISTS.items():
        for peer in element.get(name) or ():
            yield name, kind, _group(peer)
    if element.get("self"):
        yield "self", "self", True


def _ports(rule: Mapping[str, Any]) -> tuple[object, ...]:
    named = str(rule.get("protocol") or rule.get("ip_protocol") or "-1").lower()
    protocol = PROTOCOLS.get(named, named)
    if protocol == "-1":
        return (protocol, None, None)
    return (protocol, rule.get("from_port"), rule.get("to_port"))


def _group(peer: str) -> str:
    """A security group without the account it may be written with (`123456789012/sg-1`); cidrs stay."""
    return peer.rpartition("/")[2] if "/sg-" in peer else peer
