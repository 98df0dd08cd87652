"""CIDR functions. Documented: https://developer.hashicorp.com/terraform/language/functions#ip-network-functions."""

from __future__ import annotations

import ipaddress
import re

from driftgate.hcl.functions.parameters import integer, string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, List

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEADING_ZEROS = re.compile(r"(?<![0-9a-fA-F:])0+(?=\d)")


def _network(prefix: str) -> Network:
    """A prefix in CIDR notation; octets with leading zeros are decimal, as Terraform reads them."""
    tidy = prefix if ":" in prefix else _LEADING_ZEROS.sub("", prefix)
    try:
        if not re.fullmatch(r"[0-9a-fA-F:.]+/\d+", tidy):
            raise ValueError("no prefix length")
        return ipaddress.ip_network(tidy, strict=False)
    except ValueError:
        raise EvaluationError(f'"{prefix[:80]}" is not a valid CIDR prefix') from None


def _cidrhost(prefix: str, host: int) -> str:
    network = _network(prefix)
    size = 1 << (network.max_prefixlen - network.prefixlen)
    place = host + size if host < 0 else host
    if not 0 <= place < size:
        raise EvaluationError(f"a prefix of {network.prefixlen} has no host numbered {host}")
    return str(network.network_address + place)


def _cidrnetmask(prefix: str) -> str:
    network = _network(prefix)
    if network.version != 4:
        raise EvaluationError("only IPv4 prefixes have a netmask")
    return str(network.netmask)


def _subnet(network: Network, bits: int, number: int) -> Network:
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen:
        raise EvaluationError(f"a prefix of {network.prefixlen} cannot be extended by {bits}")
    if not 0 <= number < 1 << bits:
        raise EvaluationError(f"a prefix extended by {bits} has no subnet numbered {number}")
    start = int(network.network_address) + (number << (network.max_prefixlen - length))
    return type(network)((start, length))


def _cidrsubnet(prefix: str, bits: int, number: int) -> str:
    return str(_subnet(_network(prefix), bits, number))


def _cidrsubnets(prefix: str, *bits: int) -> List:
    """Consecutive subnets, each aligned to its own size."""
    network = _network(prefix)
    found: list[object] = []
    next_free, end = int(network.network_address), int(network.broadcast_address) + 1
    for new in bits:
        if new < 1:
            raise EvaluationError("must extend the prefix by at least one bit")
        if network.prefixlen + new > network.max_prefixlen:
            raise EvaluationError(f"a prefix of {network.prefixlen} cannot be extended by {new}")
        size = 1 << (network.max_prefixlen - network.prefixlen - new)
        start = -(-next_free // size) * size
        if start + size > end:
            raise EvaluationError("not enough remaining address space for these subnets")
        found.append(str(type(network)((start, network.prefixlen + new))))
        next_free = start + size
    return List(found)


def _cidrcontains(prefix: str, inner: str) -> bool:
    network = _network(prefix)
    other = _network(inner if "/" in inner else f"{inner}/{128 if ':' in inner else 32}")
    if network.version != other.version:
        raise EvaluationError("both must be IPv4, or both IPv6")
    return int(network.network_address) <= int(other.network_address) and int(other.broadcast_address) <= int(
        network.broadcast_address
    )


FUNCTIONS = {
    "cidrcontains": Function(_cidrcontains, (string, string)),
    "cidrhost": Function(_cidrhost, (string, integer)),
    "cidrnetmask": Function(_cidrnetmask, (string,)),
    "cidrsubnet": Function(_cidrsubnet, (string, integer, integer)),
    "cidrsubnets": Function(_cidrsubnets, (string,), rest=integer),
}
