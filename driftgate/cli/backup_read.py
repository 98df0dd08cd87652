"""`dg backup list`, `show` and `verify`: which backups there are, and whether they can be relied upon."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.backup import EPILOG, Source, destination_option, source_options
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode
from driftgate.threads import in_threads

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Archive, Kept
    from driftgate.state.file import StateFile

_CHECKS_AT_ONCE = 8


@click.command(name="list", epilog=EPILOG)
@click.option("--unit", metavar="UNIT", default="", help="Only of this unit's path or state's identity; `*` matches.")
@click.option("--serial", type=click.IntRange(min=0), help="Only of this serial.")
@output_options(["table", "json"])
@destination_option
def list_(unit: str, serial: int | None, output: str, out: Path | None, destination: str | None) -> int:
    """List backups, the oldest first."""
    from driftgate.cli.emit import emit, note, width
    from driftgate.report.backups_view import list_json, list_table

    backups = Source(destination).archive()
    found = [kept for kept in _all(backups) if _is_of(kept, unit) and serial in (None, kept.label.subject.serial)]
    if not found:
        note(f"no such backups in {backups.store.address}")
    if output == "json" or found:
        address = backups.store.address
        emit(list_json(found, address) if output == "json" else list_table(found, width=width()), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.argument("backup")
@output_options(["table", "json"])
@source_options
def show(backup: str, output: str, out: Path | None, source: Source) -> int:
    """Show what a backup is and, when its key is at hand, count what it holds."""
    from driftgate.cli.emit import emit
    from driftgate.report.backups_view import show_json, show_text

    kept, state, said = _looked_into(backup, source)
    emit(show_json(kept, state, said) if output == "json" else show_text(kept, state, said), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.argument("ids", metavar="[BACKUP]...", nargs=-1)
@output_options(["table", "json"])
@source_options
def verify(ids: tuple[str, ...], output: str, out: Path | None, source: Source) -> int:
    """Hash backups again, and open those whose key is at hand. Default: all of them.

    A backup is `whole` when the state that came out is the very one that its id stands for. Without the key it is
    `unopened`, and its file is the one that was written; `unproven` where that is not known either. Exits 2 for one
    that is damaged, missing or unproven, and with --key-file or --identity also for one that these did not open.
    """
    from driftgate.cli.emit import emit, note, width
    from driftgate.report.backups_view import checks_json, checks_table
    from driftgate.report.view import plural
    from driftgate.safety.backups.archive import Condition

    backups, keys = source.archive(), source.openers()
    chosen = [backups.find(id_) for id_ in ids] if ids else backups.list()
    checks = list(in_threads(lambda kept: backups.check(kept, keys), chosen, parallelism=_CHECKS_AT_ONCE))
    address = backups.store.address
    emit(checks_json(checks, address) if output == "json" else checks_table(checks, width=width()), out)
    unopened = sum(check.condition is Condition.UNOPENED for check in checks) if source.names_keys else 0
    if unopened:
        note(f"{plural(unopened, 'backup')} not opened by the keys given")
    bad = any(check.condition not in (Condition.WHOLE, Condition.UNOPENED) for check in checks)
    return ExitCode.FINDINGS if bad or unopened else ExitCode.CLEAN


def _all(backups: Archive) -> tuple[Kept, ...]:
    """Those in the store, or where it may not be listed those made from here."""
    from driftgate.cli.emit import note
    from driftgate.safety.backup import BackupError

    try:
        return backups.list()
    except BackupError as error:
        known = backups.known()
        if not known:
            raise
        note(f"{error.message}; these were made from this machine")
        return known


def _is_of(kept: Kept, unit: str) -> bool:
    subject = kept.label.subject
    return not unit or any(fnmatchcase(text, unit) for text in (subject.unit, subject.identity))


def _looked_into(backup: str, source: Source) -> tuple[Kept, StateFile | None, str]:
    """The backup, the state in it, and why that could not be read."""
    from driftgate.safety.backups.seal import SealedError
    from driftgate.state.file import StateError
    from driftgate.state.parse import parse_state

    try:
        kept, data = source.opened(backup)
    except SealedError as error:
        if Path(backup).is_file():
            raise
        return source.archive().find(backup), None, f"not opened: {error.next_step}"
    try:
        return kept, parse_state(data, f"backup {kept.id}"), ""
    except StateError as error:
        return kept, None, error.message
