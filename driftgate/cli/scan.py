"""Wires a scan: the repo's units, the real seams, and saved plans in place of the cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from driftgate import process
from driftgate.cli.options import absolute_files
from driftgate.cli.progress import scan_progress
from driftgate.cli.selection import EVERYTHING, Chosen
from driftgate.cli.terragrunt import NOTHING_SAID, Terragrunt
from driftgate.discover.outputs import state_outputs
from driftgate.discover.root import no_units, repo_of
from driftgate.discover.shard import shard
from driftgate.discover.source import SourceIndex
from driftgate.discover.terragrunt import UnitFiles, generate_stacks
from driftgate.discover.units import discover
from driftgate.drift.classify import SourceLookup
from driftgate.errors import DriftgateError
from driftgate.finding import Report
from driftgate.live.base import LiveReader, Reading
from driftgate.live.fetch import ModuleFetcher
from driftgate.live.plan import PlanReader
from driftgate.live.terragrunt import TerragruntReader
from driftgate.live.terragrunt_binary import BinaryReader
from driftgate.pipeline.check import Progress, Seams, check, judge_plan
from driftgate.safety.redact import Redactor
from driftgate.state.reader import read_snapshot
from driftgate.state.secrets import learn
from driftgate.state.snapshot import SnapshotMeta
from driftgate.terragrunt.session import Session
from driftgate.tfexec.binary import Binary, ToolError, find_binary
from driftgate.tfexec.guard import read_only
from driftgate.tfexec.plan import Plan, PlanError, parse_plan
from driftgate.tfexec.terragrunt import Terragrunt as TerragruntBinary
from driftgate.tfexec.terragrunt import find_terragrunt
from driftgate.unit import BackendConfig, Unit, UnitKind


@dataclass(frozen=True, slots=True)
class Wired:
    """A repo's units and the real seams to scan them through."""

    root: Path
    units: Sequence[Unit]
    env: Mapping[str, str]
    var_files: Sequence[Path]
    redactor: Redactor
    run: process.Runner
    binary: Callable[[str], Binary]
    terragrunt: Terragrunt
    session: Session
    """What discovery has read of the Terragrunt configurations."""
    front: TerragruntBinary | None = None
    """What plans Terragrunt units; None: they are laid out natively."""
    workspace: str | None = None
    """The one that was asked for, of all units."""

    def seams(self, progress: Progress, root: Path | None = None) -> Seams:
        """What units are read through; `root` is where the repo stands, when it is a copy."""
        session = self.session
        if root is not None:
            session = self.terragrunt.session(root, self.env)
            session.secret = self.redactor.add
            generate_stacks(session, env=self.env)
        root = root or self.root
        files = [str(moved(file.resolve(), self.root, root)) for file in self.var_files]
        outputs = state_outputs(session, on_state=partial(learn, self.redactor), workspace=self.workspace)
        plan = PlanReader(root, self.binary, self.env, self.run, files)
        fetch = ModuleFetcher(self.binary, self.env, self.run)
        live: LiveReader = TerragruntReader(plan, session.with_outputs(outputs), fetch, self._planner(plan))
        snapshot = partial(read_snapshot, root=root, env=self.env)
        return Seams(live, snapshot, _Sources(root, self.env), self.redactor, progress)

    def _planner(self, plan: PlanReader) -> BinaryReader | None:
        if self.front is None:
            return None
        return BinaryReader(plan, self.front, self.terragrunt.features, self.terragrunt.planner == "binary")


def moved(file: Path, root: Path, copy: Path) -> Path:
    """The file of the repo at `root` as it is in the `copy`; one outside of it as it is."""
    return copy / file.relative_to(root) if file.is_relative_to(root) else file


def wire(
    paths: Sequence[Path],
    redactor: Redactor,
    *,
    env: Mapping[str, str],
    workspace: str | None = None,
    tool: str | None = None,
    backend_config: Sequence[str] = (),
    var_files: Sequence[Path] = (),
    changed_since: str | None = None,
    part: tuple[int, int] = (1, 1),
    chosen: Chosen = EVERYTHING,
    terragrunt: Terragrunt = NOTHING_SAID,
) -> Wired:
    """The repo's units at or under `paths` (default: the current directory's repo), ready to be scanned.

    `part` is the shard, number and count; `chosen` are the units meant, `terragrunt` says what their code sees.
    Raises RepoError when there are none, ToolError when terraform is missing.
    """
    root, under = repo_of(paths, Path.cwd())
    session = terragrunt.session(root, env)
    session.secret = redactor.add
    units = discover(root, env=env, under=under, backend_config=absolute_files(backend_config), workspace=workspace,
                     tool=tool, terragrunt=session)  # fmt: skip
    if not units:
        raise no_units(root, under)
    units = shard(chosen.of(root, units, env, changed_since), *part)
    run = read_only(process.run)
    binary = _Binaries(env, run)
    for name in {unit.tool for unit in units}:
        binary(name)  # a missing binary is one error, not one for each unit
    front = _front(units, env, terragrunt.planner)
    return Wired(root, units, env, var_files, redactor, run, binary, terragrunt, session, front, workspace)


