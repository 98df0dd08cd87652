"""Which stored version of a state this is: serial, lineage and the writer's version, and how two of them relate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Relation(Enum):
    """How a snapshot stands to another one of, supposedly, the same state."""

    OLDER = "<"
    NEWER = ">"
    EQUAL = "="
    """Same lineage and serial; that the content is the same too is for a writer to check."""
    UNRELATED = "!"
    """Different lineages: these are two states, neither is an older version of the other."""
    LEGACY = "?"
    """One has no lineage, as states before Terraform 0.9: nobody can tell."""


@dataclass(frozen=True, slots=True)
class SnapshotMeta:
    """A state's identity in time: `serial` grows with every write within one `lineage`."""

    serial: int
    lineage: str
    terraform_version: str

    def relation_to(self, other: SnapshotMeta) -> Relation:
        """How this snapshot stands to `other`, as Terraform's SnapshotMeta.Compare (statemgr/migrate.go) has it."""
        if not self.lineage or not other.lineage:
            return Relation.LEGACY
        if self.lineage != other.lineage:
            return Relation.UNRELATED
        if self.serial == other.serial:
            return Relation.EQUAL
        return Relation.NEWER if self.serial > other.serial else Relation.OLDER

    def written_before(self, other: SnapshotMeta) -> bool:
        """Whether an older Terraform wrote this than `other`; False where a version is missing or makes no sense."""
        mine, theirs = _release(self.terraform_version), _release(other.terraform_version)
        return bool(mine and theirs) and mine < theirs


def _release(version: str) -> tuple[int, ...]:
    """`1.12.0-beta1` as (1, 12, 0): pre-releases read and write the format of their release."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()
