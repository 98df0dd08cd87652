"""The ledger behind `dg drift scan`, `show` and `ack`, and what it adds to comments."""

from __future__ import annotations

import os
from pathlib import Path

import click

from driftgate.cli.clock import stamp
from driftgate.errors import DriftgateError
from driftgate.finding import Report
from driftgate.ledger.base import Ledger
from driftgate.ledger.entry import Entries, Entry, News, remember


def ledger_at(place: str, root: Path) -> Ledger:
    """The ledger that an option or, where it is empty, the settings name for the repo at `root`."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.ledger.open import open_ledger

    return open_ledger(place or settings_in_force().settings.drift.ledger, root, dict(os.environ))


def remember_scan(report: Report, root: Path, place: str, *, must: bool) -> None:
    """Remember a redacted report and say what is news in it.

    A ledger that nobody asked for must not fail a scan: what is wrong with it is said. With `must` it raises.
    """
    from driftgate.cli.emit import note

    news: list[News] = []

    def change(known: Entries) -> dict[str, Entry]:
        entries, found = remember(known, report, stamp())
        news.append(found)
        return entries

    try:
        ledger_at(place, root).update(change)
    except DriftgateError as error:
        if must:
            raise
        note(f"not remembered: {error.message}")
        return
    flapping = sum(entry.flapping for entry in (*news[-1].new, *news[-1].back, *news[-1].still))
    note(f"since the last scan: {news[-1].words}" + (f"; {flapping} flapping" if flapping else ""))


def ledger_option(function: click.decorators.FC) -> click.decorators.FC:
    """`--ledger`: where findings are remembered."""
    return click.option(
        "--ledger",
        "ledger",
        metavar="PLACE",
        default="",
        help="Folder, s3://bucket/prefix or .sqlite3 file that remembers findings. Default: as set, else your own.",
    )(function)
