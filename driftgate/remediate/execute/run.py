"""A run: its steps, group after group, each on record; at the first that fails it stops and undoes what it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.errors import DriftgateError, ExitCode
from driftgate.remediate.execute.document import Document, DocumentError, DocumentStep
from driftgate.remediate.execute.group import Group, groups
from driftgate.remediate.execute.planned import StepError
from driftgate.remediate.execute.seams import Run
from driftgate.remediate.execute.take import take
from driftgate.remediate.execute.undo import Undone, undo
from driftgate.remediate.execute.ways import DESTROYS, WAYS, way_of
from driftgate.state.snapshot import SnapshotMeta
from driftgate.unit import Unit, UnitKind

REMOTE = ("cloud", "remote")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the steps `done`, the one that `failed` and why, what became of those undone, and what was
    not begun.

    Of steps that were taken together and failed, the one is named that it was for; the others are undone with it."""

    done: tuple[DocumentStep, ...] = ()
    failed: tuple[DocumentStep, DriftgateError] | None = None
    undone: tuple[Undone, ...] = ()
    left: tuple[DocumentStep, ...] = ()

    @property
    def stands(self) -> tuple[Undone, ...]:
        return tuple(item for item in self.undone if item.stands)


def execute(run: Run) -> Outcome:
    """Take the steps that are not done yet. A held lock stops the run and undoes nothing: it can go on later."""
    for group in groups(run.chosen):
        if run.journal.of("done", group.number):
            continue
        try:
            with run.seams.step(group.title):
                take(run, group)
        except DriftgateError as error:
            return _stopped(run, group, error)
    _end(run, "done")
    return Outcome(run.chosen)


def _stopped(run: Run, group: Group, error: DriftgateError) -> Outcome:
    failed = (error.step if isinstance(error, StepError) else None) or group.steps[0]
    run.journal.write("failed", steps=[failed.number], why=run.seams.redact(error.message))
    locked = error.exit_code is ExitCode.LOCKED
    undone = () if locked else tuple(undo(run))
    if not locked:
        _end(run, "failed")
    done = tuple(step for step in run.chosen if run.journal.of("done", step.number))
    told = {failed.number, *(step.number for step in done), *(item.step.number for item in undone)}
    left = tuple(step for step in run.chosen if step.number not in told)
    return Outcome(done, (failed, error), undone, left)


def rollback(run: Run) -> Outcome:
    """Undo what the run did, whether it ended or was killed."""
    undone = tuple(undo(run))
    _end(run, "rolled back")
    return Outcome(undone=undone)


def _end(run: Run, outcome: str) -> None:
    run.journal.write("ended", outcome=outcome)
    folder = run.journal.folder
    for plan in (*folder.glob("*.tfplan"), *folder.glob("*.said")):  # they hold secrets, and nobody needs them now
        plan.unlink(missing_ok=True)


def require_executable(
    steps: Sequence[DocumentStep], units: dict[tuple[str, str], Unit], allowed: frozenset[str]
) -> None:
    """Returns when each of the steps can be executed. Raises DocumentError that names those that cannot, and why."""
    reasons = [f"step {step.number} ({why})" for step in steps if (why := _reason(step, units.get(step.key), allowed))]
    if reasons:
        raise DocumentError(
            f"this cannot be executed: {'; '.join(reasons)}", next_step="choose the others with --only N"
        )


def _reason(step: DocumentStep, unit: Unit | None, allowed: frozenset[str]) -> str:
    way = way_of(step)
    if way is None:
        return f"`{step.strategy}` is none of {', '.join(sorted(WAYS.keys() - {'refresh'}))}"
    if unit is None:
        return f"there is no unit {step.unit} in workspace {step.workspace} here: --workspace?"
    if way.patch and not step.files:
        return "it has no patch"
    if unit.kind is UnitKind.TERRAGRUNT_UNIT:
        return f"{step.unit} is a Terragrunt unit, whose hooks are terragrunt's own: take its commands by hand"
    if unit.backend.type in REMOTE:
        return f"{step.unit} is planned and applied by HCP Terraform"
    if way.may & DESTROYS and step.risk.destroys and not {step.address, *step.addresses} & allowed:
        return f"it destroys {step.address}: --allow-destroy '{step.address}'"
    return ""


def first_versions(document: Document, steps: Sequence[DocumentStep]) -> dict[tuple[str, str], SnapshotMeta | None]:
    """The version of each unit's state that the plan was made for. Raises DocumentError."""
    found = [document.version_of(step) for step in steps]
    return {v.key: None if v.serial is None else SnapshotMeta(v.serial, v.lineage, "") for v in found}


def later_versions(run: Run) -> dict[tuple[str, str], SnapshotMeta | None]:
    """The versions that the steps which are done left behind."""
    found = {}
    for step in run.chosen:
        done = run.journal.of("done", step.number)
        if done is not None:
            found[step.key] = None if done["serial"] is None else SnapshotMeta(done["serial"], done["lineage"], "")
    return found
