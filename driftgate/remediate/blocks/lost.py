"""Objects that the code has and the state has not: what the plan would create is looked for by its import ID."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from driftgate.address import Address
from driftgate.finding import Finding
from driftgate.remediate.adopt.import_ids import FORMATS, import_id
from driftgate.remediate.adopt.objects import Adoption, Wanted
from driftgate.remediate.blocks.item import BlockItem, NoBlock
from driftgate.remediate.blocks.same_object import whole
from driftgate.remediate.options import of_unit


def wanted(findings: Iterable[Finding], place: Mapping[str, str]) -> tuple[dict[Wanted, Finding], list[NoBlock]]:
    """What to look for by import, of everything that the plan would create; and what cannot be looked for.

    `place` are the account and region of the unit's other objects.
    """
    found: dict[Wanted, Finding] = {}
    unknown: list[NoBlock] = []
    for finding in findings:
        if finding.actions != ("create",):
            continue
        id = import_id(finding.type, whole(finding, "planned") or {}, place)
        if id is not None:
            found[Wanted(finding.type, id, Address.parse(finding.address))] = finding
        elif finding.type in FORMATS:
            unknown.append(NoBlock(finding, _by_hand(finding, "its import ID is known only after apply")))
        else:
            unknown.append(NoBlock(finding, _by_hand(finding, "no rule tells its import ID")))
    return found, unknown


def _by_hand(finding: Finding, why: str) -> str:
    where = " ".join(of_unit(finding.unit, finding.workspace))
    return f"{why}; if it exists: dg remediate adopt {where} '{finding.address}=ID'"


def steps(adoption: Adoption, findings: Mapping[Wanted, Finding]) -> tuple[list[BlockItem], list[NoBlock]]:
    """The steps of what was found, and why the rest is none; what is not there is simply new, and left out."""
    items = [
        BlockItem(
            findings[item.wanted],
            f"imports {item.wanted.id}, which exists as the code has it: it is not created again",
            change,
            {str(item.address): "no-op"},
            "git apply -R, then `dg state rm` if it was applied",
        )
        for item in adoption.adopted
        if (change := adoption.changes.get(item.wanted)) is not None
    ]
    left = [NoBlock(findings[item.wanted], item.reason) for item in adoption.left if not item.absent]
    return items, left
