"""What a scan finds: classes, severities, findings, per-unit results. Types only, shared by everything above."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum


class DriftClass(StrEnum):
    """Which kind of difference this is (docs/drift-classes.md)."""

    MISSING = "missing"
    REVERTED_BY_APPLY = "reverted-by-apply"
    OUTSIDE_CODE = "outside-code"
    UNMANAGED = "unmanaged"
    UNREAD = "unread"
    PENDING = "pending"
    IGNORED = "ignored"
    COMPUTED = "computed"

    @property
    def is_drift(self) -> bool:
        """Whether it counts as a finding for the exit code."""
        return self in _DRIFT


_DRIFT = frozenset({DriftClass.MISSING, DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE, DriftClass.UNMANAGED})


class Severity(IntEnum):
    """How much a finding matters, ordered; `str()` gives the name used in every output."""

    NONE = 0
    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, name: str) -> Severity:
        """The severity of that name. Raises KeyError for any other word."""
        return cls[name.upper()]


class Mark(Enum):
    """Stands where a value cannot: the attribute is absent, or known only after apply."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute at `path` (`tags.Name`, `ingress`, `versioning_configuration[0].status`) seen three times.

    `state` is what the state recorded, `live` what the cloud holds, `planned` what the next apply would make it.
    `reason` says in a few words why it has this class or severity.
    """

    path: str
    cls: DriftClass
    severity: Severity
    state: object
    live: object
    planned: object
    sensitive: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceRange:
    """Where a resource block stands: `file` relative to the repo root, 1-based first and last `line`."""

    file: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One resource instance that differs, with every attribute that does.

    `cls` and `severity` are the gravest of its attributes' (drift before not-drift). `actions` are what the next
    apply would do, as Terraform spells them. `deposed` findings carry the key in the address, `(deposed abcd1234)`.
    """

    unit: str
    workspace: str
    address: str
    type: str
    cls: DriftClass
    severity: Severity
    attributes: tuple[AttributeChange, ...] = ()
    actions: tuple[str, ...] = ()
    reason: str = ""
    source: SourceRange | None = None

    @property
    def fingerprint(self) -> str:
        """Stable over runs and machines while the same attributes of the same resource differ the same way.

        Made of names only, never of values: a hash of a secret can be guessed.
        """
        paths = sorted(a.path for a in self.attributes if a.cls is self.cls)
        parts = [self.unit, self.workspace, self.address, self.cls.value, *paths]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class UnitStatus(StrEnum):
    """Whether a unit could be read."""

    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class UnitResult:
    """A scanned unit. With `status` error, `error` says why and `findings` hold what could be read all the same.

    `checked` counts the resource instances looked at; `notes` are sentences worth showing (stale state, moved
    serial, chosen backend file). `backend` and `identity` say where its state is, `planner` what planned it where there
    was a choice.
    """

    path: str
    workspace: str
    status: UnitStatus
    error: str | None = None
    next_step: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    tool: str = "terraform"
    planner: str = ""
    backend: str = ""
    identity: str = ""
    serial: int | None = None
    lineage: str = ""
    checked: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one scan: units in path order, and how it was made."""

    units: tuple[UnitResult, ...]
    reader: str
    started: str
    seconds: float
    recorded: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for unit in self.units for f in unit.findings)

    @property
    def errors(self) -> tuple[UnitResult, ...]:
        return tuple(u for u in self.units if u.status is UnitStatus.ERROR)


def gravest(severities: Iterable[Severity]) -> Severity:
    """The highest of the severities, NONE for no severities."""
    return max(severities, default=Severity.NONE)
