"""`dg audit list` and `export`: the records of the log, some or all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.audit import EPILOG, log_file, log_option
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.safety.trail.record import Record
    from driftgate.safety.trail.select import Selection

F = TypeVar("F", bound=Callable[..., Any])


def _selection(function: F) -> F:
    """The options that choose records."""
    for name, metavar, help_ in (
        ("--who", "NAME", "Only what this OS user or CI actor did; `*` matches."),
        ("--unit", "UNIT", "Only what was done to this unit's path or state's identity; `*` matches."),
        ("--action", "ACTION", "Only this, such as `state mv` or `terraform *`."),
        ("--until", "TIME", "Only what was done before: a date, a time, or `7d`, `12h` ago."),
        ("--since", "TIME", "Only what was done since: a date, a time, or `7d`, `12h` ago."),
    ):
        function = click.option(name, metavar=metavar, default="", help=help_)(function)
    return function


@click.command(name="list", epilog=EPILOG)
@_selection
@click.option("-n", "--limit", type=click.IntRange(min=0), default=50, show_default=True,
              help="At most this many, the last ones; 0 for all.")  # fmt: skip
@output_options(["table", "json"])
@log_option
def list_(limit: int, output: str, out: Path | None, log: Path | None, **chosen: str) -> int:
    """List what was done, by whom and to what, the oldest first."""
    from driftgate.cli.emit import emit, note, width
    from driftgate.report.audit_view import to_json, to_table

    path = log_file(log)
    found = [record.document for record in _records(path, _chosen(chosen))]
    shown = found[-limit:] if limit else found
    if len(shown) < len(found):
        note(f"the last {len(shown)} of {len(found)} records; -n 0 shows all")
    if not found:
        note(f"no such records in {path}")
    if output == "json" or shown:
        emit(to_json(shown) if output == "json" else to_table(shown, width=width()), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@_selection
@output_options(["jsonl", "json", "csv"], default="jsonl")
@log_option
def export(output: str, out: Path | None, log: Path | None, **chosen: str) -> int:
    """Write records as JSON lines, JSON or CSV.

    JSON lines are the records byte for byte: all of them together can be verified wherever they are taken to.
    """
    from driftgate.cli.emit import emit
    from driftgate.report.audit_view import to_csv, to_json
    from driftgate.safety.trail.record import line_of

    found = [record.document for record in _records(log_file(log), _chosen(chosen))]
    if output == "jsonl":
        text = b"".join(map(line_of, found)).decode("ascii")
    else:
        text = to_csv(found) if output == "csv" else to_json(found)
    if text:
        emit(text, out)
    return ExitCode.CLEAN


def _records(path: Path, selection: Selection) -> Iterator[Record]:
    """The wanted records; how many lines are none is said on stderr."""
    from driftgate.cli.emit import note
    from driftgate.report.view import plural
    from driftgate.safety.trail.log import lines
    from driftgate.safety.trail.record import parse

    unread = 0
    for line in lines(path):
        record = parse(line.rstrip(b"\n"))
        if record is None:
            unread += 1
        elif selection.takes(record.document):
            yield record
    if unread:
        note(f"{plural(unread, 'line')} of {path} cannot be read as a record; `dg audit verify` says more")


def _chosen(options: dict[str, str]) -> Selection:
    from driftgate.safety.trail.log import timestamp
    from driftgate.safety.trail.select import Selection, moment

    times = {}
    for name in ("since", "until"):
        try:
            times[name] = timestamp(moment(options[name], datetime.now(UTC))) if options[name] else ""
        except (ValueError, OverflowError):
            raise click.BadParameter(f"`{options[name]}` is no time", param_hint=f"--{name}") from None
    return Selection(**{**options, **times})
