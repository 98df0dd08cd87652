"""What a firewall lets through: rule blocks of AWS, Azure and Google read as one value, and set arithmetic on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from itertools import pairwise
from typing import Any

from driftgate.drift.severity.facts import blocks
from driftgate.drift.severity.reading import number, switch, texts

Net = IPv4Network | IPv6Network
Ports = tuple[int, int]

ALL_PORTS: Ports = (0, 65535)
_WORLD_WORDS = frozenset({"*", "any", "internet"})
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmp", "icmpv6": "icmp", "*": "all", "-1": "all", "": "all"}
_NETWORK_KEYS = (
    "cidr_blocks",
    "ipv6_cidr_blocks",
    "cidr_block",
    "ipv6_cidr_block",
    "cidr_ipv4",
    "cidr_ipv6",
    "source_address_prefix",
    "source_address_prefixes",
    "source_ranges",
)
_OTHER_KEYS = (
    "security_groups",
    "source_security_group_id",
    "referenced_security_group_id",
    "prefix_list_ids",
    "prefix_list_id",
    "source_application_security_group_ids",
    "source_tags",
    "source_service_accounts",
)
_TOWARDS = {
    "source_address_prefix": "destination_address_prefix",
    "source_address_prefixes": "destination_address_prefixes",
    "source_ranges": "destination_ranges",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """One peer (a network, or the name of a group or prefix list) that a rule names, on a range of ports.

    `allow` is False for a rule that denies, `egress` True for one about traffic that leaves.
    """

    peer: Net | str
    protocol: str
    ports: Ports
    egress: bool = False
    allow: bool = True


Cover = list[tuple[Ports, frozenset[Net | str]]]


def openings(rules: Iterable[Mapping[str, Any]], *, egress: bool = False) -> frozenset[Opening]:
    """Every opening of the rule blocks, of whichever provider; `egress` where the block itself does not say."""
    return frozenset(opening for rule in rules for opening in _of_rule(rule, egress))


def gained(after: frozenset[Opening], before: frozenset[Opening]) -> list[Opening]:
    """What `after` lets through and `before` did not: exact in ports, by whole networks."""
    covers: dict[Opening, Cover] = {}
    found: list[Opening] = []
    for opening in after - before:
        kind = replace(opening, peer="", ports=ALL_PORTS)
        if kind not in covers:
            covers[kind] = _cover(kind, before)
        found += [replace(opening, ports=ports) for ports in _uncovered(opening, covers[kind])]
    return found


def _cover(kind: Opening, before: frozenset[Opening]) -> Cover:
    """All ports cut into ranges, each with the peers that `before` lets through on it."""
    sides = (kind.egress, kind.allow)
    alike = [o for o in before if (o.egress, o.allow) == sides and o.protocol in (kind.protocol, "all")]
    starts = sorted({0, 65536}.union(*((o.ports[0], o.ports[1] + 1) for o in alike)))
    return [
        ((first, end - 1), _collapse(o.peer for o in alike if o.ports[0] <= first < end <= o.ports[1] + 1))
        for first, end in pairwise(starts)
    ]


def _uncovered(opening: Opening, cover: Cover) -> list[Ports]:
    """The opening's ports that its peer could not reach, adjacent ranges joined."""
    found: list[Ports] = []
    for (first, last), peers in cover:
        start, end = max(first, opening.ports[0]), min(last, opening.ports[1])
        if start > end or _held(opening.peer, peers):
            continue
        if found and found[-1][1] + 1 == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _held(peer: Net | str, peers: frozenset[Net | str]) -> bool:
    if isinstance(peer, str):
        return peer in peers
    return any(peer.supernet(new_prefix=length) in peers for length in range(peer.prefixlen + 1))


def _collapse(peers: Iterable[Net | str]) -> frozenset[Net | str]:
    """The names, and the networks joined: a network lies in their union exactly when one of them holds it."""
    found = list(peers)
    four = collapse_addresses(p for p in found if isinstance(p, IPv4Network))
    six = collapse_addresses(p for p in found if isinstance(p, IPv6Network))
    return frozenset([*four, *six, *(p for p in found if isinstance(p, str))])


def _of_rule(rule: Mapping[str, Any], egress: bool) -> Iterator[Opening]:
    if switch(rule.get("disabled")):
        return
    egress = egress or _says(rule, ("type", "direction"), ("egress", "outbound")) or switch(rule.get("egress")) is True
    allow = not _says(rule, ("action", "rule_action", "access"), ("deny",))
    peers = list(_peers(rule, egress))
    for granted, block in _grants(rule, allow):
        protocol = _protocol(block)
        for ports in _ports(block, protocol):
            yield from (Opening(peer, protocol, ports, egress, granted) for peer in peers)


def _grants(rule: Mapping[str, Any], allow: bool) -> list[tuple[bool, Mapping[str, Any]]]:
    """The blocks that name protocol and ports: Google nests them under `allow` and `deny`, the others do not."""
    if "allow" not in rule and "deny" not in rule:
        return [(allow, rule)]
    return [(word == "allow", block) for word in ("allow", "deny") for block in blocks(rule.get(word))]


def _peers(rule: Mapping[str, Any], egress: bool) -> Iterator[Net | str]:
    for key in _NETWORK_KEYS:
        for text in texts(rule.get(_TOWARDS.get(key, key) if egress else key)):
            yield from networks(text)
    for key in _OTHER_KEYS:
        yield from texts(rule.get(key))
    if switch(rule.get("self")):
        yield "self"


@lru_cache(maxsize=8192)
def networks(text: str) -> tuple[Net | str, ...]:
    """The networks that a CIDR, an address or a word for everywhere stands for; the text itself for other names."""
    if text.lower() in _WORLD_WORDS:
        return (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    try:
        return (ip_network(text.strip(), strict=False),)
    except ValueError:
        return (text,)


def _protocol(block: Mapping[str, Any]) -> str:
    found = block.get("protocol", block.get("ip_protocol"))
    word = str(number(found)) if isinstance(found, int | float) else found if isinstance(found, str) else ""
    word = word[:20].lower()
    return _PROTOCOLS.get(word, word)


def _ports(block: Mapping[str, Any], protocol: str) -> list[Ports]:
    if protocol not in ("tcp", "udp"):
        return [ALL_PORTS]
    listed = [block.get(k) for k in ("ports", "destination_port_range", "destination_port_ranges")]
    ranges = [_range(text) for value in listed for text in texts(value)]
    return ranges or [_bounds(block.get("from_port"), block.get("to_port"))]


def _range(text: str) -> Ports:
    first, dash, last = text.partition("-")
    return _bounds(number(first), number(last) if dash else number(first))


def _bounds(first: object, last: object) -> Ports:
    """A port range; all ports where it is not one, since an unreadable limit limits nothing."""
    a, b = number(first), number(last)
    if a is None or b is None or not 0 <= a <= b <= 65535:
        return ALL_PORTS
    return int(a), int(b)


def _says(rule: Mapping[str, Any], keys: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(isinstance(v := rule.get(key), str) and v[:20].lower() in words for key in keys)
