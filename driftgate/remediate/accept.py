"""Accept: the code takes on what is live. Which literals change for it, and what else would change with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driftgate.address import Address
from driftgate.attribute_path import read_steps
from driftgate.finding import AttributeChange
from driftgate.hcl.edit import Edit, overlap
from driftgate.remediate.contained import reached
from driftgate.remediate.effects import OpenSite, UnitKey
from driftgate.remediate.patch import patched, second_opinion
from driftgate.remediate.proposal import Accepted, Proposal, Refused, Target
from driftgate.remediate.trace.resource import resource_change
from driftgate.remediate.trace.site import CannotTraceError, Site
from driftgate.remediate.trace.wanted import Change

KEPT_ELSEWHERE = "the value is a secret, which belongs in no diff"


def accept(
    root: Path,
    wanted: Sequence[Target],
    open_site: OpenSite,
    *,
    others: Sequence[UnitKey],
    is_secret: Callable[[AttributeChange], bool] = lambda attribute: attribute.sensitive,
    wide: bool = False,
) -> Proposal:
    """The smallest edits that make the code say what is live. What `is_secret` is left alone.

    `others` are all units (path, workspace) of the repo: a literal in a shared module is theirs too. A change that
    gives any other attribute another value is refused, unless it is `wide`.
    """
    sites: dict[UnitKey, Site] = {}

    def opened(at: Path, unit: str, workspace: str) -> Site:
        known = sites.get((unit, workspace)) if at == root else None
        return known or open_site(at, unit, workspace)

    accepted: list[Accepted] = []
    refused: list[Refused] = []
    for target in wanted:
        try:
            if is_secret(target.attribute):
                raise CannotTraceError(KEPT_ELSEWHERE, next_step="change it where it is kept")
            accepted.append(Accepted(target, _traced(root, target, sites, open_site)))
        except CannotTraceError as error:
            refused.append(Refused(target, error.message, error.next_step))
    accepted, clashing = _joinable(accepted)
    accepted, unaccepted, after = _written(accepted)
    refused += [*clashing, *unaccepted]
    if not wide and accepted:
        accepted, spread = _contained(root, accepted, after, others, opened)
        refused += spread
        after = patched(item.change for item in accepted) if spread else after
    before = {item.change.path: item.change.text for item in accepted}
    return Proposal(tuple(accepted), tuple(refused), before, after)


def _traced(root: Path, target: Target, sites: dict[UnitKey, Site], open_site: OpenSite) -> Change:
    attribute = target.attribute
    if target.unit not in sites:
        sites[target.unit] = open_site(root, *target.unit)
    if " (deposed " in target.finding.address:
        raise CannotTraceError("the object is deposed: the code is not about it", next_step="apply destroys it")
    address = Address.parse(target.finding.address)
    steps = read_steps(attribute.path)
    change = resource_change(sites[target.unit], address, steps, attribute.live, attribute.planned)
    if not change.edits:
        raise CannotTraceError("the code says already what is live", next_step="scan again")
    return change


def _joinable(accepted: Sequence[Accepted]) -> tuple[list[Accepted], list[Refused]]:
    """Those that can be done together; one that wants what another has changed already is refused."""
    kept: list[Accepted] = []
    refused = []
    edits: dict[str, list[Edit]] = {}
    for item in accepted:
        together = [*edits.get(item.change.path, ()), *item.change.edits]
        if overlap(together):
            refused.append(Refused(item.target, "another change wants the same place", "make it after the other"))
        else:
            edits[item.change.path] = together
            kept.append(item)
    return kept, refused


def _written(accepted: Sequence[Accepted]) -> tuple[list[Accepted], list[Refused], dict[str, str]]:
    """Those in files that both parsers accept afterwards, the rest with the reason, and the new texts."""
    by_path: dict[str, list[Accepted]] = {}
    for item in accepted:
        by_path.setdefault(item.change.path, []).append(item)
    after: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for path, items in sorted(by_path.items()):
        try:
            text = patched(item.change for item in items)[path]
            reasons[path] = second_opinion(path, items[0].change.text, text)
        except CannotTraceError as error:
            reasons[path] = error.message
        if not reasons[path]:
            after[path] = text
    kept = [item for item in accepted if item.change.path in after]
    left = [item for item in accepted if item.change.path not in after]
    return kept, [Refused(item.target, reasons[item.change.path], "edit it by hand") for item in left], after


def _contained(
    root: Path,
    accepted: Sequence[Accepted],
    texts: Mapping[str, str],
    others: Sequence[UnitKey],
    open_site: OpenSite,
) -> tuple[list[Accepted], list[Refused]]:
    """Those whose change reaches nothing but what was to be accepted."""
    beyond = reached(root, accepted, texts, others, open_site)
    refused = []
    for i, places in sorted(beyond.items()):
        named = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
        why = f"this literal also feeds {named}"
        refused.append(Refused(accepted[i].target, why, "give it a value of its own, or --wide"))
    return [item for i, item in enumerate(accepted) if i not in beyond], refused
