"""GitHub workflow commands: annotations on the lines of resource blocks, as a CI log shows them.

Format and escaping: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftgate.finding import Severity
from driftgate.report.text import clip
from driftgate.report.view import ReportView, Row, UnitView, plural

LIMIT = 10
"""GitHub shows ten annotations of a step and drops the rest without a word."""

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "notice",
    Severity.NONE: "notice",
}
_MESSAGE = 1000


def workflow_commands(view: ReportView) -> str:
    """At most ten workflow commands, failures and the gravest first, the tenth saying how many were left out."""
    commands = [*map(_failure, view.failures), *map(_row, view.rows)]
    return "\n".join([*as_many_as_are_shown(commands), *_log(view)]) + "\n"


def as_many_as_are_shown(commands: Sequence[str]) -> list[str]:
    """At most ten of the commands, the tenth saying how many were left out."""
    if len(commands) <= LIMIT:
        return list(commands)
    left = len(commands) - LIMIT + 1
    return [*commands[: LIMIT - 1], command("notice", f"{left} more in the full report", title="driftgate")]


def _failure(unit: UnitView) -> str:
    text = f"{unit.error}. Next: {unit.next_step}" if unit.next_step else unit.error
    return command("error", text, title=f"{unit.path} could not be read")


def _row(row: Row) -> str:
    paths = ", ".join(attribute.path for attribute in row.attributes)
    text = f"{row.address}{': ' if paths else ''}{paths} ({row.cls}){'. ' if row.why else ''}{row.why}"
    file, _, line = row.source.rpartition(":")
    return command(level_of(row), text, title=title_of(row), file=file, line=line)


def level_of(row: Row) -> str:
    """How loud an annotation of it is: `error`, `warning` or `notice`."""
    return "warning" if row.mark == "?" else _LEVELS[row.severity]


def title_of(row: Row) -> str:
    """The line above an annotation of it."""
    return f"Drift: {row.severity}" if row.cls.is_drift else "Could not be read"


def _log(view: ReportView) -> Iterator[str]:
    """The verdict as an ordinary log line."""
    yield f"driftgate: {view.verdict}"
    if view.redactions:
        yield f"driftgate: {plural(view.redactions, 'value')} masked"


def command(level: str, message: str, **properties: str) -> str:
    """A workflow command; empty properties are left out."""
    given = ",".join(f"{name}={_property(value)}" for name, value in sorted(properties.items()) if value)
    return f"::{level} {given}::{_data(clip(message, _MESSAGE))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
