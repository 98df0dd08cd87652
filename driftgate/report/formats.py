"""The output formats: one name, one function from a redacted report to text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from driftgate.finding import Report
from driftgate.report.build import view_of
from driftgate.report.view import plural


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is to look: `color` and `width` on terminals, folders of the user's own templates, and patterns of
    attributes whose values a review may show beside the built-in ones."""

    color: bool = False
    width: int = 100
    template_dirs: tuple[Path, ...] = ()
    show_values: tuple[str, ...] = ()


class Format(Protocol):
    """Turns a redacted report into text."""

    def __call__(self, report: Report, look: Look) -> str: ...


def to_text(report: Report, format: str, look: Look | None = None) -> str:
    """`report` in the format of that name. Raises KeyError for names not in FORMATS, TemplateFailed for the user's
    templates.

    The report is redacted once more here, by marks, names and shapes, so that no caller can forget it; what only
    the plan knows to be secret must have been masked before (`safety.findings.redact_report` with its taint).
    """
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    return FORMATS[format](redact_report(report, Redactor()), look or Look())


def _table(report: Report, look: Look) -> str:
    from driftgate.report.terminal import table

    return table(view_of(report), color=look.color, width=look.width, template_dirs=look.template_dirs)


def _json(report: Report, look: Look) -> str:
    from driftgate.report.json_report import to_json

    return to_json(report)


def _ndjson(report: Report, look: Look) -> str:
    from driftgate.report.lines import to_ndjson

    return to_ndjson(report)


def _csv(report: Report, look: Look) -> str:
    from driftgate.report.lines import to_csv

    return to_csv(view_of(report))


def _markdown(report: Report, look: Look) -> str:
    from driftgate.report.comment import About, pr_comment

    return pr_comment(view_of(report), About(show_values=look.show_values, template_dirs=look.template_dirs))


def _html(report: Report, look: Look) -> str:
    from driftgate.report.render import render
    from driftgate.report.terminal import counted

    view = view_of(report)
    return render("report.html.j2", template_dirs=look.template_dirs, view=view, plural=plural, counted=counted)


def _sarif(report: Report, look: Look) -> str:
    from driftgate.report.ci.sarif import sarif

    return sarif(view_of(report))


def _junit(report: Report, look: Look) -> str:
    from driftgate.report.ci.junit import junit

    return junit(view_of(report))


def _gitlab(report: Report, look: Look) -> str:
    from driftgate.report.ci.codequality import code_quality

    return code_quality(view_of(report))


def _github(report: Report, look: Look) -> str:
    from driftgate.report.ci.annotations import workflow_commands

    return workflow_commands(view_of(report))


FORMATS: Mapping[str, Format] = {
    "table": _table,
    "json": _json,
    "ndjson": _ndjson,
    "markdown": _markdown,
    "html": _html,
    "sarif": _sarif,
    "junit": _junit,
    "gitlab": _gitlab,
    "github": _github,
    "csv": _csv,
}
