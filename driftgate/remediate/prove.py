"""The proof of a patch: on a copy of the repo that has it, the plan wants nothing of it any more, and nothing new."""

from __future__ import annotations

from collections import Counter
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
    copies = _Copies(root, wishes(results), scan)
    return Proven(proposal.without(copies.refused(proposal.accepted, ())), copies.plans)


def wishes(results: Iterable[UnitResult]) -> set[Wish]:
    """All that the next apply of these units would change."""
    return {
        (result.path, result.workspace, finding.address, attribute.path)
        for result in results
        for finding in result.findings
        for attribute in finding.attributes
        if attribute.cls in _OPEN
    }


@dataclass(slots=True)
class _Copies:
    """Copies of the repo at `root` with some of the changes in them; `plans` counts the units planned there."""

    root: Path
    before: set[Wish]
    scan: Scan
    plans: int = 0

    def refused(self, items: Sequence[Accepted], on: Sequence[Accepted]) -> list[Refused]:
        """What no plan bears out, on top of what was borne out before. A unit that does not plan is looked at by
        halves, one that had no part in what is refused is not planned again."""
        if not items:
            return []
        results = self._planned(sorted({item.target.finding.unit for item in items}), [*on, *items])
        problems, broken = _problems(items, results, self._open(on)), _broken(results)
        if not problems:
            return []
        doubtful = self._doubtful([items[i] for i in sorted(problems) if items[i].target.finding.unit in broken], on)
        found = [Refused(items[i].target, *problems[i]) for i in sorted(problems) if items[i] not in doubtful]
        paths = {items[i].change.path for i in problems}
        units = {items[i].target.finding.unit for i in problems}
        rest = [item for i, item in enumerate(items) if i not in problems]
        again = [item for item in rest if item.target.finding.unit in units or item.change.path in paths]
        sound = [*on, *(item for item in rest if item not in again)]
        for part in (again, *_halves(doubtful)):
            more = self.refused(part, sound)
            sound += [item for item in part if all(item.target is not other.target for other in more)]
            found += more
        return found

    def _open(self, on: Sequence[Accepted]) -> set[Wish]:
        """What the plans wanted before the patches, but for what those in the copy have settled."""
        settled: dict[tuple[str, str], list[str]] = {}
        for item in on:
            finding = item.target.finding
            settled.setdefault((finding.unit, finding.address), []).append(item.target.attribute.path)
        return {
            wish for wish in self.before
            if not any(_overlap(wish[3], path) for path in settled.get((wish[0], wish[2]), ()))
        }  # fmt: skip

    def _doubtful(self, items: Sequence[Accepted], on: Sequence[Accepted]) -> list[Accepted]:
        """Those in units that only one of several changes may have broken: without all of them they do plan."""
        counts = Counter(item.target.finding.unit for item in items)
        several = sorted(unit for unit, count in counts.items() if count > 1)
        hopeless = _broken(self._planned(several, on)) if several else {}
        return [
            item for item in items if counts[item.target.finding.unit] > 1 and item.target.finding.unit not in hopeless
        ]

    def _planned(self, units: Sequence[str], items: Sequence[Accepted]) -> Sequence[UnitResult]:
        with overlay(self.root, patched(item.change for item in items), units) as copy:
            results = self.scan(copy, units)
        self.plans += len(units)
        silent = sorted(set(units) - {result.path for result in results})
        return [*results, *(UnitResult(unit, "", UnitStatus.ERROR, "it was not planned") for unit in silent)]


def _halves(items: Sequence[Accepted]) -> tuple[list[Accepted], list[Accepted]]:
    """Of each unit the first half of the changes, and the second."""
    by_unit: dict[str, list[Accepted]] = {}
    for item in items:
        by_unit.setdefault(item.target.finding.unit, []).append(item)
    first = [item for own in by_unit.values() for item in own[: len(own) // 2]]
    return first, [item for own in by_unit.values() for item in own[len(own) // 2 :]]


def _broken(results: Sequence[UnitResult]) -> dict[str, tuple[str, str]]:
    """The units that do not plan: why, and what to do."""
    return {
        r.path: (r.error or "it could not be planned", r.next_step) for r in results if r.status is UnitStatus.ERROR
    }


def _problems(
    items: Sequence[Accepted], results: Sequence[UnitResult], before: set[Wish]
) -> Mapping[int, tuple[str, str]]:
    """The items that the plans do not bear out, and why."""
    broken, after = _broken(results), wishes(results)
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
