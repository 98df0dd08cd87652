"""A plan's JSON to findings: which attributes drifted, what apply does about it, and what only the code moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from driftgate.drift.attributes import Judged, Subject, judge_attributes
from driftgate.drift.causes import Draft, Upstream, cause, upstream
from driftgate.drift.configuration import configuration
from driftgate.drift.instances import Instance, instances, is_sensitive
from driftgate.drift.noise.mirrors import linked
from driftgate.drift.paths import Difference
from driftgate.drift.severity import Facts, judge
from driftgate.drift.source import SourceBlock, SourceLookup
from driftgate.drift.story import attribute_reason, finding_reason
from driftgate.drift.unread import deferred, unread_findings
from driftgate.finding import AttributeChange, DriftClass, Finding, Mark, Severity, gravest
from driftgate.tfexec.plan import Plan

__all__ = ["GRAVITY", "SourceLookup", "classify", "unread_findings"]

# The gravest first: the order in which DriftClass lists them.
GRAVITY = tuple(DriftClass)
_IDLE = frozenset({(), ("no-op",), ("read",)})


def classify(plan: Plan, *, unit: str, workspace: str, source: SourceLookup | None) -> list[Finding]:
    """One finding for every managed instance that differs in state, cloud and plan, in address order.

    Per attribute: live differs from state -> reverted-by-apply, outside-code, or computed where a noise rule says so;
    only the plan differs -> pending, or computed where it follows from drift upstream. Gone objects are missing.
    What the plan deferred comes last, as unread. `source` tells lifecycle.ignore_changes and where blocks stand.
    """
    code = configuration(plan.configuration)
    every = instances(plan)
    children = linked(every)
    blocks = [source.find(item.address) if source else None for item in every]
    subjects = [Subject(item, code, children, block) for item, block in zip(every, blocks, strict=True)]
    drafts = [_draft(subject) for subject in subjects]
    world = upstream(code, drafts)
    findings = (
        _finding(draft, world, plan, block, unit, workspace) for draft, block in zip(drafts, blocks, strict=True)
    )
    unread = unread_findings(deferred(plan), unit=unit, workspace=workspace)
    return [*(finding for finding in findings if finding), *unread]


def _draft(subject: Subject) -> Draft:
    instance = subject.instance
    if instance.state is None or instance.live is None:
        return Draft(instance, _whole(instance))
    attributes = judge_attributes(subject)
    ending = instance.planned is None
    if ending:
        attributes = tuple(map(_destroyed, attributes)) if instance.actions != ("forget",) else attributes
    return Draft(instance, attributes + (_whole(instance) if ending else ()))


def _destroyed(item: Judged) -> Judged:
    """Drift of an object that apply destroys: the live value goes, whatever the code said about it."""
    if item.cls is not DriftClass.OUTSIDE_CODE:
        return item
    planned = replace(item.difference, planned=Mark.ABSENT)
    return Judged(planned, DriftClass.REVERTED_BY_APPLY, "removed from code; apply destroys it")


def _whole(instance: Instance) -> tuple[Judged, ...]:
    """The one entry of an object that as a whole is gone, or comes or goes with apply; () when nothing happens."""
    values = (Mark.ABSENT if side is None else side for side in (instance.state, instance.live, instance.planned))
    difference = Difference((), *values)
    if instance.missing and not instance.deposed:
        return (Judged(difference, DriftClass.MISSING),)
    if instance.missing:
        return (Judged(difference, DriftClass.COMPUTED, "the deposed object is gone already"),)
    return () if instance.actions in _IDLE else (Judged(difference, DriftClass.PENDING),)


def _finding(
    draft: Draft, world: Upstream, plan: Plan, block: SourceBlock | None, unit: str, workspace: str
) -> Finding | None:
    instance = draft.instance
    judged = [_traced(item, world, instance) for item in draft.attributes]
    if not _explains_actions(judged) and _acts(instance):
        judged = [*_whole_pending(instance), *judged]
    if not judged:
        return None
    attributes = tuple(_change(item, instance) for item in judged)
    return Finding(
        unit=unit,
        workspace=workspace,
        address=instance.label,
        type=instance.type,
        cls=min((item.cls for item in attributes), key=GRAVITY.index),
        severity=gravest(item.severity for item in attributes),
        attributes=attributes,
        actions=instance.actions,
        reason=finding_reason(draft, judged, world, plan),
        source=block.range if block else None,
    )


def _traced(item: Judged, world: Upstream, instance: Instance) -> Judged:
    """A pending attribute made computed when it only follows from drift upstream."""
    if item.cls is not DriftClass.PENDING or not item.difference.steps:
        return item
    found = cause(world, instance.address, item.difference.steps)
    if not found:
        return item
    return Judged(item.difference, DriftClass.COMPUTED, f"follows from {found}", follows=found)


def _acts(instance: Instance) -> bool:
    return instance.actions not in _IDLE or instance.imported or instance.previous_address is not None


def _explains_actions(judged: list[Judged]) -> bool:
    """Whether some attribute says why apply would touch the object at all."""
    return any(item.cls is not DriftClass.COMPUTED or item.follows or not item.difference.steps for item in judged)


def _whole_pending(instance: Instance) -> tuple[Judged, ...]:
    values: tuple[Any, ...] = (instance.state, instance.live, instance.planned)
    return (Judged(Difference((), *values), DriftClass.PENDING),)


def _change(item: Judged, instance: Instance) -> AttributeChange:
    severity, why = _severity(item, instance)
    difference = item.difference
    return AttributeChange(
        path=difference.path,
        cls=item.cls,
        severity=severity,
        state=difference.state,
        live=difference.live,
        planned=difference.planned,
        sensitive=is_sensitive(instance.sensitive, difference.steps),
        reason=attribute_reason(item, why),
    )


def _severity(item: Judged, instance: Instance) -> tuple[Severity, str]:
    difference = item.difference
    return judge(
        Facts(
            type=instance.type,
            path=difference.path,
            cls=item.cls,
            state=difference.state,
            live=difference.live,
            planned=difference.planned,
            before=instance.state or {},
            after=instance.live or {},
        )
    )
