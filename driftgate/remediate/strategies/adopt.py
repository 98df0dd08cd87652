"""Adopt: what exists comes under management as it is."""

from __future__ import annotations

from driftgate.finding import DriftClass, Finding
from driftgate.remediate.options import of_unit
from driftgate.remediate.step import Draft, Facts


def adopt(finding: Finding, facts: Facts) -> Draft | str:
    """The import block that was proved for an object that the code has and the state has not."""
    found = facts.prepared.get("adopt", {}).get(finding.fingerprint)
    if found is not None:
        return found
    if finding.cls is DriftClass.UNMANAGED:
        where = " ".join(of_unit(finding.unit, finding.workspace))
        return f"name it: dg remediate adopt {where} {finding.type}=ID"
    return "it is managed already" if finding.actions != ("create",) else "--strategy adopt looks whether it exists"
