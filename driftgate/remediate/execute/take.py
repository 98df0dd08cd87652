"""Takes one step: checkpoint, patch, edit, plan, look at that plan, apply exactly it, and see that the finding is gone.

Every part is such that taking it again after a kill does what was left to do, and nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from driftgate.errors import DriftgateError, ExitCode
from driftgate.finding import DriftClass
from driftgate.live.explain import explain
from driftgate.live.plan import Standing
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.files import FileChange, ignore_changes, patch_changes, put, sha256
from driftgate.remediate.execute.seams import Run, meta_of, require_unmoved
from driftgate.remediate.execute.ways import Way, acts, changes_of, objections, way_of
from driftgate.safety.private_files import create_private
from driftgate.state.edit import removed
from driftgate.state.file import StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.reader import source_of
from driftgate.state.target import parse_target
from driftgate.state.writer import Intent, write
from driftgate.tfexec import reads, writes
from driftgate.tfexec.events import Summary
from driftgate.tfexec.plan import Plan, parse_plan


class StepError(DriftgateError):
    """A step that was not taken, or did not do what it should."""


class BlockedError(StepError):
    """A step that would do what nobody allowed."""

    exit_code = ExitCode.BLOCKED


class LockedError(StepError):
    """Somebody else holds the lock of the state."""

    exit_code = ExitCode.LOCKED


@dataclass(frozen=True, slots=True)
class Planned:
    """A saved plan in the file `path`; `changes_nothing` is terraform's own word for it, moves apart."""

    place: Standing
    path: Path
    changes_nothing: bool

    def read(self) -> Plan:
        """What it says. Raises ToolError, PlanError."""
        return parse_plan(reads.show_plan(self.place.terraform, self.path))


def take(run: Run, step: DocumentStep) -> None:
    """Take the step, each part on record before the next. Raises DriftgateError with the step as far as it got."""
    way, unit = way_of(step), run.unit(step)
    assert way is not None
    files = _checkpoint(run, step, way)
    for change in files:
        put(run.seams.root, change)
    if files:
        run.journal.write("patched", step=step.number)
    with (
        run.seams.standing(unit) if way.plan or way.patch or step.cls == DriftClass.MISSING else nullcontext() as place
    ):
        if way.edit == "forget":
            _forget(run, step, place)
        if place is not None and way.plan:
            _apply(run, step, way, place)
        if place is not None and way.edit != "forget":
            _verify(run, step, way, place)
    meta = meta_of(run.seams.state(unit), unit)
    run.at[step.key] = meta
    run.journal.write("done", step=step.number, serial=meta and meta.serial, lineage=meta.lineage if meta else "")


def kept_name(step: DocumentStep, number: int) -> str:
    """The name under which a run keeps what a file of the repo held before the step."""
    return f"step-{step.number}.{number}.before"


def _checkpoint(run: Run, step: DocumentStep, way: Way) -> list[FileChange]:
    """Back the state up and keep the files, on record; what the step does to files. The first checkpoint counts."""
    unit, data = run.unit(step), run.seams.state(run.unit(step))
    meta, earlier = meta_of(data, unit), run.journal.first("checkpoint", step.number)
    backup = ""
    if earlier is None:
        require_unmoved(run.at[step.key], meta, unit)
    if data is not None and meta is not None:
        guards = run.seams.guards(f"remediate {step.strategy}")
        subject = replace(run.seams.place(unit).subject, lineage=meta.lineage, serial=meta.serial)
        backup = guards.backups.save(data, subject, reason=f"before remediate {step.strategy}")
    files = _files(run, step, way, _kept(run, earlier))
    if earlier is None:
        rows = [_keep(run, step, number, change) for number, change in enumerate(files, start=1)]
        where = {"serial": meta and meta.serial, "lineage": meta.lineage if meta else ""}
        run.journal.write("checkpoint", step=step.number, backup=backup, files=rows, **where)
    return files


def _files(run: Run, step: DocumentStep, way: Way, kept: Mapping[str, bytes | None]) -> list[FileChange]:
    if way.edit == "ignore":
        return ignore_changes(run.seams.root, run.seams.ignore_lines(step), kept)
    return patch_changes(run.seams.root, step, kept) if way.patch else []


def _keep(run: Run, step: DocumentStep, number: int, change: FileChange) -> dict[str, str]:
    name = kept_name(step, number) if change.before is not None else ""
    if change.before is not None:
        path = run.journal.folder / name
        path.unlink(missing_ok=True)  # of an attempt that was killed before it was on record
        create_private(path, change.before)
    return {"path": change.path, "kept": name, "before": sha256(change.before), "after": sha256(change.after)}


def _kept(run: Run, earlier: Mapping[str, object] | None) -> dict[str, bytes | None]:
    rows = earlier["files"] if earlier else []
    assert isinstance(rows, list)
    return {row["path"]: (run.journal.folder / row["kept"]).read_bytes() if row["kept"] else None for row in rows}


def _forget(run: Run, step: DocumentStep, place: Standing | None) -> None:
    """Take the address out of the state by the one write path; nothing where it is out already."""
    unit = run.unit(step)
    if place is not None and _holds(run.seams.state(unit), step, source_of(unit)):
        plan = _planned(run, step, Way(plan="normal"), place).read()
        found = [f for f in run.seams.classify(unit, plan) if f.address == step.address]
        if not any(f.cls is DriftClass.MISSING for f in found):
            raise BlockedError(f"{step.address} is not gone any more, so it is not forgotten", next_step="plan again")

    def change(current: StateFile | None) -> bytes:
        if current is None:
            raise StateError("there is no state any more", next_step="look with `dg state history`")
        return removed(current, step.addresses) if _holds(current.data, step, "the state") else current.data

    guards = replace(run.seams.guards(f"remediate {step.strategy}"), lock_timeout=run.lock_timeout)
    write(run.seams.place(unit), Intent("remediate forget", change, details={"run": run.journal.run}), guards)
    run.journal.write("applied", step=step.number)


