"""Wires the steps that blocks take: `moved`, `import`, `removed`, `ignore_changes`, each proved on a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from driftgate.cli.remediate_accept import rescan
from driftgate.cli.remediate_adopt import surroundings, templates_of
from driftgate.cli.scan import Wired
from driftgate.discover.repo import Repo
from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Finding, Report
from driftgate.pipeline.check import Progress
from driftgate.remediate.adopt.adopt import adopt
from driftgate.remediate.adopt.import_ids import place_of
from driftgate.remediate.adopt.objects import Templates
from driftgate.remediate.blocks import lost
from driftgate.remediate.blocks.ignored import ignored
from driftgate.remediate.blocks.item import BlockItem, NoBlock, both_accept, drafts
from driftgate.remediate.blocks.moves import moves
from driftgate.remediate.blocks.prove import confirmed
from driftgate.remediate.blocks.release import release
from driftgate.remediate.choice import Choose
from driftgate.remediate.conflicts import Conflict, conflicts
from driftgate.remediate.step import Draft, Facts
from driftgate.remediate.trace.site import CannotTraceError, open_site
from driftgate.remediate.trace.wanted import Change
from driftgate.state.file import StateFile
from driftgate.unit import Unit, UnitKind

Found = tuple[list[BlockItem], list[NoBlock]]
States = Mapping[tuple[str, str], StateFile]
"""By unit and workspace."""


@dataclass(slots=True)
class Blocks:
    """What was worked out: by strategy and fingerprint the steps, and their edits."""

    prepared: dict[str, dict[str, Draft | str]] = field(default_factory=dict)
    changes: dict[tuple[str, str], list[Change]] = field(default_factory=dict)

    def add(self, strategy: str, found: Found, facts: Facts, *, proved: bool) -> None:
        items, left = found
        self.prepared[strategy] = {
            **{item.finding.fingerprint: item.reason for item in left},
            **drafts(items, facts, strategy, proved=proved),
        }
        for item in items:
            self.changes[strategy, item.finding.fingerprint] = [item.change]


@dataclass(frozen=True, slots=True)
class BlockWiring:
    """What all of them work with."""

    wired: Wired
    report: Report
    states: States
    choose: Choose
    template_dirs: Sequence[Path]
    verify: bool
    parallelism: int
    kept: frozenset[tuple[str, str]] = frozenset()
    """Unit and address of what has a step already."""

    def chosen(self, strategy: str) -> list[Finding]:
        """The findings that the strategy is chosen for, and that have no step yet."""
        free = (f for f in self.report.findings if (f.unit, f.address) not in self.kept)
        return [finding for finding in free if strategy in self.choose(finding).strategies]

    @property
    def templates(self) -> Templates:
        return templates_of(self.template_dirs)

    @property
    def units(self) -> dict[str, Unit]:
        """The units whose own code can be given blocks: a Terragrunt unit runs a module that is not its own."""
        return {str(unit.path): unit for unit in self.wired.units if unit.kind is UnitKind.ROOT_MODULE}


def worked_out(wiring: BlockWiring, facts: Facts, *, in_code: bool) -> Blocks:
    """The blocks for the findings that their strategies are chosen for; `ignore` is one only `in_code`.

    What a block keeps already is not looked at for the next: the new address of a move is no lost object.
    """
    blocks = Blocks()
    for name, way in WAYS.items():
        if name != "ignore" or in_code:
            items, left = way(wiring)
            blocks.add(name, (items, left), facts, proved=wiring.verify or name == "adopt")
            kept = {(item.finding.unit, address) for item in items for address in item.acts}
            wiring = replace(wiring, kept=wiring.kept | kept)
    return blocks


def _moves(wiring: BlockWiring) -> Found:
    repo = _repo(wiring)
    modules = {path: repo.module(path, unit.tool) for path, unit in wiring.units.items()}
    items, left = moves(wiring.report.findings, modules, wiring.templates)
    chosen = {finding.fingerprint for finding in wiring.chosen("move")}
    kept = [item for item in items if item.finding.fingerprint in chosen]
    return _proved(wiring, (kept, [item for item in left if item.finding.fingerprint in chosen]))


def _released(wiring: BlockWiring) -> Found:
    repo = _repo(wiring)

    def one(finding: Finding, unit: Unit) -> BlockItem:
        return release(finding, repo.module(str(unit.path), unit.tool), wiring.templates)

    chosen = (f for f in wiring.chosen("forget") if f.cls is not DriftClass.MISSING)
    there = [f for f in chosen if f.cls.is_drift or f.actions == ("delete",)]
    return _proved(wiring, _each(wiring, there, one))


def _ignored(wiring: BlockWiring) -> Found:
    def one(finding: Finding, unit: Unit) -> BlockItem:
        where: dict[str, Any] = {"workspace": finding.workspace, "tool": unit.tool, "var_files": wiring.wired.var_files}
        site = open_site(wiring.wired.root, finding.unit, env=wiring.wired.env, **where)
        return ignored(finding, site, wiring.templates)

    kept = (DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE)
    drifted = [f for f in wiring.chosen("ignore") if f.cls in kept]
    return _proved(wiring, _each(wiring, drifted, one))


def _lost(wiring: BlockWiring) -> Found:
    items: list[BlockItem] = []
    left: list[NoBlock] = []
    for path, unit in wiring.units.items():
        findings = [f for f in wiring.chosen("adopt") if f.unit == path and f.actions == ("create",)]
        if not findings:
            continue
        state = wiring.states.get((path, unit.backend.workspace))
        instances = state.instances() if state is not None else ()
        wanted, unknown = lost.wanted(findings, place_of(instance.attributes for instance in instances))
        adoption = adopt(list(wanted), surroundings(wiring.wired, unit, wiring.template_dirs))
        found, missing = lost.steps(adoption, wanted)
        found, broken = both_accept(found)
        items += found
        left += [*unknown, *missing, *broken]
    return items, left


def _each(wiring: BlockWiring, findings: Iterable[Finding], one: Callable[[Finding, Unit], BlockItem]) -> Found:
    """One block for each finding, or why there is none."""
    items, left = [], []
    for finding in findings:
        unit = wiring.units.get(finding.unit)
        try:
            if unit is None:
                raise CannotTraceError(f"the module of {finding.unit} is not its own: it is edited by hand")
            items.append(one(finding, unit))
        except CannotTraceError as error:
            left.append(NoBlock(finding, error.message))
    return items, left


def _proved(wiring: BlockWiring, found: Found) -> Found:
    items, left = found
    items, broken = both_accept(items)
    left = [*left, *broken]
    if not wiring.verify:
        return items, left
    scan = rescan(wiring.wired, wiring.report, wiring.parallelism)
    kept, refused = confirmed(wiring.wired.root, items, wiring.report.units, scan)
    return kept, [*left, *refused]


def _repo(wiring: BlockWiring) -> Repo:
    return Repo(wiring.wired.root.resolve(), wiring.wired.env)


WAYS: Mapping[str, Callable[[BlockWiring], Found]] = {
    "move": _moves,
    "adopt": _lost,
    "forget": _released,
    "ignore": _ignored,
}


def conflicts_of(wired: Wired, states: States) -> tuple[Conflict, ...]:
    """The objects that more than one of the states hold."""
    source = wired.seams(Progress()).source
    units = {str(unit.path): unit for unit in wired.units}
    instances = {
        unit: [(str(i.address), i.address.type, i.attributes) for i in state.instances() if i.address.mode == "managed"]
        for unit, state in states.items()
    }

    def in_code(unit: str, address: str) -> bool:
        lookup = source(units[unit])
        return lookup is not None and lookup.find(address) is not None

    return tuple(conflicts(instances, in_code))


def states_of(wired: Wired, report: Report, on_unread: Callable[[Unit, DriftgateError], None]) -> States:
    """The states of the scanned units; of one that cannot be read `on_unread` hears."""
    from driftgate.state.reader import read_state

    read = {result.path for result in report.units}
    found = {}
    for unit in wired.units:
        if str(unit.path) not in read:
            continue
        try:
            state = read_state(unit, root=wired.root, env=wired.env)
        except DriftgateError as error:
            on_unread(unit, error)
            continue
        if state is not None:
            found[str(unit.path), unit.backend.workspace] = state
    return found
