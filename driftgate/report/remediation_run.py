"""A run of remediation steps for people and machines, redacted by whoever hands it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.group import Group, groups
from driftgate.remediate.execute.run import Outcome

FORMAT_VERSION = "1.0"


def foreseen_lines(steps: Sequence[DocumentStep]) -> list[str]:
    """What would be done, step by step, with patches in full."""
    return [line for group in groups(steps) for step in group.steps for line in _foreseen(step, group)]


def foreseen_json(steps: Sequence[DocumentStep]) -> dict[str, Any]:
    """The same as a versioned document."""
    return {
        "format_version": FORMAT_VERSION,
        "run": None,
        "steps": [_step(step) | {"patch": step.patch} for step in steps],
    }


def to_undo_json(run: str, steps: Sequence[DocumentStep]) -> dict[str, Any]:
    """What a rollback of the run would undo, in that order, as a versioned document."""
    return {
        "format_version": FORMAT_VERSION,
        "run": run,
        "steps": [_step(step) | {"undo": step.undo} for step in steps],
    }


def outcome_lines(outcome: Outcome) -> list[str]:
    """What became of each step."""
    undone = {item.step.number for item in outcome.undone}
    done = [step for step in outcome.done if step.number not in undone]
    lines = [f"done     {_name(step)}" for step in done]
    if outcome.failed:
        step, error = outcome.failed
        lines.append(f"failed   {_name(step)}: {error.message}")
    lines += [
        f"stands   {_name(item.step)}: {item.stands}" if item.stands else f"undone   {_name(item.step)}"
        for item in outcome.undone
    ]
    return lines + [f"left     {_name(step)}" for step in outcome.left]


def outcome_json(run: str, outcome: Outcome) -> dict[str, Any]:
    """The same as a versioned document."""
    failed = outcome.failed
    return {
        "format_version": FORMAT_VERSION,
        "run": run,
        "done": [_step(step) for step in outcome.done],
        "failed": _step(failed[0]) | {"reason": failed[1].message, "next_step": failed[1].next_step}
        if failed
        else None,
        "undone": [_step(item.step) for item in outcome.undone if not item.stands],
        "stands": [_step(item.step) | {"reason": item.stands} for item in outcome.stands],
        "left": [_step(step) for step in outcome.left],
    }


def _foreseen(step: DocumentStep, group: Group) -> Iterator[str]:
    yield f"{step.number}. {step.strategy}  {step.address}  {step.unit}"
    yield f"   {step.does}"
    if group.way.plan:
        targets = " ".join(f"-target={address}" for address in step.addresses)
        mode = "-refresh-only " if group.way.plan == "refresh-only" else ""
        shared = f", one plan for {group}" if len(group.steps) > 1 else ""
        yield f"   plan {mode}{targets}{shared}, applied if it does nothing else"
    yield from (f"   {line}" for line in step.patch.splitlines())
    if step.risk.destroys:
        yield "   destroys the object and what is in it"
    yield f"   undo: {step.undo}"


def _name(step: DocumentStep) -> str:
    return f"{step.number}. {step.strategy} {step.address} ({step.unit})"


def _step(step: DocumentStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "strategy": step.strategy,
        "unit": step.unit,
        "workspace": step.workspace,
        "address": step.address,
        "fingerprint": step.fingerprint,
    }
