"""The proof of a patch: on a copy of the repo that has it, the plan wants nothing of it any more, and nothing new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.finding import DriftClass, UnitResult, UnitStatus
from driftgate.remediate.overlay import overlay
from driftgate.remediate.patch import patched
from driftgate.remediate.proposal import Accepted, Proposal, Refused

Scan = Callable[[Path, Sequence[str]], Sequence[UnitResult]]
"""Scans the units at these paths of the repo at this root; changes nothing."""

_OPEN = frozenset({DriftClass.REVERTED_BY_APPLY, DriftClass.PENDING, DriftClass.MISSING})
"""What a plan still wants to do."""

Wish = tuple[str, str, str, str]
"""Unit, workspace, address, attribute: something that the next apply would change."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What the plan bears out. `proposal` holds only that; `plans` counts the units planned for it."""

    proposal: Proposal
    plans: int


def prove(root: Path, proposal: Proposal, results: Sequence[UnitResult], scan: Scan) -> Proven:
    """Keep of the proposal what a plan of each unit confirms; the rest is refused with what the plan said.

    `results` are those of the scan that the proposal was made for. One plan per unit, more only where one disagrees.
    """
    before = wishes(results)
    refused, plans = _confirmed(root, proposal.accepted, before, scan)
    return Proven(proposal.without(refused), plans)


def wishes(results: Iterable[UnitResult]) -> set[Wish]:
    """All that the next apply of these units would change."""
    return {
        (result.path, result.workspace, finding.address, attribute.path)
        for result in results
        for finding in result.findings
        for attribute in finding.attributes
        if attribute.cls in _OPEN
    }


def _confirmed(root: Path, items: Sequence[Accepted], before: set[Wish], scan: Scan) -> tuple[list[Refused], int]:
    """What no plan bears out, and how many were made."""
    if not items:
        return [], 0
    units = sorted({item.target.finding.unit for item in items})
    with overlay(root, patched(item.change for item in items), units) as copy:
        results = scan(copy, units)
    problems = _problems(items, results, before)
    if not problems:
        return [], len(units)
    refused = [Refused(item.target, *problems[i]) for i, item in enumerate(items) if i in problems]
    rest = [item for i, item in enumerate(items) if i not in problems]
    more, plans = _confirmed(root, rest, before, scan)
    return [*refused, *more], plans + len(units)


def _problems(
    items: Sequence[Accepted], results: Sequence[UnitResult], before: set[Wish]
) -> Mapping[int, tuple[str, str]]:
    """The items that the plans do not bear out, and why."""
    broken = {
        r.path: (r.error or "it could not be planned", r.next_step) for r in results if r.status is UnitStatus.ERROR
    }
    after = wishes(results)
    found: dict[int, tuple[str, str]] = {}
    for i, item in enumerate(items):
        unit, address, attribute = item.target.finding.unit, item.target.finding.address, item.target.attribute.path
        if unit in broken:
            found[i] = (f"with the patch {unit} does not plan: {broken[unit][0]}", broken[unit][1])
        elif any(wish[0] == unit and wish[2] == address and _overlap(wish[3], attribute) for wish in after):
            found[i] = (f"with the patch the plan still changes {attribute}", "edit it by hand")
    for unit, _, address, attribute in sorted(after - before):
        why = (f"with the patch the plan would change {address} {attribute}", "edit it by hand")
        found |= dict.fromkeys(set(_blamed(items, unit, address)) - found.keys(), why)
    return found


def _blamed(items: Sequence[Accepted], unit: str, address: str) -> list[int]:
    """Whose doing a new wish may be: the changes of that resource, else every change in the unit."""
    near = [i for i, item in enumerate(items) if item.target.finding.unit == unit]
    own = [i for i in near if items[i].target.finding.address == address]
    return own or near


def _overlap(left: str, right: str) -> bool:
    return left == right or left.startswith((f"{right}.", f"{right}[")) or right.startswith((f"{left}.", f"{left}["))
