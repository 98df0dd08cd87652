"""What a run changed in the state, in at most ten lines without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from driftgate.report.text import clip, strip_controls
from driftgate.report.values import show
from driftgate.state.diff import Change, StateDiff
from driftgate.state.diff_view import diff_tree, redactor_of
from driftgate.wrap.look import Seen

LINES = 10
_SIGNS = {"added": "+", "removed": "-", "moved": "→", "replaced": "±", "changed": "~"}
_WIDTH = 30
_LINE = 150
_SHOWN = 3


def describe(changes: StateDiff, before: Seen, after: Seen) -> tuple[str, tuple[str, ...]]:
    """One sentence and the lines of detail, both redacted. Raises StateError where an object cannot be read."""
    tree = diff_tree(changes, redactor_of(before.state, after.state))
    lines = [
        strip_controls(clip(line, _LINE))
        for line in (*map(_resource, tree["resources"]), *map(_output, tree["outputs"]))
    ]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"… and {len(lines) - LINES + 1} more"]
    return _sentence(changes, before, after), tuple(lines)


def _sentence(changes: StateDiff, before: Seen, after: Seen) -> str:
    counts = [f"{changes.count(kind)} {kind}" for kind in Change if changes.count(kind)]
    if changes.outputs:
        counts.append(f"{len(changes.outputs)} output{'s' if len(changes.outputs) > 1 else ''}")
    return f"{', '.join(counts) or 'nothing changed'} ({_serials(before, after)})"


def _serials(before: Seen, after: Seen) -> str:
    if after.state is None:
        return "there is no state" if before.state is None else f"the state is gone, it was at serial {before.serial}"
    if before.state is None:
        return f"a new state, serial {after.serial}"
    return f"serial {after.serial}" if before.serial == after.serial else f"serial {before.serial} → {after.serial}"


def _resource(row: Mapping[str, Any]) -> str:
    parts = [f"{_SIGNS[row['change']]} {row['address']}"]
    if row["previous_address"]:
        parts.append(f"(was {row['previous_address']})")
    if row["deposed"]:
        parts.append(f"(deposed {row['deposed']})")
    if row["tainted"]:
        parts.append("(tainted)")
    return " ".join([*parts, *_details(row)])


def _details(row: Mapping[str, Any]) -> Iterator[str]:
    values = row["attributes"]
    for value in values[:_SHOWN]:
        yield f" {value['path']}: {_sides(value)}"
    if len(values) > _SHOWN:
        yield f" and {len(values) - _SHOWN} more"
    if not values and row["metadata"] and row["change"] == "changed" and not row["tainted"]:
        yield f" {', '.join(row['metadata'])}"


def _output(row: Mapping[str, Any]) -> str:
    return f"{_SIGNS[row['change']]} output {row['name']}: {_sides(row)}"


def _sides(row: Mapping[str, Any]) -> str:
    before, after = (show(row[side], _WIDTH) if side in row else "" for side in ("before", "after"))
    return f"{before} → {after}" if before and after else after or f"{before} → (absent)"
