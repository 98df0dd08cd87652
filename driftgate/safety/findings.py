"""Masks findings, units and whole reports with what a Redactor knows; addresses and attribute names stay readable."""

from __future__ import annotations

import re
from dataclasses import replace

from driftgate.finding import AttributeChange, Finding, Mark, Report, UnitResult
from driftgate.safety.redact import MASK, Redactor

_KEY = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')


def redact_report(report: Report, taint: Redactor) -> Report:
    """`report` without a secret in it: nothing else may be handed to a sink. Redacting twice changes nothing."""
    return replace(report, units=tuple(redact_unit(unit, taint) for unit in report.units))


def redact_unit(unit: UnitResult, taint: Redactor) -> UnitResult:
    """`unit` with its error, notes and findings masked; path and workspace are names and stay."""
    return replace(
        unit,
        error=None if unit.error is None else taint.text(unit.error),
        next_step=taint.text(unit.next_step),
        notes=tuple(taint.text(note) for note in unit.notes),
        identity=taint.text(unit.identity),
        planner=taint.text(unit.planner),
        findings=tuple(redact_finding(finding, taint) for finding in unit.findings),
    )


def redact_finding(finding: Finding, taint: Redactor) -> Finding:
    """`finding` with instance keys, reasons and attribute values masked."""
    return replace(
        finding,
        address=_KEY.sub(lambda key: f'["{taint.text(key[1])}"]', finding.address),
        reason=taint.text(finding.reason),
        attributes=tuple(_attribute(change, taint) for change in finding.attributes),
    )


def _attribute(change: AttributeChange, taint: Redactor) -> AttributeChange:
    before = change.live if change.state is Mark.ABSENT else change.state

    def masked(value: object) -> object:
        if isinstance(value, Mark):
            return value
        if isinstance(before, Mark):
            return taint.value(change.path, value, sensitive=change.sensitive)
        return taint.value(change.path, value, sensitive=change.sensitive, before=before)

    state, live = masked(change.state), masked(change.live)
    planned = state if change.planned is change.state else masked(change.planned)
    path, reason = taint.text(change.path), taint.text(change.reason)
    before_and_after = zip(_contents(change), (path, state, live, planned, reason), strict=True)
    if all(old is new for old, new in before_and_after):
        return change
    return replace(change, path=path, state=state, live=live, planned=planned, reason=reason)


def _contents(change: AttributeChange) -> tuple[object, ...]:
    return change.path, change.state, change.live, change.planned, change.reason


def redactions(report: Report) -> int:
    """How many values of a redacted `report` are masked, wholly or in part."""
    words = [text for unit in report.units for text in (unit.error or "", unit.identity, *unit.notes)]
    for finding in report.findings:
        words += [finding.address, finding.reason]
        words += [word for a in finding.attributes for word in (a.path, a.reason, _spelled(a))]
    return sum(MASK[:-1] in word for word in words)


def _spelled(change: AttributeChange) -> str:
    return f"{change.state!r} {change.live!r} {change.planned!r}"
