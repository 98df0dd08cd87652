"""Audit records as a table, as JSON and as CSV, and the verdict on a log. Records were redacted when written."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from driftgate.report.json_report import laid_out
from driftgate.report.lines import cell
from driftgate.report.table import table
from driftgate.safety.trail.verify import Verdict

FORMAT_VERSION = "1.0"
Document = Mapping[str, Any]

COLUMNS = (
    "seq", "time", "user", "host", "ci", "actor", "run", "action", "unit", "identity", "workspace", "lineage",
    "serial_before", "serial_after", "outcome", "reason", "hash",
)  # fmt: skip


def to_table(records: Sequence[Document], *, width: int) -> str:
    """A line for each record."""
    rows = [
        (r["seq"], r["time"][:19].replace("T", " "), _who(r), r["action"], _where(r), _serials(r), r["outcome"])
        for r in records
    ]
    return table(("#", "TIME (UTC)", "WHO", "ACTION", "WHERE", "SERIAL", "OUTCOME"), rows, width=width, flexible=4)


def to_json(records: Sequence[Document]) -> str:
    """The records as stored."""
    return _json({"format_version": FORMAT_VERSION, "records": list(records)})


def to_csv(records: Sequence[Document]) -> str:
    """A header and a line for each record; what a spreadsheet would take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in _row(record)] for record in records)
    return text.getvalue()


def verdict_json(verdict: Verdict, log: str) -> str:
    """What `dg audit verify -o json` prints."""
    last, problem = verdict.last, verdict.problem
    tree = {
        "format_version": FORMAT_VERSION,
        "log": log,
        "whole": problem is None,
        "records": verdict.records,
        "signed": verdict.signed,
        "head": {"seq": last.seq, "hash": last.hash, "time": last.time} if last else None,
        "problem": {
            "kind": str(problem.damage),
            "record": problem.seq,
            "line": problem.line or None,
            "message": problem.message,
        }
        if problem
        else None,
        "notes": list(verdict.notes),
    }
    return _json(tree)


def verdict_text(verdict: Verdict, log: str) -> str:
    """The verdict in a few lines."""
    lines = [f"note: {note}" for note in verdict.notes]
    if verdict.problem:
        return "\n".join([f"{log}: {verdict.problem.message}", *lines])
    if not verdict.last:
        return "\n".join([f"{log}: no records yet", *lines])
    signed = f", signed up to record {verdict.signed}" if verdict.signed else ""
    noun = "record" if verdict.records == 1 else "records"
    return "\n".join([f"{log}: {verdict.records} {noun}, unbroken{signed}", f"head: {verdict.last.hash}", *lines])


def _row(record: Document) -> tuple[object, ...]:
    who, ci = _table(record.get("who")), _table(_table(record.get("who")).get("ci"))
    subject, details = _table(record.get("subject")), _table(record.get("details"))
    after = details.get("serial_after", subject.get("serial"))
    found = (
        record["seq"], record["time"], who.get("user"), who.get("host"), ci.get("system"), ci.get("actor"),
        ci.get("run") or record.get("run"), record["action"], subject.get("unit"), subject.get("identity"),
        subject.get("workspace"), subject.get("lineage"), details.get("serial_before"), after, record["outcome"],
        record.get("reason"), record["hash"],
    )  # fmt: skip
    return tuple("" if value is None else value for value in found)


def _who(record: Document) -> str:
    who = _table(record.get("who"))
    ci = _table(who.get("ci"))
    if ci.get("actor"):
        return f"{ci['actor']} ({ci['system']})"
    return f"{who.get('user', '?')}@{who.get('host', '?')}"


def _where(record: Document) -> str:
    subject = _table(record.get("subject"))
    place = str(subject.get("unit") or subject.get("identity") or "")
    workspace = subject.get("workspace") or "default"
    return place if workspace == "default" or not place else f"{place} ({workspace})"


def _serials(record: Document) -> str:
    subject, details = _table(record.get("subject")), _table(record.get("details"))
    before, after = details.get("serial_before"), details.get("serial_after")
    if before is None and after is None:
        return "" if subject.get("serial") is None else str(subject["serial"])
    return f"{'none' if before is None else before} → {'none' if after is None else after}"


def _json(tree: Document) -> str:
    return laid_out(tree)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