def _holds(data: bytes | None, step: DocumentStep, source: str) -> bool:
    if data is None:
        return False
    targets = [parse_target(address) for address in step.addresses]
    return any(target.holds(item) for item in parse_state(data, source).instances() for target in targets)


def _planned(run: Run, step: DocumentStep, way: Way, place: Standing, name: str = "look") -> Planned:
    """A saved plan of the step's addresses, 0600 in the run's folder. Raises StepError."""
    path, unit = run.journal.folder / f"step-{step.number}.{name}.tfplan", run.unit(step)
    summaries: list[Summary] = []
    path.unlink(missing_ok=True)
    create_private(path, b"")
    planned = reads.plan(
        place.terraform,
        out=path,
        var_files=place.var_files,
        targets=step.addresses,
        refresh_only=way.plan == "refresh-only",
        on_event=lambda event: summaries.append(event) if isinstance(event, Summary) else None,
    )
    if not planned.ok:
        cause, next_step = explain(planned.errors, str(unit.path), unit.tool)
        raise StepError(f"{unit.path} cannot be planned: {cause}", next_step=next_step)
    return Planned(place, path, bool(summaries) and not summaries[-1].changes)


def _apply(run: Run, step: DocumentStep, way: Way, place: Standing) -> None:
    """Plan, look at the plan, apply that plan. Once more where a run that was killed had gone on meanwhile."""
    again = run.journal.of("applying", step.number) is not None
    for last in (not again, True):
        planned = _planned(run, step, way, place, "apply")
        path, plan = planned.path, planned.read()
        if not _wanted(run, step, way, plan):
            return
        _refuse(run, step, way, plan)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        run.journal.write("applying", step=step.number, plan_sha256=digest)
        run.audit(step, "begun", plan_sha256=digest)
        try:
            writes.apply(place.terraform, path, said=path.with_suffix(".said"), lock_timeout=run.lock_timeout)
        except writes.StalePlanError:
            run.audit(step, "failed: stale plan", plan_sha256=digest)
            if last:
                raise
            continue
        except DriftgateError as error:
            run.audit(step, f"failed: {error.message}", plan_sha256=digest)
            raise _explained(error, place) from None
        run.audit(step, "ok", plan_sha256=digest)
        run.journal.write("applied", step=step.number)
        return


def _explained(error: DriftgateError, place: Standing) -> DriftgateError:
    if isinstance(error, writes.HeldElsewhereError):
        who = error.record.get("Who") or "somebody"
        return LockedError(
            f"the state is locked by {who} for {error.record.get('Operation') or 'something'}",
            next_step="wait for it and resume; where nobody runs any more, `dg state unlock`",
        )
    if (place.terraform.cwd / "errored.tfstate").exists():
        left = place.terraform.cwd / "errored.tfstate"
        return StepError(
            f"{error.message}; the state could not be saved, and is in {left}", next_step="`dg state push`"
        )
    return error


def _wanted(run: Run, step: DocumentStep, way: Way, plan: Plan) -> bool:
    """Whether there is anything left to do."""
    if way.plan == "refresh-only":
        return any(f.cls.is_drift and f.address == step.address for f in run.seams.classify(run.unit(step), plan))
    return any(True for _ in acts(plan))


def _refuse(run: Run, step: DocumentStep, way: Way, plan: Plan) -> None:
    """Returns when the plan may be applied for the step. Raises BlockedError with all that stands against it."""
    reasons = [*objections(plan, step, way, run.allowed), *_unforeseen(run, step, way, plan)]
    reasons = reasons or run.seams.blocks(step, plan)
    if reasons:
        raise BlockedError(
            f"the plan of step {step.number} is not applied: {'; '.join(reasons)}", next_step="plan again"
        )


def _unforeseen(run: Run, step: DocumentStep, way: Way, plan: Plan) -> list[str]:
    """What the plan would do that the plan file did not tell."""
    findings = run.seams.classify(run.unit(step), plan)
    if way.plan == "refresh-only":
        return [f"it would also record {f.address}" for f in findings if f.cls.is_drift and f.address != step.address]
    here = [f for f in findings if f.address == step.address] if "update" in way.may else []
    changed = [f"{step.address} was {step.cls} and is {f.cls.value}" for f in here if f.cls.value != step.cls]
    return changed or [
        f"it would change {path} too" for f in here for path in changes_of(f) if path not in step.changes
    ]


def _verify(run: Run, step: DocumentStep, way: Way, place: Standing) -> None:
    """Plan again: the finding must be gone. Raises StepError."""
    planned = _planned(run, step, Way(plan=way.plan or "normal"), place, "verify")
    if planned.changes_nothing and way.plan != "refresh-only" and "move" not in way.may:
        return  # reading the whole plan would take a provider once more
    plan = planned.read()
    here = [f for f in run.seams.classify(run.unit(step), plan) if f.address == step.address]
    if way.plan == "refresh-only":
        left = [f.address for f in here if f.cls.is_drift]
    elif way.plan:
        left = [f"{act} {change.address}" for act, change in acts(plan)]
    else:
        left = [path for f in here for path in changes_of(f) if path in step.attributes]
    if left:
        raise StepError(f"step {step.number} was taken, and a plan still wants {', '.join(left[:3])}")
