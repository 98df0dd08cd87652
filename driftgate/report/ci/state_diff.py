"""A diff of two states in the words of other machines. A change of a state is news, no fault: the mildest level.

JUnit knows passed and failed only. As a test the diff asks whether the two states are the same, so there each change
fails.
"""

from __future__ import annotations

from typing import Any

from driftgate.report.ci.annotations import as_many_as_are_shown, command
from driftgate.report.ci.codequality import document as issues_of
from driftgate.report.ci.codequality import entry
from driftgate.report.ci.junit import document as suites_of
from driftgate.report.ci.junit import passed, suite_of, told
from driftgate.report.ci.sarif import RESULTS, fingerprints, left_out, location, run_of
from driftgate.report.ci.sarif import document as runs_of
from driftgate.report.ci.wording import changes, file_and_lines
from driftgate.report.state_diff import CHANGES, DiffRow, DiffView
from driftgate.report.text import clip

_MEANINGS = {
    "added": "An object that the state did not have.",
    "removed": "An object that the state does not have any more.",
    "moved": "The same object at another address.",
    "replaced": "Another object at the same address.",
    "changed": "The same object with other values.",
}


def sarif(view: DiffView) -> str:
    """SARIF 2.1.0: a result of level note for each resource and output."""
    kept = view.rows[:RESULTS]
    met = [change for change in CHANGES if any(row.change == change for row in kept)]
    results = [_result(row, view.unit, met) for row in kept]
    left = left_out(len(view.rows) - len(kept), "change")
    name = f"driftgate/state/{view.unit}/" if view.unit else "driftgate/state/"
    return runs_of([run_of(name, list(map(_rule, met)), results, left)])


def junit(view: DiffView) -> str:
    """JUnit XML: a suite whose cases fail, one for each change; a passed one where there is none."""
    name = view.unit or "state"
    cases = [told(name, row.label, "failure", row.change, _sentence(row)) for row in view.rows]
    return suites_of([suite_of(name, cases or [passed(name, view.headline)])])


def code_quality(view: DiffView) -> str:
    """GitLab's Code Quality report: an issue of severity info for each change."""
    entries = []
    for row in view.rows:
        file, line, _ = file_and_lines(row.place, view.unit)
        entries.append(entry(_sentence(row), _rule_id(row.change), row.fingerprint, "info", file, line))
    return issues_of(entries)


def workflow_commands(view: DiffView) -> str:
    """GitHub annotations: at most ten notices, then the headline as a line of the log."""
    commands = [_notice(row) for row in view.rows]
    return "\n".join([*as_many_as_are_shown(commands), f"driftgate: {view.headline}"]) + "\n"


def _notice(row: DiffRow) -> str:
    place = {"file": row.place.file, "line": str(row.place.line)} if row.place else {}
    return command("notice", _sentence(row), title=f"State: {row.change}", **place)


def _sentence(row: DiffRow) -> str:
    """What happened to what, as much as a review may show of it."""
    said = "; ".join(filter(None, [*row.facts, changes(row.values)]))
    return clip(f"{row.label} ({row.change}){': ' if said else ''}{said}", 1000)


def _rule_id(change: str) -> str:
    return f"state/{change}"


def _rule(change: str) -> dict[str, Any]:
    return {
        "id": _rule_id(change),
        "shortDescription": {"text": f"Terraform state: {change}"},
        "fullDescription": {"text": _MEANINGS[change]},
        "defaultConfiguration": {"level": "note"},
        "properties": {"tags": ["terraform", "state"]},
    }


def _result(row: DiffRow, unit: str, rules: list[str]) -> dict[str, Any]:
    return {
        "ruleId": _rule_id(row.change),
        "ruleIndex": rules.index(row.change),
        "level": "note",
        "message": {"text": _sentence(row)},
        "locations": [location(*file_and_lines(row.place, unit), row.label)],
        "partialFingerprints": fingerprints(row.fingerprint),
    }
