"""`dg backup create`: back up the states of units as they are now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.backup import EPILOG, Source, destination_option
from driftgate.cli.options import absolute_files, output_options, parallelism_option, unit_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.pipeline.back_up import Outcome
    from driftgate.unit import Unit


@click.command(epilog=EPILOG)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@output_options(["table", "json"])
@unit_options
@click.option("--reason", metavar="TEXT", default="on demand", show_default=True, help="What it is made for.")
@parallelism_option(8)
@destination_option
def create(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    reason: str,
    parallelism: int,
    destination: str | None,
    **choices: Any,
) -> int:
    """Back up the states of the units at or under each PATH as they are now. Default: of the repo you stand in.

    States are read and nothing else; no lock is taken. A state that is kept already is not kept twice.
    """
    from driftgate.cli.emit import emit, note, width
    from driftgate.pipeline.back_up import back_up
    from driftgate.safety.redact import Redactor
    from driftgate.state.reader import stored

    root, units = _units(paths, **choices)
    env, backups = dict(os.environ), Source(destination).archive()
    outcomes = back_up(
        units,
        lambda unit: stored(unit, root=root, env=env),
        backups,
        reason=reason,
        parallelism=parallelism,
    )
    text = _json(outcomes, backups.store.address) if output == "json" else _table(outcomes, width())
    emit(Redactor().text(text), out)
    failed = [outcome.error for outcome in outcomes if outcome.error]
    for error in failed:
        note(Redactor().text(f"error: {error.message}\n  → {error.next_step}"))
    return ExitCode.ERROR if failed else ExitCode.CLEAN


def _units(
    paths: tuple[Path, ...], *, workspace: str | None, backend_config: tuple[str, ...], tool: str | None
) -> tuple[Path, list[Unit]]:
    from driftgate.discover.root import no_units, repo_of
    from driftgate.discover.units import discover

    root, under = repo_of(paths, Path.cwd())
    units = discover(
        root,
        env=dict(os.environ),
        under=under or [root],
        backend_config=absolute_files(backend_config),
        workspace=workspace,
        tool=tool,
    )
    if not units:
        raise no_units(root, under)
    return root, list(units)


def _table(outcomes: Sequence[Outcome], width: int) -> str:
    from driftgate.report.backups_view import SHORT, size_of
    from driftgate.report.table import table

    rows = [
        (
            outcome.backup[:SHORT] or ("failed" if outcome.error else "no state"),
            outcome.unit.path,
            "" if outcome.serial is None else outcome.serial,
            size_of(outcome.size) if outcome.backup else "",
        )
        for outcome in outcomes
    ]
    return table(("BACKUP", "UNIT", "SERIAL", "SIZE"), rows, width=width, flexible=1)


def _json(outcomes: Sequence[Outcome], address: str) -> str:
    from driftgate.report.backups_view import FORMAT_VERSION
    from driftgate.report.json_report import laid_out

    units = [
        {
            "unit": str(outcome.unit.path),
            "workspace": outcome.unit.backend.workspace,
            "backup": outcome.backup or None,
            "serial": outcome.serial,
            "size": outcome.size or None,
            "error": outcome.error.message if outcome.error else None,
        }
        for outcome in outcomes
    ]
    tree = {"format_version": FORMAT_VERSION, "destination": address, "units": units}
    return laid_out(tree)
