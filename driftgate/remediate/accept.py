"""Accept: the code takes on what is live. Which literals change for it, and what else would change with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.address import Address
from driftgate.attribute_path import Steps, read_steps
from driftgate.finding import AttributeChange, DriftClass, Finding
from driftgate.hcl.edit import Edit, overlap
from driftgate.remediate.effects import Effects, effects_of
from driftgate.remediate.overlay import overlay
from driftgate.remediate.patch import patched, second_opinion
from driftgate.remediate.trace.resource import TAGS, resource_change
from driftgate.remediate.trace.site import CannotTraceError, Site
from driftgate.remediate.trace.wanted import Change

KEPT_ELSEWHERE = "the value is a secret, which belongs in no diff"
OpenSite = Callable[[Path, str, str], Site]
"""Opens the unit at a path, in a workspace, of the repo at a root."""


@dataclass(frozen=True, slots=True)
class Target:
    """One attribute that is to be accepted."""

    finding: Finding
    attribute: AttributeChange

    @property
    def unit(self) -> tuple[str, str]:
        return self.finding.unit, self.finding.workspace

    @property
    def key(self) -> tuple[str, str, Steps]:
        return self.finding.unit, self.finding.address, read_steps(self.attribute.path)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A target and the change that accepts it."""

    target: Target
    change: Change


@dataclass(frozen=True, slots=True)
class Refused:
    """A target that no patch is offered for, and why."""

    target: Target
    reason: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What can be accepted, what cannot, and the new text of every file."""

    accepted: tuple[Accepted, ...]
    refused: tuple[Refused, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]

    def without(self, refused: Sequence[Refused]) -> Proposal:
        """The proposal when these of its targets are refused too."""
        gone = {id(item.target) for item in refused}
        kept = tuple(item for item in self.accepted if id(item.target) not in gone)
        after = patched(item.change for item in kept)
        before = {path: self.before[path] for path in after}
        return Proposal(kept, (*self.refused, *refused), before, after)


def targets(findings: Iterable[Finding]) -> list[Target]:
    """The attributes that the next apply would put back, in the order of the findings."""
    return [
        Target(finding, attribute)
        for finding in findings
        if finding.cls is not DriftClass.MISSING
        for attribute in finding.attributes
        if attribute.cls is DriftClass.REVERTED_BY_APPLY
    ]


def accept(
    root: Path,
    wanted: Sequence[Target],
    open_site: OpenSite,
    *,
    others: Sequence[tuple[str, str]],
    is_secret: Callable[[AttributeChange], bool] = lambda attribute: attribute.sensitive,
    wide: bool = False,
) -> Proposal:
    """The smallest edits that make the code say what is live. What `is_secret` is left alone.

    `others` are all units (path, workspace) of the repo: a literal in a shared module is theirs too. A change that
    gives any other attribute another value is refused, unless it is `wide`.
    """
    sites: dict[tuple[str, str], Site] = {}
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
        accepted, spread = _contained(root, accepted, after, open_site, others)
        refused += spread
        after = patched(item.change for item in accepted) if spread else after
    before = {item.change.path: item.change.text for item in accepted}
    return Proposal(tuple(accepted), tuple(refused), before, after)


def _traced(root: Path, target: Target, sites: dict[tuple[str, str], Site], open_site: OpenSite) -> Change:
    attribute = target.attribute
    if target.unit not in sites:
        sites[target.unit] = open_site(root, *target.unit)
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
    open_site: OpenSite,
    others: Sequence[tuple[str, str]],
) -> tuple[list[Accepted], list[Refused]]:
    """Those whose change reaches nothing but what was to be accepted."""
    before = effects_of(root, {item.change.path for item in accepted}, others, open_site)
    if not _spread(root, texts, accepted, before, open_site):
        return list(accepted), []
    kept, refused = [], []
    for item in accepted:
        reached = _spread(root, patched([item.change]), accepted, before, open_site)
        if reached:
            named = ", ".join(reached[:3]) + (f" and {len(reached) - 3} more" if len(reached) > 3 else "")
            refused.append(
                Refused(item.target, f"this literal also feeds {named}", "give it a value of its own, or --wide")
            )
        else:
            kept.append(item)
    return kept, refused


def _spread(
    root: Path, files: Mapping[str, str], wanted: Sequence[Accepted], before: Effects, open_site: OpenSite
) -> list[str]:
    """What the new texts of `files` change besides all that is wanted: `unit: address.attribute`."""
    with overlay(root, files) as changed:
        after = effects_of(changed, set(files), before.units, open_site)
    allowed = {(unit, address, steps[:1]) for unit, address, steps in (item.target.key for item in wanted)}
    allowed |= {(unit, address, (name,)) for unit, address, steps in allowed if steps[0] in TAGS for name in TAGS}
    return [
        f"{unit}: {address}.{name}"
        for unit, address, name in after.differing(before)
        if (unit, address, (name,)) not in allowed
    ]
