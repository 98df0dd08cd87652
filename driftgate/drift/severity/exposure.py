"""How grave it is to let traffic through: from whom, on which ports, and whether more or less than before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from driftgate.drift.severity.facts import Facts, blocks
from driftgate.drift.severity.opening import ALL_PORTS, Net, Opening, gained, openings
from driftgate.drift.severity.rule import Verdict
from driftgate.finding import Severity

# Administration, databases, caches, queues and control planes: never meant for the world.
SENSITIVE_PORTS = frozenset(
    {21, 22, 23, 135, 139, 445, 873, 1433, 1434, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 4505, 4506, 5432}
    | {5439, 5601, 5672, 5900, 5984, 5985, 5986, 6379, 6443, 7001, 8086, 8500, 9000, 9042, 9092, 9200, 9300, 10250}
    | {10255, 11211, 15672, 27017, 27018, 50070}
)
# A public network as wide as this or wider is as good as the world (0.0.0.0/1 with 128.0.0.0/1, 2000::/3).
_WIDE = {4: 7, 6: 19}

_PRIVATE = tuple(
    ip_network(cidr)
    for cidr in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def judge_traffic(facts: Facts) -> Verdict | None:
    """The verdict on a firewall: what the whole object lets through now and did not before, and the other way round."""
    was, now = (_read(facts.type, side) for side in facts.objects)
    opened, closed = gained(now, was), gained(was, now)
    verdicts = [_grade(o) for o in opened if o.allow] + [_grade_deny(o) for o in closed if not o.allow]
    if verdicts:
        severity, reason = max(sorted(verdicts, key=lambda v: v[1]), key=lambda v: v[0])
        return _behind(severity) if "network_acl" in facts.type else severity, reason
    if opened or closed:
        return Severity.LOW, "narrowed: less traffic allowed"
    return (Severity.LOW, "same traffic allowed") if was and now else None


def _read(type_: str, side: Mapping[str, Any]) -> frozenset[Opening]:
    inward = [side, *blocks(side.get("ingress")), *blocks(side.get("security_rule"))]
    leaving = type_ == "aws_vpc_security_group_egress_rule"
    return openings(inward, egress=leaving) | openings(blocks(side.get("egress")), egress=True)


def _grade(opening: Opening) -> Verdict:
    reason = f"opened to {_peer(opening.peer)} {_where(opening)}"
    world = not isinstance(opening.peer, str) and is_world(opening.peer)
    if opening.egress:
        return Severity.MEDIUM if world else Severity.LOW, f"egress {reason}"
    if world:
        return Severity.MEDIUM if opening.protocol == "icmp" else Severity.CRITICAL, reason
    return Severity.HIGH if _sensitive(opening) and _public(opening.peer) else Severity.MEDIUM, reason


def _grade_deny(opening: Opening) -> Verdict:
    world = not isinstance(opening.peer, str) and is_world(opening.peer) and not opening.egress
    severity = Severity.HIGH if world else Severity.MEDIUM
    return severity, f"no longer denies {_peer(opening.peer)} {_where(opening)}"


def is_world(net: Net) -> bool:
    """Whether the network is everywhere, or so wide and public that it may as well be."""
    return net.prefixlen == 0 or (net.prefixlen <= _WIDE[net.version] and not _private(net))


@lru_cache(maxsize=4096)
def _private(net: Net) -> bool:
    return any(net.version == other.version and net.subnet_of(other) for other in _PRIVATE)  # type: ignore[arg-type]


def _public(peer: Net | str) -> bool:
    return not isinstance(peer, str) and not _private(peer)


def _sensitive(opening: Opening) -> bool:
    first, last = opening.ports
    return opening.protocol != "icmp" and any(first <= port <= last for port in SENSITIVE_PORTS)


def _behind(severity: Severity) -> Severity:
    """A network ACL is the outer door; the security group behind it still decides."""
    return Severity(max(severity - 1, Severity.LOW))


def _peer(peer: Net | str) -> str:
    return "another group" if isinstance(peer, str) else str(peer)


def _where(opening: Opening) -> str:
    first, last = opening.ports
    if opening.protocol == "icmp":
        return "for icmp"
    if opening.ports == ALL_PORTS:
        return "on all ports"
    return f"on port {first}" if first == last else f"on ports {first}-{last}"


def judge_reach(was: frozenset[Opening], now: frozenset[Opening], world: Severity, what: str) -> Verdict | None:
    """The verdict on a list of networks that may reach `what`: `world` when it came to hold everybody."""
    opened = gained(now, was)
    nets = sorted(str(o.peer) for o in opened if not isinstance(o.peer, str) and is_world(o.peer))
    if nets:
        return world, f"{what} opened to {nets[0]}"
    if opened:
        return Severity.MEDIUM, f"{what} opened to another network"
    return (Severity.LOW, f"{what} narrowed") if gained(was, now) else None
