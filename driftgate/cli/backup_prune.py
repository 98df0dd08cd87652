"""`dg backup prune`: remove old backups that nothing needs any more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.backup import EPILOG, Source, source_options
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Archive, Kept
    from driftgate.safety.trail.refer import References


@click.command(epilog=EPILOG)
@click.option("--keep-last", type=click.IntRange(min=1), metavar="N",
              help="Keep the newest N of each state. Default: [backup] keep_last.")  # fmt: skip
@click.option("--keep-days", type=click.IntRange(min=0), metavar="DAYS",
              help="Keep all that are younger. Default: [backup] keep_days.")  # fmt: skip
@click.option("--audit-log", "logs", multiple=True, metavar="FILE",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Keep what this audit log speaks of, too. Repeatable.")  # fmt: skip
@click.option("--reason", metavar="TEXT", default="", help="Why, for the audit log.")
@click.option("--yes", is_flag=True, help="Remove them; without it nothing is removed.")
@output_options(["table", "json"])
@source_options
def prune(
    keep_last: int | None,
    keep_days: int | None,
    logs: tuple[Path, ...],
    reason: str,
    yes: bool,
    output: str,
    out: Path | None,
    source: Source,
) -> int:
    """Remove old backups that nothing needs any more; without --yes, say which.

    Of each state stay the newest ones, all young ones and the one before them, the newest one that is good, and of
    every serial that the audit log speaks of the last good copy.
    """
    from driftgate.cli.emit import emit, note, width
    from driftgate.report.backups_view import decisions_json, decisions_table
    from driftgate.safety.backups.archive import Condition
    from driftgate.safety.backups.retention import decide

    settings, backups, keys = source.settings(), source.archive(), source.openers()

    def is_good(kept: Kept) -> bool:
        return backups.check(kept, keys).condition in (Condition.WHOLE, Condition.UNOPENED)

    decisions = decide(
        backups.list(),
        keep_last=settings.keep_last if keep_last is None else keep_last,
        keep_days=settings.keep_days if keep_days is None else keep_days,
        now=datetime.now(UTC),
        referenced=_references(logs),
        good=is_good,
    )
    going = [decision.kept for decision in decisions if decision.goes]
    if yes and going:
        _remove(backups, going, reason)
    if yes:
        _remove_drafts(backups)
    removed, address = yes and bool(going), backups.store.address
    as_json = decisions_json(decisions, address, removed=removed)
    emit(as_json if output == "json" else decisions_table(decisions, width=width()), out)
    if going:
        note(f"removed from {address}" if yes else "dry run: nothing is removed; --yes removes them")
    return ExitCode.CLEAN


def _references(logs: tuple[Path, ...]) -> References:
    """What the audit log that is set, and those given, speak of. Raises AuditError when one of them is damaged."""
    from driftgate.cli.audit import log_file
    from driftgate.safety.audit import AuditError
    from driftgate.safety.trail.log import lines
    from driftgate.safety.trail.refer import References, references
    from driftgate.safety.trail.verify import verify

    found = References()
    for log in (log_file(None), *logs):
        problem = verify(lines(log)).problem
        if problem:
            raise AuditError(
                f"nobody can tell which backups {log} speaks of: {problem.message}",
                next_step="see `dg audit verify`; move a log that is lost away, then prune",
            )
        found |= references(lines(log))
    return found


def _remove_drafts(backups: Archive) -> None:
    """What killed processes left half written in a folder; a day later nobody goes on with it."""
    from driftgate.cli.emit import note
    from driftgate.safety.backups.local_store import LocalStore

    if isinstance(backups.store, LocalStore):
        left = backups.store.remove_drafts((datetime.now(UTC) - timedelta(days=1)).timestamp())
        if left:
            note(f"removed {left} half written files that killed processes left")


def _remove(backups: Archive, going: Sequence[Kept], reason: str) -> None:
    """Remove them and record how far that went."""
    from driftgate.cli.audit import audit_settings
    from driftgate.errors import DriftgateError
    from driftgate.safety.audit import Event
    from driftgate.safety.open import open_audit

    log = open_audit(audit_settings(), dict(os.environ), reason=reason)
    details = {"destination": backups.store.address, "backups": [kept.id for kept in going]}
    log.append(Event("backup prune", outcome="begun", details=details))
    removed: list[str] = []
    outcome = "interrupted"
    try:
        for kept in going:
            backups.remove(kept)
            removed.append(kept.id)
        outcome = "ok"
    except DriftgateError as error:
        outcome = f"failed: {error.message}"
        raise
    finally:
        log.append(Event("backup prune", outcome=outcome, details={**details, "backups": removed}))
