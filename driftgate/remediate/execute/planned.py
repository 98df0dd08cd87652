"""The plan of a group of steps: made of their addresses, looked at, applied as it is, and made again to verify."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.errors import DriftgateError, ExitCode
from driftgate.live.explain import explain
from driftgate.live.plan import Standing
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.group import Group
from driftgate.remediate.execute.objections import left, objections, unforeseen
from driftgate.remediate.execute.seams import Run
from driftgate.remediate.execute.ways import acts
from driftgate.safety.private_files import create_private
from driftgate.tfexec import reads, writes
from driftgate.tfexec.events import Diagnostic, Drifted, Event, Summary
from driftgate.tfexec.plan import Plan, parse_plan

_MOVED = "Moved resource instances excluded by targeting"
_TARGET = re.compile(r'^\s*-target=("(?:[^"\\]|\\.)*")\s*$', re.MULTILINE)


class StepError(DriftgateError):
    """Steps that were not taken, or did not do what they should; `step` is the one at fault, where it is one."""

    def __init__(self, message: str, *, next_step: str = "", step: DocumentStep | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.step = step


class BlockedError(StepError):
    """Steps that would do what nobody allowed."""

    exit_code = ExitCode.BLOCKED


class LockedError(StepError):
    """Somebody else holds the lock of the state."""

    exit_code = ExitCode.LOCKED


@dataclass(frozen=True, slots=True)
class Planned:
    """A saved plan in the file `path`; `is_empty` is terraform's own word that it would change and record nothing.

    Moves that a plan would do besides are not known to it; a refresh-only one knows them."""

    place: Standing
    path: Path
    is_empty: bool

    def read(self) -> Plan:
        """What it says. Raises ToolError, PlanError."""
        return parse_plan(reads.show_plan(self.place.terraform, self.path))


def plan(run: Run, group: Group, place: Standing, name: str, *, refresh_only: bool = False) -> Planned:
    """A saved plan of the group's addresses, 0600 in the run's folder. Raises StepError.

    Where `moved` blocks are not applied yet, terraform plans nothing without the objects that they move: those are
    planned too, and what the plan then does with them is judged like all else. A plan with `refresh_only` records moves
    without a word of them among its changes, so there terraform's refusal stands.
    """
    path, unit = run.journal.folder / f"step-{group.number}.{name}.tfplan", run.unit(group.key)
    events: list[Event] = []

    def made(targets: Sequence[str]) -> reads.Planned:
        path.unlink(missing_ok=True)
        create_private(path, b"")
        return reads.plan(
            place.terraform,
            out=path,
            var_files=place.var_files,
            targets=targets,
            refresh_only=refresh_only,
            on_event=events.append,
        )

    planned = made(group.addresses)
    moved = () if refresh_only else moved_targets(planned.errors)
    if moved:
        planned = made((*group.addresses, *moved))
    if not planned.ok:
        cause, next_step = explain(planned.errors, str(unit.path), unit.tool)
        raise StepError(f"{unit.path} cannot be planned: {cause}", next_step=next_step)
    return Planned(place, path, _is_empty(events, refresh_only))


def _is_empty(events: Sequence[Event], refresh_only: bool) -> bool:
    """Drift is in the plan of a refresh alone: any other tells it, and applies what is to be done about it."""
    summaries = [event for event in events if isinstance(event, Summary)]
    drifted = refresh_only and any(isinstance(event, Drifted) for event in events)
    return bool(summaries) and not summaries[-1].changes and not drifted


def moved_targets(errors: Sequence[Diagnostic]) -> tuple[str, ...]:
    """The addresses that terraform wants planned too, because `moved` blocks of the code are not applied yet."""
    texts = [error.detail for error in errors if error.summary == _MOVED]
    return tuple(json.loads(quoted) for text in texts for quoted in _TARGET.findall(text))


def apply(run: Run, group: Group, place: Standing) -> None:
    """Plan, look at the plan, apply that plan. Once more where a run that was killed had gone on meanwhile."""
    again = run.journal.of("applying", group.number) is not None
    for last in (not again, True):
        planned = plan(run, group, place, "apply", refresh_only=group.way.plan == "refresh-only")
        path, content = planned.path, planned.read()
        if not _wanted(run, group, content):
            return
        _refuse(run, group, content)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        run.journal.write("applying", steps=group.numbers, plan_sha256=digest)
        run.audit(group, "begun", plan_sha256=digest)
        try:
            writes.apply(place.terraform, path, said=path.with_suffix(".said"), lock_timeout=run.lock_timeout)
        except writes.StalePlanError:
            run.audit(group, "failed: stale plan", plan_sha256=digest)
            if last:
                raise
            continue
        except DriftgateError as error:
            run.audit(group, f"failed: {error.message}", plan_sha256=digest)
            raise _explained(error, group, place) from None
        run.audit(group, "ok", plan_sha256=digest)
        run.journal.write("applied", steps=group.numbers)
        return


def verify(run: Run, group: Group, place: Standing) -> None:
    """Plan again: the findings must be gone. Raises StepError."""
    planned = plan(run, group, place, "verify", refresh_only=group.way.plan == "refresh-only")
    if planned.is_empty and "move" not in group.way.may:
        return  # reading the whole plan would take a provider once more
    content = planned.read()
    found = list(left(content, run.seams.classify(run.unit(group.key), content), group))
    if found:
        wants = ", ".join(item.why for item in found[:3])
        raise StepError(f"{group}: taken, and a plan still wants {wants}", step=found[0].step)


def _wanted(run: Run, group: Group, content: Plan) -> bool:
    """Whether there is anything left to do."""
    if group.way.plan == "refresh-only":
        findings = run.seams.classify(run.unit(group.key), content)
        return any(f.cls.is_drift and group.step_at(f.address) for f in findings)
    return any(True for _ in acts(content))


def _refuse(run: Run, group: Group, content: Plan) -> None:
    """Returns when the plan may be applied as a whole. Raises BlockedError with all that stands against it."""
    findings = run.seams.classify(run.unit(group.key), content)
    against = [*objections(content, group, run.allowed), *unforeseen(findings, group)]
    reasons = [item.why for item in against] or run.seams.blocks(group.steps, content)
    if reasons:
        about = next((item.step for item in against if item.step), None)
        raise BlockedError(
            f"the plan of {group} is not applied: {'; '.join(reasons)}", next_step="plan again", step=about
        )


def _explained(error: DriftgateError, group: Group, place: Standing) -> DriftgateError:
    if isinstance(error, writes.HeldElsewhereError):
        who = error.record.get("Who") or "somebody"
        return LockedError(
            f"the state is locked by {who} for {error.record.get('Operation') or 'something'}",
            next_step="wait for it and resume; where nobody runs any more, `dg state unlock`",
        )
    about = next((step for step in group.steps if f"with {step.address}," in error.message), None)
    if (place.terraform.cwd / "errored.tfstate").exists():
        kept = place.terraform.cwd / "errored.tfstate"
        message = f"{error.message}; the state could not be saved, and is in {kept}"
        return StepError(message, next_step="`dg state push`", step=about)
    return StepError(error.message, next_step=error.next_step, step=about)
