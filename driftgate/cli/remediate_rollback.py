"""`dg remediate rollback` and `runs`: undo what a run did, and see which runs there were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from driftgate.cli.options import output_options
from driftgate.cli.state_write import lock_options
from driftgate.errors import ExitCode

ROLLBACK = """\b
Examples:
  dg remediate runs
  dg remediate rollback 20261126T103829Z-4cfc13            show what would be undone
  dg remediate rollback 20261126T103829Z-4cfc13 --yes

\b
The last step first: files get the text that they had, states that a step only wrote to are put back from the
checkpoint. What an apply changed in the cloud is not taken back: it stands, and is named.
Exit codes: 0 nothing of the run is left, or shown; 2 something stands; 1 error; 4 somebody holds the lock, or the run.
"""
RUNS = """\b
Examples:
  dg remediate runs
  dg remediate runs -o json
"""


@click.command(name="rollback", epilog=ROLLBACK)
@click.argument("run")
@lock_options
@output_options(["table", "json"])
def rollback(run: str, yes: bool, lock_timeout: float, reason: str, output: str, out: Path | None) -> int:
    """Undo the steps of RUN, also of one that was killed."""
    from driftgate.cli.emit import emit, note
    from driftgate.cli.remediate_apply import runs_folder, world_of
    from driftgate.cli.remediate_ended import show
    from driftgate.cli.remediate_world import run_of
    from driftgate.remediate.execute.journal import find_run, opened
    from driftgate.remediate.execute.run import rollback as undo_all
    from driftgate.remediate.execute.undo import to_undo
    from driftgate.report.remediation_run import to_undo_json
    from driftgate.report.view import plural

    with opened(find_run(runs_folder(), run)) as journal:
        world = world_of(journal)
        with run_of(world, journal, approved=True, lock_timeout=lock_timeout, reason=reason) as live:
            if yes:
                return show(world, journal, undo_all(live), output, out)
            steps = [step for group in to_undo(live) for step in reversed(group.steps)]
        if output == "json":
            emit(world.wired.redactor.text(json.dumps(to_undo_json(journal.run, steps), indent=2)), out)
        elif steps:
            lines = [f"{step.number}. {step.strategy} {step.address} ({step.unit}): {step.undo}" for step in steps]
            emit(world.wired.redactor.text("\n".join(lines)), out)
        undoes = f"nothing was done: --yes undoes {plural(len(steps), 'step')}, the last first"
        note(undoes if steps else "nothing to undo")
    return ExitCode.CLEAN


@click.command(name="runs", epilog=RUNS)
@output_options(["table", "json"])
def runs(output: str, out: Path | None) -> int:
    """List the runs of this user: what each did and how it ended."""
    from driftgate.cli.emit import emit
    from driftgate.cli.remediate_apply import runs_folder
    from driftgate.report.text import clean

    rows = list(_rows(runs_folder()))
    if output == "json":
        emit(json.dumps({"format_version": "1.0", "runs": rows}, indent=2, ensure_ascii=False), out)
    else:
        lines = [
            f"{row['run']}  {row['outcome']}  {row['done']} of {row['begun']} begun  {row['root']}" for row in rows
        ]
        emit("\n".join(map(clean, lines)) or "nothing was ever executed", out)
    return ExitCode.CLEAN


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    from driftgate.remediate.execute.journal import read, runs_in, steps_of

    for path in runs_in(folder):
        records = read(path)
        ended = [record["outcome"] for record in records if record["event"] == "ended"]
        first = records[0] if records else {}
        yield {
            "run": path.name,
            "outcome": ended[-1] if ended else "cut short" if records else "not begun",
            "begun": len(steps_of("checkpoint", records)),
            "done": len(steps_of("done", records)),
            "undone": len(steps_of("undone", records)),
            "root": str(first.get("root", "")),
            "time": str(first.get("time", "")),
        }
