"""`dg state history`: every version of a state that its store and the backups have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from driftgate.cli.options import output_options, unit_argument, unit_options
from driftgate.cli.state_past import sources_of
from driftgate.cli.state_write import place_of
from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg state history live/app
  dg state history live/app --limit 100 -o json

\b
The store's own versions (S3 and HCP versions, GCS generations, Azure versions) and driftgate's backups are one list.
Each version is read once, to know its serial; `before` marks a time at which something else took a version's place.
"""


@click.command(epilog=EPILOG)
@unit_argument
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help="So many versions of the store, and so many backups.")  # fmt: skip
@output_options(["table", "json"])
@unit_options
def history(target: Path, limit: int, output: str, out: Path | None, **choices: Any) -> int:
    """List the versions of a state that are kept, newest first."""
    from driftgate.cli.emit import emit, note, width
    from driftgate.report.json_report import laid_out
    from driftgate.report.state_history import history_table, history_tree
    from driftgate.safety.redact import Redactor
    from driftgate.state.history import history as past

    place = place_of(target, **choices)
    found, redactor = place.ask(lambda _: past(sources_of(place), limit=limit)), Redactor()
    if output == "json":
        emit(laid_out(history_tree(found, redactor)), out)
        return ExitCode.CLEAN
    if found.entries:
        emit(history_table(found, redactor, width=width()), out)
    for entry in found.entries:
        if entry.unread:
            note(redactor.text(f"{_name(entry)} could not be read: {entry.unread}"))
    for sentence in found.notes:
        note(redactor.text(sentence))
    return ExitCode.CLEAN


def _name(entry: Any) -> str:
    return f"version {entry.version}" if entry.version else f"backup {entry.backups[0].id}" if entry.backups else "it"
