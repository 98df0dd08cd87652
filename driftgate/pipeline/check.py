"""The map: repo → units → state → live → drift → findings, for every unit, changing nothing.

This module cannot reach a write, not even through other modules (an import contract), and the Runner it is given
refuses any terraform command outside an allow-list.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from driftgate.backends.base import BackendError
from driftgate.drift.classify import SourceLookup, classify, unread_findings
from driftgate.errors import DriftgateError
from driftgate.finding import Report, UnitResult, UnitStatus
from driftgate.live.base import LiveReader, Reading
from driftgate.live.explain import explain, one_line
from driftgate.safety.redact import Redactor
from driftgate.safety.taint import taint_of
from driftgate.state.snapshot import SnapshotMeta
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import WITHOUT_DRIFT, Plan
from driftgate.threads import in_threads
from driftgate.unit import Unit, UnitKind

PARTIAL = "the plan is of a part only (-target or -exclude): the rest was not checked"


class Progress:
    """Hears how a scan goes; this one keeps silent."""

    def unit_started(self, unit: str) -> None: ...

    def resource_read(self, unit: str, address: str) -> None: ...

    def unit_done(self, result: UnitResult) -> None: ...


@dataclass(frozen=True, slots=True)
class Seams:
    """What a scan reads through. `snapshot` gives a unit's state as stored (None: there is none, raises
    DriftgateError), `source` finds resource blocks in a unit's code."""

    live: LiveReader
    snapshot: Callable[[Unit], SnapshotMeta | None]
    source: Callable[[Unit], SourceLookup | None]
    redactor: Redactor
    progress: Progress


def check(
    units: Sequence[Unit], seams: Seams, *, reader: str, started: str, parallelism: int = 4, fail_fast: bool = False
) -> Report:
    """Scan `units` in `parallelism` threads (the time is in child processes); results come in unit order.

    With `fail_fast` no unit is begun after one that could not be read; what was left out is said to be.

    Whatever the scan learns to be secret is added to `seams.redactor`; the report still holds plain values and
    must pass `redact_report` before any sink.
    """
    begun = time.monotonic()
    failed = threading.Event()

    def one(unit: Unit) -> UnitResult:
        if fail_fast and failed.is_set():
            return _failed(unit, "not read: another unit could not be read before it", "scan without --fail-fast")
        result = check_unit(unit, seams)
        if result.status is UnitStatus.ERROR:
            failed.set()
        return result

    results = tuple(in_threads(one, units, parallelism=parallelism))
    return Report(results, reader, started, round(time.monotonic() - begun, 3))


def check_unit(unit: Unit, seams: Seams) -> UnitResult:
    """One unit's result. Its failure is a value: it never raises, so that it cannot hide the other units."""
    begun = time.monotonic()
    seams.progress.unit_started(str(unit.path))
    try:
        result = _checked(unit, seams)
    except DriftgateError as error:
        result = _failed(unit, error.message, error.next_step)
    except InterruptedError:
        raise
    except Exception as error:
        result = _failed(unit, f"a bug in driftgate: {type(error).__name__}: {error}", "please report it")
    result = replace(result, seconds=round(time.monotonic() - begun, 3))
    seams.progress.unit_done(result)
    return result


def judge_plan(unit: Unit, plan: Plan, seams: Seams) -> UnitResult:
    """The result for a plan that is already there: pure but for the source look-ups."""
    if plan.format_version == WITHOUT_DRIFT:
        return _failed(unit, "a plan of Terraform before 1.0 does not tell drift", "plan with Terraform 1.0 or newer")
    seams.redactor.update(taint_of(plan))
    findings = classify(plan, unit=str(unit.path), workspace=unit.backend.workspace, source=seams.source(unit))
    checked = sum(1 for change in plan.resource_changes if change.mode == "managed")
    partial = plan.complete is False and not (plan.errored or plan.deferred_changes)
    return replace(_blank(unit), findings=tuple(findings), checked=checked, notes=(PARTIAL,) if partial else ())


