"""The gate before a remediation: the same checks and the same approvals as before an apply behind dg."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from driftgate.cli.emit import note
from driftgate.cli.settings import settings_in_force
from driftgate.remediate.execute.document import Document, DocumentStep
from driftgate.remediate.execute.foreseen import bound_of, findings_of, plan_of
from driftgate.safety.actor import actor, name_of
from driftgate.safety.approvals.book import State
from driftgate.safety.approvals.statement import ApprovalError, Kind
from driftgate.safety.open import open_approvals
from driftgate.tfexec.plan import Plan
from driftgate.wrap.gate import Proposal, destroyed, judge


def needs_approval(document: Document, steps: Sequence[DocumentStep], root: Path) -> bool:
    """Whether the gate lets the steps through only with an approval, which is there. Says what the gate says.

    Raises ApprovalError where there is none.
    """
    settings = settings_in_force().settings
    if settings.gate.mode == "off":
        return False
    blocks = judge(Proposal(plan_of(steps), findings_of(steps)), settings.gate)
    if settings.gate.mode == "observe":
        for block in blocks:
            note(f"the gate would block this: {block.message} ({block.rule})")
        return False
    if not blocks:
        return False
    bound = bound_of(document)
    standing = open_approvals(settings, os.environ, folder=root).check(bound, datetime.now(UTC))
    if standing.state is not State.GRANTED:
        for block in blocks:
            note(f"blocked: {block.message} ({block.rule})")
        raise ApprovalError(
            f"nothing was done: this plan is not approved ({standing.why})",
            next_step="`dg approve request PLAN.json`, and when it is granted run this again",
        )
    return True


def use_approval(document: Document, run: str, root: Path) -> str:
    """Use the approval up for this run; once more for the same run is the same use. Its id. Raises ApprovalError."""
    bound = bound_of(document)
    book = open_approvals(settings_in_force().settings, os.environ, folder=root)
    by = f"{name_of(actor(os.environ))}, run {run}"
    used = book.find(bound.id, Kind.USE)
    if used is None or used.by != by or used.bound != bound:
        book.consume(bound, by, datetime.now(UTC))
    return bound.id


def gate_blocks(steps: Sequence[DocumentStep], plan: Plan, *, approved: bool) -> list[str]:
    """What stands against the real plan of steps: an approval is for what the plan file told, no more."""
    gate = settings_in_force().settings.gate
    told = {address for step in steps if step.risk.destroys for address in (step.address, *step.addresses)}
    foreseen = approved and told.issuperset(destroyed(plan))
    if gate.mode != "enforce" or foreseen:
        return []
    return [f"{block.message} ({block.rule})" for block in judge(Proposal(plan), gate)]


def details_of(document: Document) -> Mapping[str, object]:
    """What an approver of the plan should know, without values."""
    steps = document.steps
    acts: dict[str, int] = {}
    for step in steps:
        acts[step.strategy] = acts.get(step.strategy, 0) + 1
    gate = settings_in_force().settings.gate
    return {
        "unit": ", ".join(sorted({unit.path for unit in document.units})),
        "actions": dict(sorted(acts.items())),
        "destroys": [step.address for step in steps if step.risk.destroys][:50],
        "gate": [f"{b.message} ({b.rule})" for b in judge(Proposal(plan_of(steps), findings_of(steps)), gate)],
    }
