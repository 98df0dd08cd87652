"""Findings a line each, for spreadsheets (CSV) and for log pipelines (newline-delimited JSON)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from driftgate.finding import DriftClass, Report
from driftgate.report.json_report import FORMAT_VERSION, document, hidden_as_escapes
from driftgate.report.view import ReportView, Row, UnitView

COLUMNS = (
    "unit", "workspace", "address", "type", "class", "severity", "attribute", "was", "is", "reason", "file", "line",
    "fingerprint",
)  # fmt: skip
# What a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def to_csv(view: ReportView) -> str:
    """A header, then a line for each attribute that drifted; units that could not be read and objects have one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for unit in view.units:
        writer.writerows([cell(value) for value in line] for line in _of_unit(unit))
    return text.getvalue()


def to_ndjson(report: Report) -> str:
    """The JSON report cut in lines: one `record` report, then one `unit` and its `finding`s for each unit."""
    tree = document(report)
    units = tree.pop("units")
    found = [{"record": "report", **tree}]
    for unit in units:
        findings = unit.pop("findings")
        found.append({"record": "unit", "format_version": FORMAT_VERSION, **unit})
        where = {"unit": unit["path"], "workspace": unit["workspace"]}
        found += [{"record": "finding", "format_version": FORMAT_VERSION, **where, **finding} for finding in findings]
    return "".join(map(record, found))


def record(entry: dict[str, Any]) -> str:
    """`entry` as a line of newline-delimited JSON."""
    return hidden_as_escapes(json.dumps(entry, ensure_ascii=False, allow_nan=False, separators=(",", ":"))) + "\n"


def _of_unit(unit: UnitView) -> Iterator[tuple[object, ...]]:
    if not unit.ok:
        yield (unit.path, unit.workspace, "", "", DriftClass.UNREAD, "", "", "", "", unit.error, "", "", "")
    for row in unit.rows:
        yield from _of_row(row)


def _of_row(row: Row) -> Iterator[tuple[object, ...]]:
    head = (row.unit, row.workspace, row.address, row.type)
    place = (row.place.file, row.place.line) if row.place else ("", "")
    if not row.attributes:
        yield (*head, row.cls, row.severity, "", "", "", row.reason, *place, row.fingerprint)
    for a in row.attributes:
        reason = a.reason or row.reason
        yield (*head, a.cls, a.severity, a.path, a.was, a.now, reason, *place, row.fingerprint)


def cell(value: object) -> str:
    """`value` as a CSV field that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text
