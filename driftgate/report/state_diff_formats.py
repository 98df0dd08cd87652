"""The formats of a state diff: one name, one function from the redacted tree and its view to text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from driftgate import __version__
from driftgate.report.comment import BUDGET
from driftgate.report.formats import Look
from driftgate.report.json_report import laid_out
from driftgate.report.lines import cell, record
from driftgate.report.public import Change, public_change
from driftgate.report.state_diff import Code, DiffRow, DiffView, Tree, table, view_of
from driftgate.report.view import plural

COLUMNS = ("change", "address", "type", "attribute", "was", "is", "facts", "file", "line")
_ATTRIBUTES = 5
_ROWS = (200, 100, 50, 15, 5, 0)
"""How many rows of the Markdown table to try, until it fits into a comment."""


def to_text(tree: Tree, format: str, look: Look | None = None, code: Code | None = None) -> str:
    """The tree of `diff_tree` in the format of that name, on the lines of `code` where a format has such.

    Raises KeyError for names not in FORMATS, TemplateFailed for the user's templates.
    """
    return FORMATS[format](tree, view_of(tree, code), look or Look())


def _table(tree: Tree, view: DiffView, look: Look) -> str:
    return table(view, color=look.color, width=look.width, template_dirs=look.template_dirs)


def _json(tree: Tree, view: DiffView, look: Look) -> str:
    return laid_out(tree) + "\n"


def _ndjson(tree: Tree, view: DiffView, look: Look) -> str:
    rest: dict[str, Any] = dict(tree)
    resources, outputs, version = rest.pop("resources"), rest.pop("outputs"), tree["format_version"]
    lines = [{"record": "diff", **rest}]
    lines += [{"record": "resource", "format_version": version, **item} for item in resources]
    lines += [{"record": "output", "format_version": version, **item} for item in outputs]
    return "".join(map(record, lines))


def _csv(tree: Tree, view: DiffView, look: Look) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in line] for row in view.rows for line in _cells(row))
    return text.getvalue()


def _cells(row: DiffRow) -> Iterator[tuple[object, ...]]:
    """A line for each changed value; a resource or output without one has one line of its own."""
    head, facts = (row.change, row.label, row.type), "; ".join(row.known)
    place = (row.place.file, row.place.line) if row.place else ("", "")
    if not row.values:
        yield (*head, "", "", "", facts, *place)
    for value in row.values:
        yield (*head, value.path, value.was, value.now, facts, *place)


def _markdown(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.render import TemplateFailed, render

    def shown(row: DiffRow) -> list[Change]:
        return [public_change(value, look.show_values) for value in row.values[:_ATTRIBUTES]]

    for rows in _ROWS:
        text = render(
            "state_diff.md.j2",
            template_dirs=look.template_dirs,
            view=view,
            rows=view.rows[:rows],
            left=max(0, len(view.rows) - rows),
            shown=shown,
            plural=plural,
            version=__version__,
        )
        if len(text.encode()) <= BUDGET:
            return text
    raise TemplateFailed(
        f"the state diff without a single row is over {BUDGET:,} bytes", next_step="shorten your own state_diff.md.j2"
    )


def _html(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.render import render

    return render("state_diff.html.j2", template_dirs=look.template_dirs, view=view, version=__version__)


def _sarif(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.ci.state_diff import sarif

    return sarif(view)


def _junit(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.ci.state_diff import junit

    return junit(view)


def _gitlab(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.ci.state_diff import code_quality

    return code_quality(view)


def _github(tree: Tree, view: DiffView, look: Look) -> str:
    from driftgate.report.ci.state_diff import workflow_commands

    return workflow_commands(view)


FORMATS: Mapping[str, Callable[[Tree, DiffView, Look], str]] = {
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
