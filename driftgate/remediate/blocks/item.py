"""A finding that a block closes: the edits, and what a plan may still do afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driftgate.finding import Finding
from driftgate.remediate.commands import terraform
from driftgate.remediate.patch import patched, second_opinion, unified_diff
from driftgate.remediate.step import Draft, Facts
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.remediate.trace.wanted import Change


@dataclass(frozen=True, slots=True)
class BlockItem:
    """What closes `finding`: `does` says it in a sentence. `acts` are by address the actions that a plan has there
    afterwards; every other address is left as it was."""

    finding: Finding
    does: str
    change: Change
    acts: Mapping[str, str]
    undo: str

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.acts)


@dataclass(frozen=True, slots=True)
class NoBlock:
    """A finding that no block closes, and why."""

    finding: Finding
    reason: str


def drafts(items: Iterable[BlockItem], facts: Facts, name: str, *, proved: bool) -> dict[str, Draft]:
    """By fingerprint the step of each item; `name` is of the saved plan."""
    return {item.finding.fingerprint: _draft(item, facts, name, proved) for item in items}


def _draft(item: BlockItem, facts: Facts, name: str, proved: bool) -> Draft:
    targets = [f"-target={address}" for address in item.targets]
    commands = (
        terraform(item.finding, facts, "plan", f"-out={name}.tfplan", *targets),
        terraform(item.finding, facts, "apply", f"{name}.tfplan"),
    )
    return Draft(item.does, item.undo, commands, diff_of([item.change]), proved, targets=item.targets)


def both_accept(items: Iterable[BlockItem]) -> tuple[list[BlockItem], list[NoBlock]]:
    """The items after which both HCL parsers take the file, and why the others are none: a team's own template may
    write anything."""
    kept, refused = [], []
    for item in items:
        path, before = item.change.path, item.change.text
        try:
            why = second_opinion(path, before, patched([item.change])[path])
        except CannotTraceError as error:
            why = error.message
        if why:
            refused.append(NoBlock(item.finding, why))
        else:
            kept.append(item)
    return kept, refused


def diff_of(changes: Sequence[Change]) -> str:
    """The diff of these changes alone."""
    return unified_diff({change.path: change.text for change in changes}, patched(changes))
