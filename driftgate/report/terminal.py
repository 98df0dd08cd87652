"""Fits findings into the columns of a terminal; the words and their order are in templates/report.txt.j2."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from driftgate.report.render import render
from driftgate.report.text import clip, columns, wrap
from driftgate.report.view import AttributeRow, Group, ReportView, Row, plural

_REASONS = 4


def table(view: ReportView, *, color: bool, width: int, template_dirs: Sequence[Path] = ()) -> str:
    """The terminal report in `width` columns; longer single words (addresses) are never cut."""
    words: dict[str, Any] = {f.__name__: f for f in (plural, facts, change_lines, counted, path_column)}
    return render("report.txt.j2", color=color, width=width, template_dirs=template_dirs, view=view, **words)


def counted(groups: Sequence[Group]) -> str:
    """Groups of what is not drift in a sentence: `3 pending changes (2 tags, 1 policy), 1 computed change (time)`."""
    sentences = []
    for cls, same in ((cls, tuple(same)) for cls, same in groupby(groups, key=lambda group: group.cls)):
        reasons = [f"{group.count:,} {group.reason}" if len(same) > 1 else group.reason for group in same[:_REASONS]]
        reasons += [f"{sum(group.count for group in same[_REASONS:]):,} other"] if same[_REASONS:] else []
        total = plural(sum(group.count for group in same), f"{cls} change")
        sentences.append(f"{total} ({', '.join(reasons)})")
    return ", ".join(sentences)


def facts(row: Row) -> str:
    """What there is to say about a finding beside its attributes."""
    what = [f"{row.cls}: {row.reason}" if row.reason else str(row.cls)] if row.reason or not row.attributes else []
    source = [row.source] if row.source else []
    return " · ".join([*what, *source, *([f"apply would {row.next_apply}"] if row.next_apply else [])])


def path_column(paths: Sequence[str], room: int) -> int:
    """Columns for attribute names: as wide as the longest that leaves two thirds of `room` to the values."""
    return max([12, *(width for width in map(columns, paths) if width <= room // 3)])


def change_lines(attribute: AttributeRow, room: int) -> tuple[tuple[str, str], ...]:
    """The change and, after it or below it, its class and reason: pairs of plain and dimmed text, one per line."""
    lines = _change(attribute, room)
    words = f"({attribute.cls}; {attribute.reason})" if attribute.reason else f"({attribute.cls})"
    if columns(lines[-1]) + 2 + columns(words) <= room:
        return (*((line, "") for line in lines[:-1]), (lines[-1], words))
    return (*((line, "") for line in lines), *(("", line) for line in wrap(words, room, 1).split("\n")))


def _change(attribute: AttributeRow, room: int) -> tuple[str, ...]:
    if attribute.parts:
        return tuple(clip(part, room) for part in attribute.parts)
    together = f"{attribute.was} → {attribute.now}"
    if columns(together) <= room:
        return (together,)
    return (clip(attribute.was, room), f"→ {clip(attribute.now, room - 2)}")
