"""Backups, checks of them and decisions about them, as tables and as JSON; nothing of a state's content but counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from driftgate.report.json_report import laid_out
from driftgate.report.table import table
from driftgate.report.text import clean
from driftgate.report.view import plural
from driftgate.safety.backups.archive import Check, Condition, Kept
from driftgate.safety.backups.retention import Decision
from driftgate.state.file import StateFile

FORMAT_VERSION = "1.0"
SHORT = 12
"""Hex digits of an id that tables show; every command takes the beginning of an id."""


def list_table(backups: Sequence[Kept], *, width: int) -> str:
    """A line for each backup."""
    rows = [(*_head(kept), size_of(kept.label.size), _sealing(kept), kept.label.reason) for kept in backups]
    return table(("BACKUP", "MADE (UTC)", "UNIT", "SERIAL", "SIZE", "SEALED", "FOR"), rows, width=width, flexible=2)


def list_json(backups: Sequence[Kept], address: str) -> str:
    """What `dg backup list -o json` prints."""
    return _json({"destination": address, "backups": [document(kept) for kept in backups]})


def show_text(kept: Kept, state: StateFile | None, note: str) -> str:
    """One backup, a fact a line."""
    facts = [(name.replace("_", " "), value) for name, value in _facts(kept, state, note).items() if value != ""]
    width = max(len(name) for name, _ in facts)
    return "\n".join(f"{name:<{width}}  {clean(str(value))}" for name, value in facts)


def show_json(kept: Kept, state: StateFile | None, note: str) -> str:
    """What `dg backup show -o json` prints."""
    return _json({"backup": {**document(kept), "content": _content(state), "note": note or None}})


def checks_table(checks: Sequence[Check], *, width: int) -> str:
    """What is not whole, a line each with the whole reason below it, and a summary."""
    wrong = [check for check in checks if check.condition is not Condition.WHOLE]
    rows = [(*_head(check.kept), check.condition) for check in wrong]
    header, *lines = table(("BACKUP", "MADE (UTC)", "UNIT", "SERIAL", "IS"), rows, width=width, flexible=2).split("\n")
    reasons = (f"  {clean(check.reason)}" for check in wrong)
    shown = "\n".join((header, *(part for pair in zip(lines, reasons, strict=True) for part in pair)))
    counts = Counter(check.condition for check in checks)
    summary = ", ".join(f"{counts[condition]} {condition}" for condition in Condition if counts[condition])
    return "\n".join(part for part in (shown, f"{plural(len(checks), 'backup')}: {summary or 'none'}") if part)


def checks_json(checks: Sequence[Check], address: str) -> str:
    """What `dg backup verify -o json` prints."""
    found = [
        {**document(check.kept), "condition": str(check.condition), "why": check.reason or None} for check in checks
    ]
    return _json({"destination": address, "backups": found})


def decisions_table(decisions: Sequence[Decision], *, width: int) -> str:
    """What goes, a line each, and a summary."""
    going = [decision for decision in decisions if decision.goes]
    rows = [(*_head(decision.kept), size_of(decision.kept.label.size)) for decision in going]
    shown = table(("BACKUP", "MADE (UTC)", "UNIT", "SERIAL", "SIZE"), rows, width=width, flexible=2)
    stay = Counter(decision.reason for decision in decisions if not decision.goes)
    why = ", ".join(f"{count} ({reason})" for reason, count in sorted(stay.items()))
    summary = f"{len(going)} of {plural(len(decisions), 'backup')} go{'es' if len(going) == 1 else ''}"
    return "\n".join(part for part in (shown, summary + (f"; stay: {why}" if why else "")) if part)


def decisions_json(decisions: Sequence[Decision], address: str, *, removed: bool) -> str:
    """What `dg backup prune -o json` prints."""
    found = [{**document(d.kept), "goes": d.goes, "why": d.reason} for d in decisions]
    return _json({"destination": address, "removed": removed, "backups": found})


def document(kept: Kept) -> dict[str, Any]:
    """A backup as a JSON tree."""
    label = kept.label
    subject = label.subject
    return {
        "id": label.id,
        "created": label.created or None,
        "identity": subject.identity,
        "unit": subject.unit,
        "workspace": subject.workspace,
        "lineage": subject.lineage,
        "serial": subject.serial,
        "size": label.size,
        "reason": label.reason,
        "sealing": {"kind": label.sealing.get("kind"), "keys": list(label.sealing.get("keys", ()))},
        "file": kept.name,
    }


def _facts(kept: Kept, state: StateFile | None, note: str) -> dict[str, object]:
    label = kept.label
    subject = label.subject
    content = _content(state)
    resources = f"{plural(content['resources'], 'resource')}, {plural(content['outputs'], 'output')}" if content else ""
    return {
        "backup": label.id,
        "made": label.created,
        "for": label.reason,
        "state": subject.identity,
        "unit": subject.unit,
        "workspace": subject.workspace,
        "lineage": subject.lineage,
        "serial": "" if subject.serial is None else subject.serial,
        "size": "" if label.size is None else f"{label.size:,} bytes",
        "sealed": ", ".join((_sealing(kept), *label.sealing.get("keys", ()))),
        "file": kept.name,
        "written_by": f"Terraform {content['terraform_version']}" if content else "",
        "holds": resources,
        "note": note,
    }


def _content(state: StateFile | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "terraform_version": state.terraform_version,
        "resources": sum(1 for _ in state.instances()),
        "outputs": len(state.outputs),
    }


def _head(kept: Kept) -> tuple[object, ...]:
    subject = kept.label.subject
    place = subject.unit or subject.identity
    where = place if subject.workspace in ("", "default") else f"{place} ({subject.workspace})"
    made = kept.label.created[:19].replace("T", " ") or "?"
    return kept.id[:SHORT], made, where, "?" if subject.serial is None else subject.serial


def _sealing(kept: Kept) -> str:
    kind = str(kept.label.sealing.get("kind", "?"))
    return "no" if kind == "none" else kind


def size_of(size: int | None) -> str:
    """Bytes for people; None: nobody knows."""
    if size is None:
        return "?"
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000  # type: ignore[assignment]
    return f"{size:.1f} GB"


def _json(tree: dict[str, Any]) -> str:
    return laid_out({"format_version": FORMAT_VERSION, **tree})
