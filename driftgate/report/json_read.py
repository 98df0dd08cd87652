"""Reads back what `json_report` wrote: a saved scan as a Report again, and several as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from driftgate.errors import DriftgateError
from driftgate.finding import (
    AttributeChange,
    DriftClass,
    Finding,
    Mark,
    Report,
    Severity,
    SourceRange,
    UnitResult,
    UnitStatus,
)
from driftgate.report.json_report import UNKNOWN

_NEXT = "make it with `dg drift scan -o json --out FILE`"


class ReportError(DriftgateError):
    """A file is not a JSON report of this version."""


def read_report(data: bytes, name: str) -> Report:
    """The report in `data`, read from the file `name`. Raises ReportError when it is none, or of another major version.

    What the report masked stays masked: the values are the redacted ones.
    """
    try:
        tree = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise ReportError(f"{name} is not JSON: {error}", next_step=_NEXT) from None
    version = tree.get("format_version") if isinstance(tree, dict) else None
    if not isinstance(version, str) or "units" not in tree:
        raise ReportError(f"{name} is not a driftgate report", next_step=_NEXT)
    if version.partition(".")[0] != "1":
        raise ReportError(
            f"{name} has format version {version}, and this dg reads 1.x", next_step="read it with the dg that made it"
        )
    try:
        return _report(tree)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"{name} is not a whole driftgate report: {error!r}", next_step=_NEXT) from None


def merged(reports: Sequence[Report]) -> Report:
    """The units of several reports as one, in path order: what shards found.

    Raises ReportError for a unit that two of them hold.
    """
    units = sorted((unit for report in reports for unit in report.units), key=lambda u: (u.path, u.workspace))
    for one, other in pairwise(units):
        if (one.path, one.workspace) == (other.path, other.workspace):
            raise ReportError(
                f"the unit {one.path} ({one.workspace}) is in two of the reports",
                next_step="merge reports of different shards of one scan",
            )
    readers = sorted({report.reader for report in reports})
    return Report(
        tuple(units),
        ", ".join(readers),
        min((report.started for report in reports), default=""),
        max((report.seconds for report in reports), default=0.0),
        any(report.recorded for report in reports),
    )


def _report(tree: Mapping[str, Any]) -> Report:
    units = tuple(map(_unit, tree["units"]))
    return Report(units, str(tree["reader"]), str(tree["started"]), _seconds(tree["seconds"]), bool(tree["recorded"]))


def _unit(tree: Mapping[str, Any]) -> UnitResult:
    path, workspace = str(tree["path"]), str(tree["workspace"])
    return UnitResult(
        path=path,
        workspace=workspace,
        status=UnitStatus(tree["status"]),
        error=tree["error"],
        next_step=str(tree["next_step"]),
        findings=tuple(_finding(path, workspace, finding) for finding in tree["findings"]),
        notes=tuple(map(str, tree["notes"])),
        tool=str(tree["tool"]),
        planner=str(tree.get("planner", "")),
        backend=str(tree["backend"]),
        identity=str(tree["identity"]),
        serial=tree["serial"],
        lineage=str(tree["lineage"]),
        checked=int(tree["checked"]),
        seconds=_seconds(tree["seconds"]),
    )


def _finding(unit: str, workspace: str, tree: Mapping[str, Any]) -> Finding:
    source = tree["source"]
    return Finding(
        unit=unit,
        workspace=workspace,
        address=str(tree["address"]),
        type=str(tree["type"]),
        cls=DriftClass(tree["class"]),
        severity=Severity.parse(tree["severity"]),
        attributes=tuple(map(_attribute, tree["attributes"])),
        actions=tuple(map(str, tree["actions"])),
        reason=str(tree["reason"]),
        source=None
        if source is None
        else SourceRange(str(source["file"]), int(source["line"]), int(source["end_line"])),
    )


def _attribute(tree: Mapping[str, Any]) -> AttributeChange:
    state, live, planned = (_marked(tree.get(side, Mark.ABSENT)) for side in ("state", "live", "planned"))
    return AttributeChange(
        path=str(tree["path"]),
        cls=DriftClass(tree["class"]),
        severity=Severity.parse(tree["severity"]),
        state=state,
        live=live,
        planned=planned,
        sensitive=bool(tree["sensitive"]),
        reason=str(tree["reason"]),
    )


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return Mark.UNKNOWN if value == UNKNOWN else value


def _seconds(value: Any) -> float:
    return 0.0 if value is None else float(value)
