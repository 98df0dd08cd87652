"""Findings for what could not be read: shown with the reason, never taken for no drift."""

from __future__ import annotations

from collections.abc import Iterable

from driftgate.address import Address
from driftgate.drift.severity import Facts, judge
from driftgate.finding import DriftClass, Finding
from driftgate.tfexec.plan import Plan


def unread_findings(pairs: Iterable[tuple[str, str]], *, unit: str, workspace: str) -> list[Finding]:
    """One finding per (address, reason) pair, as a plan's diagnostics name them; the reasons of one address joined."""
    reasons: dict[str, list[str]] = {}
    for address, reason in pairs:
        if reason not in reasons.setdefault(address, []):
            reasons[address].append(reason)
    return [_unread(address, "; ".join(reasons[address]), unit, workspace) for address in sorted(reasons)]


def deferred(plan: Plan) -> list[tuple[str, str]]:
    """(address, reason) of what the plan put off, from `deferred_changes`."""
    changes = ((item.get("resource_change", {}), item.get("reason", "unknown")) for item in plan.deferred_changes)
    return [
        (change["address"], f"deferred by Terraform: {reason}") for change, reason in changes if "address" in change
    ]


def _unread(address: str, reason: str, unit: str, workspace: str) -> Finding:
    type_ = _type(address)
    severity, _ = judge(Facts(type_, "", DriftClass.UNREAD, None, None, None, {}, {}))
    return Finding(unit, workspace, address, type_, DriftClass.UNREAD, severity, reason=reason)


def _type(address: str) -> str:
    """The resource type, "" where the address is a module's or a provider's."""
    try:
        return Address.parse(address).type
    except ValueError:
        return ""