def _checked(unit: Unit, seams: Seams) -> UnitResult:
    if unit.error is not None:
        return _failed(unit, unit.error, "correct the source and repeat")
    before, unreadable = _snapshot(unit, seams)
    if before is None and unreadable is None and unit.backend.workspace != "default":
        # Terraform creates an empty state for a named workspace that it merely looks at; a check must not.
        where = unit.location.object if unit.location else unit.backend.type
        message = f"workspace `{unit.backend.workspace}` has no state at {where}"
        return _failed(unit, message, "choose another with --workspace, or create it with `terraform workspace new`")
    reading = _read(unit, seams)
    after, _ = _snapshot(unit, seams)
    if before != after:  # someone applied meanwhile; what was read belongs to neither
        before, (reading, after) = after, (_read(unit, seams), _snapshot(unit, seams)[0])
    result = _judged(unit, reading, seams, unreadable)
    notes = (*result.notes, *_notes(before, after, unreadable, result))
    if after is None:
        return replace(result, notes=notes)
    return replace(result, notes=notes, serial=after.serial, lineage=after.lineage)


def _read(unit: Unit, seams: Seams) -> Reading:
    return seams.live(unit, lambda address: seams.progress.resource_read(str(unit.path), address))


def _judged(unit: Unit, reading: Reading, seams: Seams, unreadable: DriftgateError | None) -> UnitResult:
    result = judge_plan(unit, reading.plan, seams) if reading.plan is not None else _blank(unit)
    result = replace(result, notes=(*reading.notes, *result.notes), planner=reading.planner)
    if not reading.errors and reading.plan is not None and not reading.plan.errored:
        return result
    errors = [_masked(error, seams.redactor) for error in reading.errors]  # before anything is cut in the middle
    cause, next_step = explain(errors, str(unit.path), unit.tool)
    if unreadable is not None and reading.plan is None:
        cause, next_step = unreadable.message, unreadable.next_step
    unread = unread_findings(
        [(d.address, one_line(f"{d.summary} {d.detail}")) for d in errors if d.address],
        unit=str(unit.path),
        workspace=unit.backend.workspace,
    )
    findings = tuple(result.findings) + tuple(unread)
    return replace(result, status=UnitStatus.ERROR, error=cause, next_step=next_step, findings=findings)


def _masked(error: Diagnostic, redactor: Redactor) -> Diagnostic:
    return replace(error, summary=redactor.text(error.summary), detail=redactor.text(error.detail))


def _snapshot(unit: Unit, seams: Seams) -> tuple[SnapshotMeta | None, DriftgateError | None]:
    """The stored state, or why it could not be reached; bytes that are no usable state raise StateError."""
    try:
        return seams.snapshot(unit), None
    except BackendError as error:  # terraform may reach it all the same, by means we do not have
        return None, error


def _notes(
    before: SnapshotMeta | None, after: SnapshotMeta | None, unreadable: DriftgateError | None, result: UnitResult
) -> list[str]:
    notes = []
    if before != after and before is not None and after is not None:
        notes.append(f"the state moved from serial {before.serial} to {after.serial} while it was read: scan again")
    if unreadable is not None and result.status is UnitStatus.OK:
        notes.append(f"state serial not read: {unreadable.message}")
    if unreadable is None and after is None and result.status is UnitStatus.OK:
        notes.append("no state yet: nothing of this unit has been applied")
    return notes


def _blank(unit: Unit) -> UnitResult:
    return UnitResult(
        path=str(unit.path),
        workspace=unit.backend.workspace,
        status=UnitStatus.OK,
        tool="terragrunt" if unit.kind is UnitKind.TERRAGRUNT_UNIT else unit.tool,
        backend=unit.backend.type,
        identity=unit.location.identity if unit.location else "",
    )


def _failed(unit: Unit, error: str, next_step: str) -> UnitResult:
    return replace(_blank(unit), status=UnitStatus.ERROR, error=one_line(error), next_step=next_step)
