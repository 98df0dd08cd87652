"""A report as a check run of GitHub: its verdict, and an annotation on the lines of each finding's resource block.

Fields and limits: https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.report.ci.annotations import level_of, title_of
from driftgate.report.ci.wording import failure, file_and_lines, main_file, sentence
from driftgate.report.text import clip
from driftgate.report.view import ReportView, Row, UnitView

ANNOTATIONS = 500
"""GitHub takes fifty in a request and counts requests; whoever has more reads the report."""
_TITLE = 255
_LEVELS = {"error": "failure"}


@dataclass(frozen=True, slots=True)
class Check:
    """A finished check run. `conclusion` is GitHub's word, `sha` the commit that it stands on, `url` the run's page."""

    name: str
    sha: str
    conclusion: str
    title: str
    summary: str
    annotations: Sequence[dict[str, Any]] = ()
    url: str = ""


def conclusion(view: ReportView, *, failed: bool) -> str:
    """`failure` where the scan would fail a job, `neutral` where it found what does not, `success` where it found
    nothing."""
    return "failure" if failed else "success" if view.verdict.level == "clean" else "neutral"


def check_annotations(view: ReportView) -> list[dict[str, Any]]:
    """At most 500 annotations, what could not be read and the gravest first."""
    return [*map(_failure, view.failures), *map(_row, view.rows)][:ANNOTATIONS]


def _failure(unit: UnitView) -> dict[str, Any]:
    return _annotation(main_file(unit.path), 1, 1, "failure", f"{unit.path} could not be read", failure(unit))


def _row(row: Row) -> dict[str, Any]:
    level = level_of(row)
    return _annotation(*file_and_lines(row.place, row.unit), _LEVELS.get(level, level), title_of(row), sentence(row))


def _annotation(file: str, line: int, end_line: int, level: str, title: str, message: str) -> dict[str, Any]:
    return {
        "path": file,
        "start_line": line,
        "end_line": end_line,
        "annotation_level": level,
        "title": clip(title, _TITLE),
        "message": message,
    }
