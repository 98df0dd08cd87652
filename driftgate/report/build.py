"""Makes the view of a report: cleans, counts, orders and words it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from driftgate import __version__
from driftgate.address import Address
from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity, UnitResult, UnitStatus
from driftgate.report.text import clean
from driftgate.report.view import AttributeRow, Group, ReportView, Row, UnitView, Verdict, plural
from driftgate.safety.findings import redactions

_MARKS = {DriftClass.MISSING: "-", DriftClass.UNMANAGED: "+", DriftClass.UNREAD: "?"}
_NEXT_APPLY = {
    ("create",): "create it again",
    ("update",): "update it in place",
    ("delete",): "destroy it",
    ("delete", "create"): "destroy and re-create it",
    ("create", "delete"): "re-create it, then destroy the old one",
    ("forget",): "forget it",
}
_NOT_DRIFT_WORDS = {
    DriftClass.PENDING: "code not applied yet",
    DriftClass.IGNORED: "ignored",
    DriftClass.COMPUTED: "computed by the provider",
}


def view_of(report: Report) -> ReportView:
    """The view of a report that has been through `safety.findings.redact_report`."""
    units = tuple(_unit(unit) for unit in report.units)
    rows = tuple(sorted((row for unit in units for row in unit.rows), key=_row_order))
    drift = [f for f in report.findings if f.cls.is_drift]
    severities, classes = Counter(f.severity for f in drift), Counter(f.cls for f in report.findings)
    by_severity = tuple((s, severities[s]) for s in sorted(Severity, reverse=True) if severities[s])
    drifted = sum(any(f.cls.is_drift for f in unit.findings) for unit in report.units)
    unread = classes[DriftClass.UNREAD]
    return ReportView(
        version=__version__,
        verdict=_verdict(report, by_severity, drifted, unread),
        by_severity=by_severity,
        by_class=tuple((c, classes[c]) for c in DriftClass if classes[c]),
        units=units,
        rows=rows,
        failures=tuple(unit for unit in units if not unit.ok),
        not_drift=_merged(group for unit in units for group in unit.not_drift),
        unread=unread,
        drifted_units=drifted,
        checked=sum(unit.checked for unit in units),
        redactions=redactions(report),
        reader=clean(_reader(report)),
        started=clean(report.started),
        seconds=report.seconds,
        recorded=report.recorded,
    )


def _reader(report: Report) -> str:
    """How units were read, and by what where there was a choice; why stands in the JSON."""
    planners = sorted({unit.planner.partition(" (")[0] for unit in report.units} - {""})
    return f"{report.reader} ({' and '.join(planners)})" if planners else report.reader


def _verdict(report: Report, by_severity: Sequence[tuple[Severity, int]], drifted: int, unread: int) -> Verdict:
    total, failed = len(report.units), len(report.errors)
    could_not = [f"{plural(failed, 'unit')} could not be read"] if failed else []
    could_not += [f"{plural(unread, 'resource')} could not be read"] if unread else []
    checked = f"{plural(total - failed, 'unit')}, {plural(sum(u.checked for u in report.units), 'resource')} checked"
    if by_severity:
        counts = " · ".join(f"{count:,} {severity}" for severity, count in by_severity)
        where = f"in {drifted:,} of {plural(total, 'unit')}"
        return Verdict(str(by_severity[0][0]), f"Drift: {counts}", " · ".join([where, *could_not]))
    if not total:
        return Verdict("failed", "Nothing was checked", "no units")
    if failed == total:
        return Verdict("failed", f"Could not check: {could_not[0]}", "this says nothing about drift")
    if could_not:
        return Verdict("failed", f"No drift in what could be read, but {' and '.join(could_not)}", checked)
    return Verdict("clean", "No drift", checked)


def _unit(unit: UnitResult) -> UnitView:
    shown = [f for f in unit.findings if f.cls.is_drift or f.cls is DriftClass.UNREAD]
    rows = tuple(sorted(map(_row, shown), key=_row_order))
    ok = unit.status is UnitStatus.OK
    drift = sum(row.cls.is_drift for row in rows)
    gravest = max((row.severity for row in rows if row.cls.is_drift), default=Severity.NONE)
    words = [] if ok else ["could not be read"]
    words += [plural(drift, "finding")] if drift else []
    words += [f"{len(rows) - drift:,} unread"] if len(rows) > drift else []
    pending = sum(f.cls is DriftClass.PENDING for f in unit.findings)
    words = [*(words or ["no drift"]), *([f"{plural(pending, 'resource')} pending"] if pending else [])]
    return UnitView(
        path=clean(unit.path),
        workspace=clean(unit.workspace),
        tool=clean(unit.tool),
        backend=clean(unit.backend),
        identity=clean(unit.identity),
        serial=unit.serial,
        ok=ok,
        error="" if ok else clean(unit.error or "unknown"),
        next_step=clean(unit.next_step),
        status=", ".join(words),
        severity=gravest,
        rows=rows,
        not_drift=_groups(unit.findings),
        notes=tuple(map(clean, unit.notes)),
        checked=unit.checked,
        seconds=unit.seconds,
    )


def _row(finding: Finding) -> Row:
    whole = [change for change in finding.attributes if not change.path]
    attributes = sorted((_attribute(a) for a in finding.attributes if a.path), key=lambda a: (-a.severity, a.path))
    reason = _reason(finding.reason, *(change.reason for change in whole))
    return Row(
        unit=clean(finding.unit),
        workspace=clean(finding.workspace),
        address=clean(finding.address),
        type=clean(finding.type),
        cls=finding.cls,
        severity=finding.severity,
        mark=_MARKS.get(finding.cls, "~"),
        reason=reason,
        next_apply="" if "apply" in reason else _NEXT_APPLY.get(finding.actions, ""),
        place=replace(finding.source, file=clean(finding.source.file)) if finding.source else None,
        fingerprint=finding.fingerprint,
        attributes=tuple(a for a in attributes if a.cls not in _NOT_DRIFT_WORDS),
        also=tuple(a for a in attributes if a.cls is DriftClass.PENDING),
    )


def _reason(*reasons: str) -> str:
    """The reasons in one sentence, each said once. What is true of the whole object stands under an empty path."""
    said: list[str] = []
    for reason in map(clean, reasons):
        if not any(reason in other for other in said):
            said.append(reason)
    return "; ".join(filter(None, said))


def _attribute(change: AttributeChange) -> AttributeRow:
    pending = change.cls is DriftClass.PENDING
    return AttributeRow(
        path=clean(change.path),
        cls=change.cls,
        severity=change.severity,
        sensitive=change.sensitive,
        reason=clean(change.reason),
        values=(change.live, change.planned) if pending else (change.state, change.live),
    )


def _groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """What is not drift, by class and reason; a finding without attributes counts as one."""
    found: list[Group] = []
    for finding in findings:
        address = clean(finding.address)
        if finding.cls in _NOT_DRIFT_WORDS and not finding.attributes:
            found.append(_group(finding.cls, finding.reason, address))
        found += [_group(a.cls, a.reason, address) for a in finding.attributes if a.cls in _NOT_DRIFT_WORDS]
    return _merged(found)


def _group(cls: DriftClass, reason: str, address: str) -> Group:
    return Group(cls, clean(reason) or _NOT_DRIFT_WORDS[cls], 1, (address,))


def _merged(groups: Iterable[Group]) -> tuple[Group, ...]:
    """One group per class and reason, pending before computed, then the largest first."""
    merged: dict[tuple[DriftClass, str], list[Group]] = {}
    for group in groups:
        merged.setdefault((group.cls, group.reason), []).append(group)
    joined = (
        Group(cls, reason, sum(g.count for g in same), tuple(dict.fromkeys(a for g in same for a in g.addresses)))
        for (cls, reason), same in merged.items()
    )
    order = list(_NOT_DRIFT_WORDS)
    return tuple(sorted(joined, key=lambda g: (order.index(g.cls), -g.count, g.reason)))


def _row_order(row: Row) -> tuple[object, ...]:
    """Unread first, then the gravest, then as a reader would look for it."""
    return (row.cls is not DriftClass.UNREAD, -row.severity, row.unit, row.workspace, _address_order(row.address))


def _address_order(address: str) -> tuple[object, ...]:
    try:
        return (0, Address.parse(address.partition(" (deposed")[0]).sort_key, address)
    except ValueError:
        return (1, (), address)
