"""Accept: the code, or only the state, takes on the world."""

from __future__ import annotations

from driftgate.finding import DriftClass, Finding
from driftgate.remediate.commands import terraform
from driftgate.remediate.step import Draft, Facts


def accept(finding: Finding, facts: Facts) -> Draft | str:
    """A patch of the code; where the code says nothing about it, a refresh of the state."""
    if finding.cls is DriftClass.OUTSIDE_CODE:
        refresh = terraform(finding, facts, "apply", "-refresh-only", f"-target={finding.address}")
        return Draft("records in the state what is there, changing nothing", "nothing was changed", (refresh,))
    if finding.cls is DriftClass.MISSING:
        return "the object is gone: take its block out of the code by hand"
    if finding.cls is not DriftClass.REVERTED_BY_APPLY:
        return "nothing that the code could say"
    patch = facts.patches.get(finding.fingerprint)
    if patch is None:
        return facts.unpatched.get(finding.fingerprint, facts.no_patch)
    paths = ", ".join(a.path for a in finding.attributes if a.cls is finding.cls)
    return Draft(f"makes the code say what is live for {paths}", "git apply -R", patch=patch, proved=facts.proved)
