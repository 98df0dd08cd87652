"""The gate's verdict on a plan: pure. A check is a row in CHECKS; what it yields blocks, or is said in `observe`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from driftgate.finding import Finding, Severity
from driftgate.settings.schema import GateSettings
from driftgate.tfexec.plan import Plan, ResourceChange

DELETE = "delete"
FORGET = "forget"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to apply: the plan, and the drift that it found (redacted)."""

    plan: Plan
    drift: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Why a plan may not be applied without approval; `rule` is the setting that says so."""

    rule: str
    message: str


Check = Callable[[Proposal, GateSettings], Iterator[Block]]


def judge(proposal: Proposal, gate: GateSettings) -> list[Block]:
    """Everything that stands against the plan."""
    return [block for check in CHECKS for block in check(proposal, gate)]


def changes_anything(plan: Plan) -> bool:
    """Whether applying the plan does anything but write down what a refresh read."""
    acts = any(_acts(change) for change in plan.resource_changes)
    return acts or any(set(change.actions) - {"no-op"} for change in plan.output_changes.values())


def destroyed(plan: Plan) -> list[str]:
    """Addresses of the managed objects that the plan destroys or replaces, as Terraform orders them."""
    return [_label(change) for change in plan.resource_changes if _destroys(change)]


def taken(plan: Plan) -> list[str]:
    """Addresses that managed objects leave: what is destroyed, replaced or forgotten, and where moves begin."""
    gone = [_label(change) for change in plan.resource_changes if _destroys(change) or _forgets(change)]
    return [*gone, *(change.previous_address or "" for change in plan.resource_changes if _is_moved(change))]


def touches_protected(addresses: Iterable[str], gate: GateSettings) -> list[str]:
    """Those of `addresses` that a protected pattern matches; `*` stands for any characters, also dots."""
    patterns = [re.compile(".*".join(map(re.escape, pattern.split("*")))) for pattern in gate.protected]
    return [address for address in addresses if any(pattern.fullmatch(address) for pattern in patterns)]


def too_many(count: int, gate: GateSettings) -> Iterator[Block]:
    """Blocks for destroying `count` objects."""
    if gate.max_deletions is not None and count > gate.max_deletions:
        yield Block("gate.max_deletions", f"{count} resources are destroyed, at most {gate.max_deletions} may be")


def protected(addresses: Iterable[str], gate: GateSettings) -> Iterator[Block]:
    """Blocks for destroying these addresses."""
    found = touches_protected(addresses, gate)
    if found:
        yield Block("gate.protected", f"{_some(found)} {'is' if len(found) == 1 else 'are'} protected and destroyed")


def _drift(proposal: Proposal, gate: GateSettings) -> Iterator[Block]:
    limit = Severity.parse(gate.fail_on)
    found = [finding for finding in proposal.drift if limit > Severity.NONE and finding.severity >= limit]
    if found:
        yield Block("gate.fail_on", f"{_some([f.address for f in found])} drifted, {found[0].severity} at the gravest")


def _deletions(proposal: Proposal, gate: GateSettings) -> Iterator[Block]:
    yield from too_many(len(destroyed(proposal.plan)), gate)


def _protected(proposal: Proposal, gate: GateSettings) -> Iterator[Block]:
    yield from protected(taken(proposal.plan), gate)


def _approval(proposal: Proposal, gate: GateSettings) -> Iterator[Block]:
    if gate.approval and changes_anything(proposal.plan):
        yield Block("gate.approval", "every plan that changes something needs an approval")


CHECKS: tuple[Check, ...] = (_drift, _deletions, _protected, _approval)
"""In the order in which they are told. Policy has its place here."""


def _destroys(change: ResourceChange) -> bool:
    return change.mode == "managed" and DELETE in change.change.actions


def _forgets(change: ResourceChange) -> bool:
    return change.mode == "managed" and FORGET in change.change.actions


def _is_moved(change: ResourceChange) -> bool:
    return change.previous_address not in (None, change.address)


def _acts(change: ResourceChange) -> bool:
    """Also where only the state is another one after: a move and an import are no-ops for the object."""
    acts = set(change.change.actions) - {"no-op", "read"}
    return bool(acts) or _is_moved(change) or change.change.importing is not None


def _label(change: ResourceChange) -> str:
    return f"{change.address} (deposed {change.deposed})" if change.deposed else change.address


def _some(addresses: Sequence[str]) -> str:
    more = len(addresses) - _SHOWN
    return ", ".join(addresses[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
