"""`dg drift show`: what is remembered of past scans."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.ledgers import ledger_option
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.ledger.entry import Entry

EPILOG = """\b
Examples:
  dg drift show                        what is open, the gravest first
  dg drift show 'module.web.*'         only these addresses
  dg drift show --all -o json          with what was resolved
  dg drift show --ledger s3://acme-ledger/infra

\b
Asks no cloud: `dg drift scan` remembers, this shows.
"""


@click.command(name="show", epilog=EPILOG)
@click.argument("address", default="*")
@click.option("--all", "everything", is_flag=True, help="Also what was resolved.")
@ledger_option
@output_options(["table", "json"])
def command(address: str, everything: bool, ledger: str, output: str, out: Path | None) -> int:
    """Show remembered drift: since when, how often it came, who looks after it."""
    from fnmatch import fnmatchcase

    from driftgate.cli.emit import emit, note
    from driftgate.cli.ledgers import ledger_at
    from driftgate.discover.root import repo_root
    from driftgate.ledger.document import to_json
    from driftgate.ledger.entry import order

    place = ledger_at(ledger, repo_root(Path.cwd()))
    known = place.load().values()
    found = [e for e in known if (everything or not e.resolved) and fnmatchcase(e.address, address)]
    if output == "json":
        emit(to_json(found), out)
    elif found:
        emit("\n".join(_lines(sorted(found, key=order), datetime.now(UTC))), out)
    else:
        note(_nothing(place.address, address, bool(known), everything))
    return ExitCode.CLEAN


def _nothing(ledger: str, address: str, remembered: bool, everything: bool) -> str:
    at = "" if address == "*" else f" at {address}"
    if everything or not remembered:
        return f"nothing is remembered{at} in {ledger}: no `dg drift scan` that remembers there has found drift"
    return f"nothing is open{at} in {ledger}; --all shows what was resolved too"


def _lines(entries: list[Entry], now: datetime) -> list[str]:
    from driftgate.report.text import clean, pad

    rows = [("SEVERITY", "UNIT", "ADDRESS", "CLASS", "AGE", "")]
    for entry in entries:
        unit = entry.unit if entry.workspace == "default" else f"{entry.unit} ({entry.workspace})"
        words = [f"came {entry.times} times, flapping"] if entry.flapping else []
        words += [f"resolved {entry.resolved[:10]}"] if entry.resolved else []
        words += [f"{entry.ack.by} until {entry.ack.until}: {entry.ack.reason}"] if entry.ack else []
        age = f"{max(0, (now - _time(entry.first_seen)).days)} d"
        rows.append(
            (str(entry.severity), clean(unit), clean(entry.address), str(entry.cls), age, clean("; ".join(words)))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join([*(pad(cell, width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        for row in rows
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
