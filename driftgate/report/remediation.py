"""A remediation plan for people and machines, redacted by whoever hands it out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from driftgate.finding import Finding, Report, UnitResult
from driftgate.remediate.conflicts import Conflict
from driftgate.remediate.execute.document import FORMAT_VERSION, PatchedFile
from driftgate.remediate.execute.ways import changes_of
from driftgate.remediate.step import RemediationPlan, Step
from driftgate.report.render import render
from driftgate.report.view import plural


def to_json(
    plan: RemediationPlan, report: Report, *, files: Sequence[Sequence[PatchedFile]], var_files: Sequence[str]
) -> str:
    """The plan as a versioned document, which `dg remediate apply` reads back.

    `report` is the scan that it was made from, `files` what each step's patch changes, `var_files` the SHA-256 of the
    variable files that were given to it.
    """
    units = {(step.finding.unit, step.finding.workspace) for step in plan.steps}
    document = {
        "format_version": FORMAT_VERSION,
        "created": report.started,
        "units": [_version(unit) for unit in report.units if (unit.path, unit.workspace) in units],
        "var_files": list(var_files),
        "steps": [
            _step(number, step) | {"files": [msgspec.structs.asdict(file) for file in changed]}
            for number, (step, changed) in enumerate(zip(plan.steps, files, strict=True), start=1)
        ],
        "left": [
            _finding(left.finding) | {"reasons": dict(left.reasons), "chosen_by": left.chosen_by} for left in plan.left
        ],
        "conflicts": [_conflict(conflict) for conflict in plan.conflicts],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def to_text(plan: RemediationPlan, format: str, *, color: bool = False, width: int = 100) -> str:
    """The plan as `table` or `markdown`."""
    template = {"table": "remediation.txt.j2", "markdown": "remediation.md.j2"}[format]
    view: dict[str, Any] = {"steps": _numbered(plan), "left": _left(plan), "conflicts": _conflicts(plan)}
    return render(template, color=color, width=width, headline=headline(plan), **view)


def headline(plan: RemediationPlan) -> str:
    """How many steps of which strategy, and how many findings are left."""
    counts: dict[str, int] = {}
    for step in plan.steps:
        counts[step.strategy] = counts.get(step.strategy, 0) + 1
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    steps = plural(len(plan.steps), "step") + (f" ({said})" if said else "")
    left = f"{plural(len(plan.left), 'finding')} left" if plan.left else ""
    held = f"{plural(len(plan.conflicts), 'object')} in several states" if plan.conflicts else ""
    return ", ".join(filter(None, (steps, left, held)))


def _numbered(plan: RemediationPlan) -> list[dict[str, Any]]:
    return [
        _step(number, step) | {"lines": [shlex.join(command) for command in step.draft.commands]}
        for number, step in enumerate(plan.steps, start=1)
    ]


def _left(plan: RemediationPlan) -> list[dict[str, Any]]:
    return [_finding(left.finding) | {"reasons": left.reasons, "chosen_by": left.chosen_by} for left in plan.left]


def _conflicts(plan: RemediationPlan) -> list[dict[str, Any]]:
    return [
        _conflict(conflict) | {"lines": [shlex.join(command) for command in conflict.commands]}
        for conflict in plan.conflicts
    ]


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "type": conflict.type,
        "id": conflict.id,
        "holders": [asdict(holder) for holder in conflict.holders],
        "keep": conflict.keep.unit if conflict.keep else None,
        "advice": conflict.advice,
        "commands": [list(command) for command in conflict.commands],
    }


def _step(number: int, step: Step) -> dict[str, Any]:
    draft = step.draft
    return _finding(step.finding) | {
        "number": number,
        "strategy": step.strategy,
        "chosen_by": step.chosen_by,
        "does": draft.does,
        "commands": [list(command) for command in draft.commands],
        "patch": draft.patch,
        "proved": draft.proved,
        "targets": list(draft.targets),
        "risk": {"destroys": step.risk.destroys, "impact": list(step.risk.impact)},
        "undo": draft.undo,
        "others": dict(step.others),
    }


def _version(unit: UnitResult) -> dict[str, Any]:
    return {
        "path": unit.path,
        "workspace": unit.workspace,
        "identity": unit.identity,
        "lineage": unit.lineage,
        "serial": unit.serial,
        "tool": unit.tool,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "unit": finding.unit,
        "workspace": finding.workspace,
        "address": finding.address,
        "class": finding.cls.value,
        "severity": str(finding.severity),
        "attributes": [a.path for a in finding.attributes if a.cls is finding.cls],
        "changes": list(changes_of(finding)),
        "actions": list(finding.actions),
        "fingerprint": finding.fingerprint,
    }
