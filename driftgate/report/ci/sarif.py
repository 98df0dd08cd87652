"""SARIF 2.1.0 for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

One run per unit, so that the next upload of one unit closes no alert of another. GitHub takes 20 runs in a file and
shows 5,000 results, matches alerts by `primaryLocationLineHash` alone, and reads `security-severity` from rules only
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from driftgate import __version__
from driftgate.finding import DriftClass, Severity
from driftgate.report.ci.wording import failure, file_and_lines, label, main_file, sentence
from driftgate.report.view import ReportView, Row, UnitView, plural

RUNS = 20
RESULTS = 5_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "note",
    Severity.NONE: "note",
}
# GitHub: over 9.0 critical, 7.0 high, 4.0 medium, above zero low.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.5"}
_CLASSES = {
    DriftClass.MISSING: "The object is gone from the cloud.",
    DriftClass.REVERTED_BY_APPLY: "Changed outside Terraform; the next apply puts it back.",
    DriftClass.OUTSIDE_CODE: "Changed outside Terraform; the code does not set it.",
    DriftClass.UNMANAGED: "In the cloud, in no state.",
    DriftClass.UNREAD: "Could not be read: this says nothing about drift.",
}
_NOT_READ = {
    "id": "unit-not-read",
    "shortDescription": {"text": "A unit could not be read"},
    "fullDescription": {"text": "Its drift is unknown. This is never the same as no drift."},
    "defaultConfiguration": {"level": "error"},
    "properties": {"tags": ["terraform", "drift"]},
}
_Json = dict[str, Any]


def sarif(view: ReportView) -> str:
    """The SARIF text of `view`: the gravest 5,000 findings, and a notification where there were more."""
    kept = {id(row) for row in view.rows[:RESULTS]}
    left = left_out(len(view.rows) - len(kept), "finding", " of lesser severity")
    runs = [_run(name, _rows(units, kept), left) for name, units in _read(view)]
    # What could not be read gets a run of its own: a run without results would close the unit's alerts.
    runs.append(_not_read(view, _rows(view.failures, kept), left))
    return document(runs)


def document(runs: list[_Json]) -> str:
    """The SARIF text of finished runs."""
    tree = {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(tree, ensure_ascii=False, indent=1) + "\n"


def _read(view: ReportView) -> list[tuple[str, Sequence[UnitView]]]:
    read = [unit for unit in view.units if unit.ok]
    if len(read) < RUNS:
        return [(f"driftgate/{label(unit.path, unit.workspace)}/", (unit,)) for unit in read]
    return [("driftgate/all-units/", read)]


def _rows(units: Iterable[UnitView], kept: set[int]) -> list[Row]:
    return [row for unit in units for row in unit.rows if id(row) in kept]


def _run(name: str, rows: Sequence[Row], notes: list[_Json]) -> _Json:
    rules = {_rule_id(row): _rule(row) for row in rows}
    order = sorted(rules)
    results = [_result(row, order.index(_rule_id(row))) for row in rows]
    return run_of(name, [rules[rule] for rule in order], results, notes)


def _not_read(view: ReportView, rows: Sequence[Row], left: list[_Json]) -> _Json:
    run = _run("driftgate/not-read/", rows, [*left, *map(_notification, view.failures)])
    rules = run["tool"]["driver"]["rules"]
    run["results"] = [*(_failure(unit, len(rules)) for unit in view.failures), *run["results"]]
    rules.append(_NOT_READ)
    run["invocations"][0]["executionSuccessful"] = not view.failures
    return run


def _notification(unit: UnitView) -> _Json:
    return {"level": "error", "message": {"text": failure(unit)}}


def _failure(unit: UnitView, rule: int) -> _Json:
    name = f"{unit.path}\0{unit.workspace}".encode(errors="replace")
    return {
        "ruleId": _NOT_READ["id"],
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": failure(unit)},
        "locations": [location(main_file(unit.path), 1, 1, unit.path)],
        "partialFingerprints": fingerprints(hashlib.sha256(name).hexdigest()[:32]),
    }


def run_of(name: str, rules: list[_Json], results: list[_Json], notes: list[_Json]) -> _Json:
    """A run of driftgate: `name` is its `automationDetails.id`, `notes` are what it has to say of itself."""
    return {
        "tool": {"driver": {"name": "driftgate", "version": __version__, "rules": rules}},
        "automationDetails": {"id": name},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": results,
    }


def left_out(left: int, noun: str, which: str = "") -> list[_Json]:
    """The notification that so many results are not written; nothing for none."""
    if not left:
        return []
    text = f"{plural(left, noun)}{which} left out: code scanning keeps {RESULTS:,}"
    return [{"level": "warning", "message": {"text": text}}]


def _rule_id(row: Row) -> str:
    return str(row.cls) if row.cls is DriftClass.UNREAD else f"{row.cls}/{row.severity}"


def _rule(row: Row) -> _Json:
    properties: _Json = {"tags": ["terraform", "drift", "security"]}
    if row.severity in _SCORES and row.cls.is_drift:
        properties["security-severity"] = _SCORES[row.severity]
    of = "" if row.cls is DriftClass.UNREAD else f" ({row.severity})"
    return {
        "id": _rule_id(row),
        "shortDescription": {"text": f"Terraform drift: {row.cls}{of}"},
        "fullDescription": {"text": _CLASSES.get(row.cls, str(row.cls))},
        "defaultConfiguration": {"level": _level(row)},
        "properties": properties,
    }


def _level(row: Row) -> str:
    return "warning" if row.cls is DriftClass.UNREAD else _LEVELS[row.severity]


def _result(row: Row, rule: int) -> _Json:
    return {
        "ruleId": _rule_id(row),
        "ruleIndex": rule,
        "level": _level(row),
        "message": {"text": sentence(row)},
        "locations": [location(*file_and_lines(row.place, row.unit), row.address)],
        "partialFingerprints": fingerprints(row.fingerprint),
    }


def fingerprints(value: str) -> dict[str, str]:
    """What GitHub matches alerts by, and the same for everybody else."""
    return {"primaryLocationLineHash": f"{value}:1", "driftgate/v1": value}


def location(file: str, line: int, end_line: int, logical: str) -> _Json:
    """Lines of a file of the repo, and the resource that is meant."""
    artifact = {"uri": quote(file, safe="/._-", errors="replace"), "uriBaseId": "%SRCROOT%"}
    region = {"startLine": line, "endLine": end_line}
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
        "logicalLocations": [{"fullyQualifiedName": logical, "kind": "resource"}],
    }
