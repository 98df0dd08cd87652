"""A finding in one sentence without secrets or long values, and a file to pin it to: what CI formats share."""

from __future__ import annotations

from collections.abc import Sequence

from driftgate.finding import SourceRange
from driftgate.report.public import Changed, public_change
from driftgate.report.text import clip
from driftgate.report.view import Row, UnitView

_CHANGES = 5


def sentence(row: Row) -> str:
    """What happened to which resource, as much as a review may show of it."""
    said = changes(row.attributes)
    parts = [said] if said else []
    parts += [row.why] if row.why and row.why not in said else []
    parts += [f"apply would {row.next_apply}"] if row.next_apply else []
    return clip(f"{row.address} ({row.cls}){': ' if parts else ''}{'. '.join(parts)}", 1000)


def changes(values: Sequence[Changed]) -> str:
    """The first five changed values and how many more there are; nothing for none."""
    shown = [public_change(value) for value in values[:_CHANGES]]
    left = len(values) - len(shown)
    said = [f"{change.path}: {change.text}" if change.path else change.text for change in shown]
    return "; ".join([*said, *([f"{left} more"] if left else [])])


def failure(unit: UnitView) -> str:
    """Why a unit could not be read, and what to do about it."""
    where = "" if unit.workspace == "default" else f" in workspace {unit.workspace}"
    text = f"{unit.path}{where} could not be read: {unit.error}"
    return clip(f"{text}. Next: {unit.next_step}" if unit.next_step else text, 1000)


def label(path: str, workspace: str) -> str:
    """A unit's name: its path, and its workspace where that is not the default."""
    return path if workspace == "default" else f"{path}@{workspace}"


def file_and_lines(place: SourceRange | None, unit: str) -> tuple[str, int, int]:
    """Where the resource block stands; a `main.tf` of the unit for what stands nowhere. Lines begin at 1."""
    if place is not None and place.file:
        line = max(1, place.line)
        return place.file, line, max(line, place.end_line)
    return main_file(unit), 1, 1


def main_file(unit: str) -> str:
    """The file that stands for a whole unit where a format must have one."""
    return "main.tf" if unit in ("", ".") else f"{unit}/main.tf"
