"""Move: the object gets its new address, and is neither destroyed nor created."""

from __future__ import annotations

from driftgate.finding import Finding
from driftgate.remediate.step import Draft, Facts


def move(finding: Finding, facts: Facts) -> Draft | str:
    """The moved block that was found for what the plan destroys."""
    found = facts.prepared.get("move", {}).get(finding.fingerprint)
    if found is not None:
        return found
    if finding.actions != ("delete",):
        return "the plan does not destroy it for another address"
    return "nothing that the plan creates is the same object"
