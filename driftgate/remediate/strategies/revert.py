"""Revert: the world goes back to the code, by an apply of that resource alone."""

from __future__ import annotations

from driftgate.finding import DriftClass, Finding
from driftgate.remediate.commands import terraform
from driftgate.remediate.step import Draft, Facts


def revert(finding: Finding, facts: Facts) -> Draft | str:
    """A targeted plan, saved, and the apply of exactly that plan."""
    if finding.cls is DriftClass.OUTSIDE_CODE:
        return "the code does not say how it should be: an apply leaves it alone"
    if finding.cls not in (DriftClass.REVERTED_BY_APPLY, DriftClass.MISSING):
        return "nothing that an apply could put back"
    gone = finding.cls is DriftClass.MISSING
    destroys = not gone and "delete" in finding.actions
    plan = terraform(finding, facts, "plan", "-out=revert.tfplan", f"-target={finding.address}")
    apply = terraform(finding, facts, "apply", "revert.tfplan")
    if gone:
        return Draft("creates it again", "destroy it again by hand", (plan, apply))
    paths = ", ".join(a.path for a in finding.attributes if a.cls is finding.cls)
    does = f"destroys it and creates it anew for {paths}" if destroys else f"puts {paths} back"
    return Draft(does, "the live values are in the report: set them by hand", (plan, apply), destroys=destroys)
