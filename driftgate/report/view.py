"""The one view of a report that every format shows: verdict, counts, ordered rows, failures, what is not drift.

Types only; `build.py` makes them. All texts in a view are one line each, without control characters.
"""

from __future__ import annotations

from dataclasses import dataclass

from driftgate.finding import DriftClass, Mark, Severity, SourceRange
from driftgate.report.values import changed_parts, show


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """A changed attribute. The values are worded on demand: most formats show few of the rows.

    For a pending change `was` is the live value and `now` the planned one, else state and live.
    """

    path: str
    cls: DriftClass
    severity: Severity
    sensitive: bool
    reason: str
    values: tuple[object, object]

    @property
    def was(self) -> str:
        """The value before, in at most 80 columns."""
        return show(self.values[0])

    @property
    def now(self) -> str:
        """The value after, in at most 80 columns."""
        return show(self.values[1])

    @property
    def parts(self) -> tuple[str, ...]:
        """The changed elements of arrays, objects and JSON texts, a line each; nothing where was → now says it all."""
        return () if self.sensitive or any(isinstance(v, Mark) for v in self.values) else changed_parts(*self.values)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding. `mark` is `~` changed, `-` missing, `+` unmanaged, `?` unread; `next_apply` says what apply would do.

    `also` are its attributes that only the code moved; `place` is where its resource block stands.
    """

    unit: str
    workspace: str
    address: str
    type: str
    cls: DriftClass
    severity: Severity
    mark: str
    reason: str
    next_apply: str
    place: SourceRange | None
    fingerprint: str
    attributes: tuple[AttributeRow, ...]
    also: tuple[AttributeRow, ...]

    @property
    def source(self) -> str:
        """The place as `file:line`, or nothing."""
        return f"{self.place.file}:{self.place.line}" if self.place else ""

    @property
    def why(self) -> str:
        """The first reason there is: of the finding, else of its gravest attribute."""
        return next((reason for reason in (self.reason, *(a.reason for a in self.attributes)) if reason), "")


@dataclass(frozen=True, slots=True)
class Group:
    """Differences that are no drift, of one class and reason: how many attributes and where."""

    cls: DriftClass
    reason: str
    count: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitView:
    """A scanned unit: its drift and unread rows, gravest first, and what is not drift."""

    path: str
    workspace: str
    tool: str
    backend: str
    identity: str
    serial: int | None
    ok: bool
    error: str
    next_step: str
    status: str
    severity: Severity
    rows: tuple[Row, ...]
    not_drift: tuple[Group, ...]
    notes: tuple[str, ...]
    checked: int
    seconds: float

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say about it but that it is clean."""
        return self.ok and not self.rows and not self.not_drift and not self.notes


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole result in a line. `level` is `clean`, `failed`, or the gravest severity's name."""

    level: str
    headline: str
    detail: str

    def __str__(self) -> str:
        return f"{self.headline} ({self.detail})" if self.detail else self.headline


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything a format may show, in the order to show it. Counts are of findings; of attributes in `not_drift`."""

    version: str
    verdict: Verdict
    by_severity: tuple[tuple[Severity, int], ...]
    by_class: tuple[tuple[DriftClass, int], ...]
    units: tuple[UnitView, ...]
    rows: tuple[Row, ...]
    failures: tuple[UnitView, ...]
    not_drift: tuple[Group, ...]
    unread: int
    drifted_units: int
    checked: int
    redactions: int
    reader: str
    started: str
    seconds: float
    recorded: bool


def plural(count: int, noun: str) -> str:
    """`1 unit`, `2 units`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
