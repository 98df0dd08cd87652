"""Wires the execution of a remediation: real terraform, the states' one write path, backups, audit log and gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from driftgate.cli.scan import Wired, wire
from driftgate.cli.state_past import backup_at
from driftgate.cli.state_write import guards, place_of_unit
from driftgate.cli.steps import progress_steps
from driftgate.drift.classify import classify
from driftgate.drift.ignore import spell
from driftgate.finding import Finding
from driftgate.live.plan import PlanReader
from driftgate.pipeline.check import Progress
from driftgate.remediate.execute.document import Document, DocumentError, DocumentStep
from driftgate.remediate.execute.journal import Journal
from driftgate.remediate.execute.seams import Run, Seams
from driftgate.remediate.strategies.ignore import patterns
from driftgate.safety.redact import Redactor
from driftgate.safety.taint import taint_of
from driftgate.tfexec.plan import Plan
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user said: kept in the journal, so that a run goes on as it was begun. `until` is a date or ""."""

    only: tuple[int, ...] = ()
    allow_destroy: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    backend_config: tuple[str, ...] = ()
    workspace: str | None = None
    tool: str | None = None
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """The wired units of a plan, and what the user said."""

    document: Document
    steps: tuple[DocumentStep, ...]
    wired: Wired
    choices: Choices

    @property
    def units(self) -> dict[tuple[str, str], Unit]:
        return {(str(unit.path), unit.backend.workspace): unit for unit in self.wired.units}


def open_world(
    document: Document, steps: Sequence[DocumentStep], root: Path, choices: Choices, env: Mapping[str, str]
) -> World:
    """The units that the steps are for. Raises DocumentError for a folder outside the repo, and what `wire` raises."""
    folders = sorted({(root / step.unit).resolve() for step in steps})
    for folder in folders:
        if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
            raise DocumentError(
                f"{folder} is no folder of {root}", next_step="stand in the repo that the plan was made for"
            )
    settings: dict[str, Any] = {"workspace": choices.workspace, "tool": choices.tool}
    files = [Path(file) for file in choices.var_files]
    wired = wire(
        folders or [root], Redactor(), env=env, backend_config=choices.backend_config, var_files=files, **settings
    )
    return World(document, tuple(steps), wired, choices)


@contextmanager
def run_of(world: World, journal: Journal, *, approved: bool, lock_timeout: float, reason: str = "") -> Iterator[Run]:
    """A run of `world`, ready to go on, its progress on stderr."""
    from driftgate.cli.remediate_gate import gate_blocks

    wired = world.wired
    check = wired.seams(Progress())
    reader = PlanReader(wired.root, wired.binary, wired.env, wired.run, [str(f.resolve()) for f in wired.var_files])

    def findings(unit: Unit, plan: Plan) -> list[Finding]:
        wired.redactor.update(taint_of(plan))
        return classify(plan, unit=str(unit.path), workspace=unit.backend.workspace, source=check.source(unit))

    with progress_steps() as step:
        seams = Seams(
            root=wired.root,
            env=wired.env,
            standing=reader.standing,
            place=lambda unit: place_of_unit(unit, wired.root, wired.env),
            guards=lambda action: guards(action, reason=reason or world.choices.reason),
            open_backup=lambda id: backup_at(id).data,
            classify=findings,
            blocks=lambda steps, plan: gate_blocks(steps, plan, approved=approved),
            ignore_lines=lambda step: ignore_lines(step, world.choices),
            step=step,
            redact=wired.redactor.text,
        )
        allowed = frozenset(world.choices.allow_destroy)
        yield Run(world.document, world.steps, world.units, allowed, seams, journal, lock_timeout)


def ignore_lines(step: DocumentStep, choices: Choices) -> list[str]:
    """What the step adds to .driftignore. Raises DocumentError where nobody said why."""
    if not choices.reason:
        raise DocumentError(f"step {step.number} ignores drift: say why", next_step="--reason TEXT, and --until DATE")
    expires = date.fromisoformat(choices.until) if choices.until else None
    found = patterns(step.address, step.cls, step.attributes)
    return [spell(pattern, unit=step.unit, reason=choices.reason, expires=expires) for pattern in found]
