"""The versioned JSON report (report.schema.json beside this file, docs link to it). Names here are a contract."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from driftgate import __version__
from driftgate.finding import AttributeChange, DriftClass, Finding, Mark, Report, Severity, UnitResult
from driftgate.safety.findings import redactions

FORMAT_VERSION = "1.0"
UNKNOWN = "(known after apply)"

# Valid in JSON text but hidden or harmful on a screen, or not encodable: spelled as escapes, so nothing is lost.
_HIDDEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")


def to_json(report: Report) -> str:
    """The JSON text of a redacted report."""
    return hidden_as_escapes(json.dumps(document(report), ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def laid_out(tree: Any) -> str:
    """`tree` as JSON of many lines, for people and machines; no line end follows."""
    return hidden_as_escapes(json.dumps(tree, ensure_ascii=False, indent=2))


def hidden_as_escapes(text: str) -> str:
    """JSON `text` with the characters that hide or harm on a screen spelled as escapes."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of the report."""
    loaded: dict[str, Any] = json.loads(files("driftgate.report").joinpath("report.schema.json").read_text("utf-8"))
    return loaded


def document(report: Report) -> dict[str, Any]:
    """The report as a JSON tree."""
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "driftgate", "version": __version__},
        "reader": report.reader,
        "started": report.started,
        "seconds": _number(report.seconds),
        "recorded": report.recorded,
        "summary": _summary(report),
        "units": [_unit(unit) for unit in report.units],
    }


def _summary(report: Report) -> dict[str, Any]:
    classes = Counter(finding.cls for finding in report.findings)
    severities = Counter(finding.severity for finding in report.findings if finding.cls.is_drift)
    return {
        "units": {
            "total": len(report.units),
            "ok": len(report.units) - len(report.errors),
            "error": len(report.errors),
        },
        "checked": sum(unit.checked for unit in report.units),
        "findings": severities.total(),
        "unread": classes[DriftClass.UNREAD],
        "by_class": {cls.value: classes[cls] for cls in DriftClass},
        "by_severity": {str(severity): severities[severity] for severity in sorted(Severity, reverse=True)},
        "redactions": redactions(report),
    }


def _unit(unit: UnitResult) -> dict[str, Any]:
    return {
        "path": unit.path,
        "workspace": unit.workspace,
        "status": unit.status.value,
        "error": unit.error,
        "next_step": unit.next_step,
        "tool": unit.tool,
        **({"planner": unit.planner} if unit.planner else {}),
        "backend": unit.backend,
        "identity": unit.identity,
        "serial": unit.serial,
        "lineage": unit.lineage,
        "checked": unit.checked,
        "seconds": _number(unit.seconds),
        "notes": list(unit.notes),
        "findings": [_finding(finding) for finding in unit.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "address": finding.address,
        "type": finding.type,
        "class": finding.cls.value,
        "severity": str(finding.severity),
        "fingerprint": finding.fingerprint,
        "reason": finding.reason,
        "actions": list(finding.actions),
        "source": None if source is None else {"file": source.file, "line": source.line, "end_line": source.end_line},
        "attributes": [_attribute(change) for change in finding.attributes],
    }


def _attribute(change: AttributeChange) -> dict[str, Any]:
    values = {"state": change.state, "live": change.live, "planned": change.planned}
    return {
        "path": change.path,
        "class": change.cls.value,
        "severity": str(change.severity),
        "sensitive": change.sensitive,
        "reason": change.reason,
        **{name: _plain(value) for name, value in values.items() if value is not Mark.ABSENT},
    }


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not Mark.ABSENT}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return UNKNOWN if value is Mark.UNKNOWN else None if value is Mark.ABSENT else str(value)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
