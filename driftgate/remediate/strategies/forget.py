"""Forget: the state lets go of the object, and nothing is destroyed."""

from __future__ import annotations

from driftgate.finding import DriftClass, Finding
from driftgate.remediate.options import of_unit
from driftgate.remediate.step import Draft, Facts


def forget(finding: Finding, facts: Facts) -> Draft | str:
    """`dg state rm`, which backs the state up first; the removed block worked out for an object that is there."""
    found = facts.prepared.get("forget", {}).get(finding.fingerprint)
    if found is not None:
        return found
    if finding.cls is not DriftClass.MISSING:
        return "the object is there: --strategy forget ends its management and leaves it without an owner"
    command = ("dg", "state", "rm", finding.address, *of_unit(finding.unit, finding.workspace), "--yes")
    does = "takes it out of the state; without taking its block out of the code, the next apply creates it again"
    return Draft(does, "dg state rollback --undo", (command,))
