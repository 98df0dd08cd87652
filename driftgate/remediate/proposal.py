"""What is to be accepted, the change that accepts each, what is refused and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftgate.attribute_path import Steps, read_steps
from driftgate.finding import AttributeChange, DriftClass, Finding
from driftgate.remediate.effects import UnitKey
from driftgate.remediate.patch import patched
from driftgate.remediate.trace.wanted import Change


@dataclass(frozen=True, slots=True)
class Target:
    """One attribute that is to be accepted."""

    finding: Finding
    attribute: AttributeChange

    @property
    def unit(self) -> UnitKey:
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
