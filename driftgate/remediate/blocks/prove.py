"""The proof of blocks: on a copy of the repo that has them, the plan does what they say, and nothing new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from driftgate.finding import Finding, UnitResult, UnitStatus
from driftgate.remediate.blocks.item import BlockItem, NoBlock
from driftgate.remediate.overlay import overlay
from driftgate.remediate.patch import patched
from driftgate.remediate.prove import Scan, Wish, wishes
from driftgate.remediate.trace.site import CannotTraceError


def confirmed(
    root: Path, items: Sequence[BlockItem], results: Sequence[UnitResult], scan: Scan, on: Sequence[BlockItem] = ()
) -> tuple[list[BlockItem], list[NoBlock]]:
    """The items that a plan bears out, and the others with what it said.

    `results` are those of the scan that the items come from; what was borne out before, and is in the copy too, is
    `on`. One plan per unit, more only where one disagrees.
    """
    if not items:
        return [], []
    before, units = wishes(results), sorted({item.finding.unit for item in items})
    every = [*on, *items]
    try:
        with overlay(root, patched(item.change for item in every), units) as copy:
            after = scan(copy, units)
    except CannotTraceError as error:
        return _apart(root, items, results, scan, on, error.message)
    broken = [result for result in after if result.status is UnitStatus.ERROR]
    if broken:
        why = f"with the block {broken[0].path} does not plan: {broken[0].error or 'it could not be read'}"
        return _apart(root, items, results, scan, on, why)
    reasons = _reasons(items, after, before, {(item.finding.unit, address) for item in every for address in item.acts})
    if not reasons:
        return list(items), []
    kept, refused = confirmed(root, [item for i, item in enumerate(items) if i not in reasons], results, scan, on)
    return kept, [*refused, *(NoBlock(items[i].finding, why) for i, why in reasons.items())]


def _apart(
    root: Path, items: Sequence[BlockItem], results: Sequence[UnitResult], scan: Scan, on: Sequence[BlockItem], why: str
) -> tuple[list[BlockItem], list[NoBlock]]:
    """Look for the one to blame: by halves, the second on top of what holds of the first."""
    if len(items) == 1:
        return [], [NoBlock(items[0].finding, why)]
    middle = len(items) // 2
    kept, refused = confirmed(root, items[:middle], results, scan, on)
    more, others = confirmed(root, items[middle:], results, scan, [*on, *kept])
    return [*kept, *more], [*refused, *others]


def _reasons(
    items: Sequence[BlockItem], after: Sequence[UnitResult], before: set[Wish], expected: set[tuple[str, str]]
) -> Mapping[int, str]:
    """By number the items that the plans do not bear out, and why; `expected` are the units and addresses that some
    block is about."""
    found = {(r.path, f.address): f for r in after for f in r.findings}
    reasons = {}
    for i, item in enumerate(items):
        why = next(filter(None, (_objection(found, item, address) for address in item.acts)), "")
        if why:
            reasons[i] = why
    for unit, _, address, attribute in sorted(wishes(after) - before):
        if (unit, address) not in expected:
            why = f"with the block the plan would change {address} {attribute}".rstrip()
            blamed = (i for i, item in enumerate(items) if item.finding.unit == unit)
            reasons = dict.fromkeys(blamed, why) | reasons
    return reasons


def _objection(found: Mapping[tuple[str, str], Finding], item: BlockItem, address: str) -> str:
    act = act_of(found.get((item.finding.unit, address)))
    return "" if act == item.acts[address] else f"with the block the plan would {_said(act)} {address}"


def act_of(finding: Finding | None) -> str:
    """What the next apply does with an object in a word, `no-op` where it does nothing."""
    actions = set(finding.actions) - {"no-op", "read"} if finding is not None else set()
    return "replace" if len(actions) > 1 else next(iter(actions), "no-op")


def _said(act: str) -> str:
    return "still have" if act == "no-op" else act


def shown(items: Iterable[NoBlock]) -> dict[str, str]:
    """By fingerprint why no block closes the finding."""
    return {item.finding.fingerprint: item.reason for item in items}
