"""Drift of the unit that a command is about to change: read as `dg drift scan` does, or from a plan made anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from driftgate import process
from driftgate.discover.source import SourceIndex
from driftgate.drift.classify import SourceLookup
from driftgate.finding import Finding, UnitResult, UnitStatus
from driftgate.live.base import LiveReader, Reading
from driftgate.live.plan import PlanReader
from driftgate.pipeline.check import Progress, Seams, check_unit, judge_plan
from driftgate.safety.findings import redact_unit
from driftgate.safety.redact import Redactor
from driftgate.state.reader import read_snapshot
from driftgate.tfexec.binary import find_binary
from driftgate.tfexec.guard import read_only
from driftgate.tfexec.plan import Plan
from driftgate.unit import Unit
from driftgate.wrap.target import Target

_SHOWN = 5


def scan(target: Target, env: Mapping[str, str], var_files: Sequence[str]) -> UnitResult:
    """The unit's drift by a plan of our own, which changes nothing. Redacted; a failure is in the result."""
    run = read_only(process.run)
    live = PlanReader(target.root, lambda tool: find_binary(env, run=run, tool=tool), env, run, var_files)
    seams = _seams(target, env, live)
    return redact_unit(check_unit(target.unit, seams), seams.redactor)


def judge(target: Target, env: Mapping[str, str], plan: Plan) -> UnitResult:
    """The unit's drift as a plan that is already there has found it. Redacted."""
    seams = _seams(target, env, _nothing_is_read)
    return redact_unit(judge_plan(target.unit, plan, seams), seams.redactor)


def drifted(result: UnitResult) -> list[Finding]:
    """The findings that are drift, the gravest first."""
    found = [finding for finding in result.findings if finding.cls.is_drift]
    return sorted(found, key=lambda finding: (-finding.severity, finding.address))


def lines(result: UnitResult) -> list[str]:
    """What to say of it: a sentence, and the gravest findings."""
    if result.status is UnitStatus.ERROR:
        return [f"drift could not be checked: {result.error}"]
    found = drifted(result)
    if not found:
        return [f"no drift in {result.checked} resources"]
    told = [f"  {finding.severity} {finding.address}: {_paths(finding)}" for finding in found[:_SHOWN]]
    more = [f"  … and {len(found) - _SHOWN} more: dg drift scan {result.path}"] if len(found) > _SHOWN else []
    return [f"{len(found)} of {result.checked} resources drifted since the last apply", *told, *more]


def _paths(finding: Finding) -> str:
    return ", ".join(change.path for change in finding.attributes if change.cls.is_drift) or str(finding.cls)


def _seams(target: Target, env: Mapping[str, str], live: LiveReader) -> Seams:
    def source(unit: Unit) -> SourceLookup | None:
        return SourceIndex(target.root, target.root / unit.path)

    return Seams(live, partial(read_snapshot, root=target.root, env=env), source, Redactor(), Progress())


def _nothing_is_read(unit: Unit, on_read: Callable[[str], None]) -> Reading:
    raise AssertionError("the plan is there already")
