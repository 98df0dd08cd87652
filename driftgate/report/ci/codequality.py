"""GitLab's Code Quality report: an array of issues on lines, shown in the merge request's widget and diff.

Fields: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format (a fingerprint shows once only).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from driftgate.finding import DriftClass, Severity
from driftgate.report.ci.wording import failure, file_and_lines, main_file, sentence
from driftgate.report.view import ReportView, Row, UnitView

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
    Severity.NONE: "info",
}


def code_quality(view: ReportView) -> str:
    """The Code Quality JSON of `view`: failures first, then every finding."""
    found = [*map(_failure, view.failures), *map(_issue, view.rows)]
    return document(found)


def document(entries: list[dict[str, Any]]) -> str:
    """The Code Quality JSON of entries, each made by `entry`."""
    return json.dumps(list(_with_own_fingerprints(entries)), ensure_ascii=False, indent=1) + "\n"


def _issue(row: Row) -> dict[str, Any]:
    file, line, _ = file_and_lines(row.place, row.unit)
    severity = "major" if row.cls is DriftClass.UNREAD else _SEVERITIES[row.severity]
    return entry(sentence(row), f"driftgate/{row.cls}", row.fingerprint, severity, file, line)


def _failure(unit: UnitView) -> dict[str, Any]:
    return entry(
        failure(unit),
        "driftgate/unit-not-read",
        _hash(f"{unit.path}\0{unit.workspace}"),
        "blocker",
        main_file(unit.path),
        1,
    )


def entry(text: str, check: str, fingerprint: str, severity: str, file: str, line: int) -> dict[str, Any]:
    """An issue on a line; `severity` is GitLab's word."""
    return {
        "description": text,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line}},
    }


def _with_own_fingerprints(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries, a repeated fingerprint made another one: GitLab would show only the first."""
    met: dict[str, int] = {}
    for given in entries:
        fingerprint = given["fingerprint"]
        met[fingerprint] = met.get(fingerprint, 0) + 1
        again = met[fingerprint]
        yield given if again == 1 else {**given, "fingerprint": _hash(f"{fingerprint}\0{again}")}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
