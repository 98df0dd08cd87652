"""What a plan of steps comes to for the gate, and what an approval of it is bound to."""

from __future__ import annotations

from collections.abc import Sequence

from driftgate.finding import DriftClass, Finding, Severity
from driftgate.remediate.execute.document import Document, DocumentStep
from driftgate.remediate.execute.ways import way_of
from driftgate.safety.approvals.statement import Bound
from driftgate.tfexec.plan import Change, Plan, ResourceChange


def bound_of(document: Document) -> Bound:
    """The bytes of the plan file; it names the version of every state, and is refused when one of them has moved."""
    units = document.units
    serials = [unit.serial for unit in units if unit.serial is not None]
    return Bound(
        document.sha256,
        " ".join(sorted({unit.identity for unit in units})),
        " ".join(sorted({unit.workspace for unit in units})),
        " ".join(sorted({unit.lineage for unit in units})),
        max(serials, default=0),
    )


def plan_of(steps: Sequence[DocumentStep]) -> Plan:
    """All that the steps are expected to do to states and cloud, as one plan."""
    return Plan("1.0", resource_changes=tuple(ResourceChange(step.address, Change(_actions(step))) for step in steps))


def findings_of(steps: Sequence[DocumentStep]) -> list[Finding]:
    """The drift that the steps close."""
    return [
        Finding(step.unit, step.workspace, step.address, "", DriftClass(step.cls), Severity.parse(step.severity))
        for step in steps
    ]


def _actions(step: DocumentStep) -> tuple[str, ...]:
    way = way_of(step)
    if way is None or not (way.plan or way.edit == "forget"):
        return ("no-op",)
    return step.actions if "update" in way.may and step.actions else ("update",)
