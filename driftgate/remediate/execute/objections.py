"""Why a saved plan may not be applied for the steps it was made for, and what is left after it was. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from driftgate.finding import Finding
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.group import Group
from driftgate.remediate.execute.ways import DESTROYS, acts, changes_of, label_of
from driftgate.tfexec.plan import Plan


@dataclass(frozen=True, slots=True)
class Objection:
    """A sentence, and the step that it speaks against; None for the plan as a whole."""

    why: str
    step: DocumentStep | None = None


def objections(plan: Plan, group: Group, allowed: Collection[str]) -> Iterator[Objection]:
    """What the plan would do that these steps may not; `allowed` are the addresses that the user lets be destroyed."""
    if plan.errored:
        yield Objection("terraform could not finish the plan")
    if plan.deferred_changes:
        yield Objection("terraform defers a part of the plan")
    for act, change in acts(plan):
        label, step = label_of(change), group.step_at(change.address, change.previous_address, label_of(change))
        if step is None:
            first = " (apply what the `moved` blocks say first)" if act == "move" else ""
            yield Objection(f"it would also {act} {label}{first}")
        elif act not in group.way.may:
            yield Objection(f"it would {act} {label}, which {group.strategy} never does", step)
        elif act in DESTROYS and not {label, change.address} & set(allowed):
            what = "destroy" if act == "delete" else "destroy and create"
            yield Objection(f"it would {what} {label} (--allow-destroy)", step)


def unforeseen(findings: Sequence[Finding], group: Group) -> Iterator[Objection]:
    """What the plan would do that the plan file did not tell; `findings` are the plan's."""
    if group.way.plan == "refresh-only":
        told = {step.address for step in group.steps}
        yield from (
            Objection(f"it would also record {f.address}") for f in findings if f.cls.is_drift and f.address not in told
        )
    elif "update" in group.way.may:
        for step in group.steps:
            for finding in findings:
                if finding.address == step.address:
                    yield from (Objection(why, step) for why in _untold(finding, step))


def _untold(finding: Finding, step: DocumentStep) -> list[str]:
    if finding.cls.value != step.cls:
        return [f"{step.address} was {step.cls} and is {finding.cls.value}"]
    return [f"it would change {path} of {step.address} too" for path in changes_of(finding) if path not in step.changes]


def left(plan: Plan, findings: Sequence[Finding], group: Group) -> Iterator[Objection]:
    """What a plan that was made after the steps still wants of them."""
    if group.way.plan and group.way.plan != "refresh-only":
        for act, change in acts(plan):
            yield Objection(f"{act} {change.address}", group.step_at(change.address, change.previous_address))
        return
    for step in group.steps:
        here = [finding for finding in findings if finding.address == step.address]
        if group.way.plan:
            yield from (Objection(finding.address, step) for finding in here if finding.cls.is_drift)
        else:
            paths = (path for finding in here for path in changes_of(finding))
            yield from (Objection(path, step) for path in paths if path in step.attributes)