def _front(units: Sequence[Unit], env: Mapping[str, str], planner: str) -> TerragruntBinary | None:
    """The terragrunt that plans these units. Raises ToolError when it is asked for and missing."""
    if planner == "native" or all(unit.kind is not UnitKind.TERRAGRUNT_UNIT for unit in units):
        return None
    found = find_terragrunt(env, run=process.run)
    if found is None and planner == "binary":
        raise ToolError("terragrunt is not on PATH", next_step="install it, or plan without: `--terragrunt native`")
    return found


def scan_units(
    paths: Sequence[Path],
    redactor: Redactor,
    *,
    started: str,
    parallelism: int,
    fail_fast: bool = False,
    **choices: Any,
) -> Report:
    """Scan what `wire` gives for `paths` and `choices`, its progress on stderr. Raises what `wire` raises."""
    wired = wire(paths, redactor, **choices)
    with scan_progress(len(wired.units)) as progress:
        return check(wired.units, wired.seams(progress), reader="plan", started=started, parallelism=parallelism,
                     fail_fast=fail_fast)  # fmt: skip


def scan_plans(
    plans: Sequence[str], paths: Sequence[Path], redactor: Redactor, *, started: str, workspace: str | None
) -> Report:
    """Judge saved JSON plans, each `[UNIT=]FILE`; without UNIT it is the first of `paths`, else the repo's root.

    Raises PlanError for a file that is no plan, DriftgateError for one that cannot be read.
    """
    root, _ = repo_of(paths, Path.cwd())
    seams = Seams(_no_live, _no_snapshot, _Sources(root, {}), redactor, Progress())
    results = []
    for item in plans:
        name, file = _plan_item(item, paths, root)
        backend = BackendConfig("", workspace=workspace or "default")
        results.append(judge_plan(Unit(PurePosixPath(name), backend), _plan_in(file), seams))
    return Report(tuple(sorted(results, key=lambda r: (r.path, r.workspace))), "plan-json", started, 0.0)


def _plan_in(file: Path) -> Plan:
    """The plan in a file; an error names it."""
    try:
        return parse_plan(_read_file(file))
    except PlanError as error:
        raise PlanError(f"{file}: {error.message}", next_step=error.next_step) from None


def _plan_item(item: str, paths: Sequence[Path], root: Path) -> tuple[str, Path]:
    name, separator, file = item.partition("=")
    if separator and not Path(item).exists():
        return name, Path(file)
    unit = paths[0].resolve().relative_to(root).as_posix() if paths else "."
    return unit, Path(item)


def _no_live(unit: Unit, on_read: Callable[[str], None]) -> Reading:
    raise AssertionError("a saved plan is judged, nothing is read")


def _no_snapshot(unit: Unit) -> SnapshotMeta | None:
    return None


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DriftgateError(f"cannot read {file}: {error.strerror}", next_step="name a file that exists") from None


class _Sources:
    """Finds the code of each unit: its folder, or the module that a Terragrunt unit runs."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root, self._env = root, env
        self._terragrunt: UnitFiles | None = None
        self._lock = threading.Lock()

    def __call__(self, unit: Unit) -> SourceLookup | None:
        folder = self._root / unit.path
        if unit.kind is UnitKind.TERRAGRUNT_UNIT:
            with self._lock:
                self._terragrunt = self._terragrunt or UnitFiles(self._root, self._env)
                module = self._terragrunt.module_of(unit)
            return SourceIndex(self._root, self._root / module) if module is not None else None
        return SourceIndex(self._root, folder) if folder.is_dir() else None


class _Binaries:
    """Finds each tool's binary once, whichever thread asks first."""

    def __init__(self, env: Mapping[str, str], run: process.Runner) -> None:
        self._env, self._run = env, run
        self._found: dict[str, Binary] = {}
        self._lock = threading.Lock()

    def __call__(self, tool: str) -> Binary:
        with self._lock:
            if tool not in self._found:
                self._found[tool] = find_binary(self._env, run=self._run, tool=tool)
            return self._found[tool]
