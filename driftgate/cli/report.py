"""`dg report`: a saved scan in another format, and the reports of several shards as one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.options import output_options, results_argument, template_option
from driftgate.errors import DriftgateError, ExitCode
from driftgate.report.formats import FORMATS

if TYPE_CHECKING:
    from driftgate.finding import Report

RENDER_EPILOG = """\b
Examples:
  dg report render drift.json
  dg report render drift.json -o html --out drift.html
  dg report render drift.json -o sarif --out drift.sarif
  dg report render shard-1.json shard-2.json -o markdown

\b
RESULT.json comes from `dg drift scan -o json --out RESULT.json`; `-` reads stdin.
Exits 0 whatever the report holds: the scan itself has already judged.
"""
MERGE_EPILOG = """\b
Examples:
  dg report merge shard-1.json shard-2.json --out drift.json
"""


GROUP_EPILOG = """\b
Examples:
  dg drift scan -o json --out drift.json
  dg report render drift.json -o html --out drift.html
  dg report merge shard-1.json shard-2.json --out drift.json
"""


@click.group(name="report", epilog=GROUP_EPILOG)
def group() -> None:
    """Show a saved scan in another format, or join several."""


@group.command(epilog=RENDER_EPILOG)
@results_argument
@output_options(list(FORMATS))
@template_option
def render(results: tuple[Path, ...], output: str, out: Path | None, template_dirs: tuple[Path, ...]) -> int:
    """Render saved JSON reports in any format, as one report."""
    from driftgate.cli.emit import emit, look
    from driftgate.report.formats import to_text

    emit(to_text(load(results), output, look(out, template_dirs)), out)
    return ExitCode.CLEAN


@group.command(epilog=MERGE_EPILOG)
@results_argument
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the result to FILE instead of stdout.")  # fmt: skip
def merge(results: tuple[Path, ...], out: Path | None) -> int:
    """Join the JSON reports of several shards into one."""
    from driftgate.cli.emit import emit
    from driftgate.report.formats import to_text

    emit(to_text(load(results), "json"), out)
    return ExitCode.CLEAN


def load(results: tuple[Path, ...]) -> Report:
    """The saved reports as one. Raises ReportError for a file that is none, DriftgateError for one not readable."""
    from driftgate.report.json_read import merged, read_report

    reports = [read_report(_bytes(file), str(file)) for file in results]
    return reports[0] if len(reports) == 1 else merged(reports)


def _bytes(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise DriftgateError(f"cannot read {file}: {error.strerror}", next_step="name a file that exists") from None
