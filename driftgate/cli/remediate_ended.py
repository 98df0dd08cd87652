"""What `dg remediate apply` and `rollback` say: what would be done, what was done, and what stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.cli.emit import emit, note
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.cli.remediate_world import World
    from driftgate.remediate.execute.journal import Journal
    from driftgate.remediate.execute.run import Outcome


def show_foreseen(world: World, output: str, out: Path | None, *, journal: Journal | None = None) -> int:
    """The steps that --yes would take, with what each does."""
    from driftgate.report.remediation_run import foreseen_json, foreseen_lines
    from driftgate.report.view import plural

    taken = {step.number for step in world.steps if journal and journal.of("done", step.number)}
    steps = [step for step in world.steps if step.number not in taken]
    redactor = world.wired.redactor
    if output == "json":
        emit(redactor.text(json.dumps(foreseen_json(steps), indent=2, ensure_ascii=False)), out)
    elif steps:
        emit(redactor.text("\n".join(foreseen_lines(steps))), out)
    note(f"nothing was done: --yes takes {plural(len(steps), 'step')}" if steps else "there is nothing to do")
    return ExitCode.CLEAN


def show(world: World, journal: Journal, outcome: Outcome, output: str, out: Path | None) -> int:
    """How the run ended; the exit code."""
    from driftgate.report.remediation_run import outcome_json, outcome_lines

    redactor = world.wired.redactor
    document: dict[str, Any] = outcome_json(journal.run, outcome)
    if output == "json":
        emit(redactor.text(json.dumps(document, indent=2, ensure_ascii=False)), out)
    else:
        lines = outcome_lines(outcome)
        if lines:
            emit(redactor.text("\n".join(lines)), out)
    if outcome.failed is None:
        return ExitCode.FINDINGS if outcome.stands else ExitCode.CLEAN
    _, error = outcome.failed
    note(redactor.text(f"error: {error.message}"))
    if error.next_step:
        note(f"  → {error.next_step}")
    if not journal.ended:
        note(f"  → `dg remediate apply --resume {journal.run} --yes`, or `dg remediate rollback {journal.run} --yes`")
    return error.exit_code
