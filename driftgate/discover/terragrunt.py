"""The Terragrunt units of a repo, with what can only be told of them together: whose state they read, and cycles."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

from driftgate.discover.repo import Repo
from driftgate.discover.workspace import current_workspace
from driftgate.errors import DriftgateError
from driftgate.hcl.error import HclError
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.error import as_terragrunt_error
from driftgate.terragrunt.files import STACK_FILE, UNIT_FILES, Files
from driftgate.terragrunt.find import unit_folders, without_roots
from driftgate.terragrunt.reads import files_read
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.source import module_of
from driftgate.terragrunt.stack import Generated, generated_units
from driftgate.terragrunt.unit import UNREADABLE, read_unit
from driftgate.unit import Unit, UnitKind

_FILES = frozenset((*UNIT_FILES, STACK_FILE))


@dataclass(frozen=True, slots=True)
class Found:
    """The units by path, and the folders of the modules that they run, which are no units of their own."""

    units: list[Unit]
    modules: frozenset[str] = frozenset()


def terragrunt_units(repo: Repo, workspace: str | None, session: Session | None = None) -> Found:
    """The Terragrunt units of a repo; none when no visible folder has a configuration."""
    if not any(_FILES.intersection(folder.files) for folder in repo.folders.values()):
        return Found([])
    session = session or Session(Files(repo.root.as_posix()), repo.env)
    folders, stacks = unit_folders(session.files.root, repo.data_dir)
    generated, broken = _generated(session, stacks)
    copied = {found.copied_from for found in generated}
    refused = {f"{session.files.root}/{unit.path}" for unit in broken}
    folders = [folder for folder in folders if folder not in copied and folder not in refused]
    folders = without_roots(folders, _included(session, folders))
    folders += [found.folder for found in generated if found.copied_from is not None]
    units = [_unit(session, repo, folder, workspace) for folder in folders]
    units += [*broken, *_elsewhere(session, generated)]
    return Found(sorted(_together(units), key=lambda unit: unit.path), frozenset(_modules(session, folders)))


def generate_stacks(session: Session, *, env: Mapping[str, str]) -> None:
    """Let `session` see the units that the repo's stacks would generate. A stack that cannot be read has none."""
    _generated(session, unit_folders(session.files.root, env.get("TF_DATA_DIR") or ".terraform")[1])


class UnitFiles:
    """What the Terragrunt units of a repo read, each evaluated when first asked about. Paths are the repo's own."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self._session = Session(Files(root.as_posix()), env)
        generate_stacks(self._session, env=env)

    def of(self, unit: Unit) -> frozenset[str]:
        """The files that a unit's configuration reads, relative to the root."""
        folder = (self.root / unit.path).as_posix()
        return frozenset(map(self._real, files_read(self._session, folder)))

    def module_of(self, unit: Unit) -> str | None:
        """The folder of the module that a unit runs, relative to the root, if it is in the repo."""
        try:
            folder = module_of(open_unit(self._session, (self.root / unit.path).as_posix())).folder
        except (EvaluationError, DriftgateError, RecursionError):
            return None  # the unit itself says so
        inside = folder is not None and Path(folder).is_relative_to(self.root)
        return self._real(folder) if folder is not None and inside else None

    def _real(self, path: str) -> str:
        return self._session.files.shown(self._session.files.real(path))


def _unit(session: Session, repo: Repo, folder: str, workspace: str | None) -> Unit:
    path = session.files.shown(folder)
    selected = current_workspace(repo.root / path / repo.data_dir, repo.env, workspace)
    there = path
    while there not in repo.folders and not (repo.root / there).is_dir():  # a generated unit is not there yet
        there = posixpath.dirname(there) or "."
    return read_unit(session, folder, workspace=selected, tool=repo.tool_of(there))


def _generated(session: Session, stacks: Sequence[str]) -> tuple[list[Generated], list[Unit]]:
    """The units that stacks make, and a unit with an error for each stack that cannot be read."""
    found: list[Generated] = []
    broken: list[Unit] = []
    for folder in stacks:
        try:
            found += generated_units(session, folder)
        except (EvaluationError, RecursionError, DriftgateError) as error:
            shown = session.files.shown(folder)
            problem = (
                error if isinstance(error, DriftgateError) else as_terragrunt_error(error, f"{shown}/{STACK_FILE}")
            )
            broken.append(Unit(PurePosixPath(shown), UNREADABLE, UnitKind.TERRAGRUNT_UNIT, error=problem.message))
    return found, broken


def _elsewhere(session: Session, generated: Sequence[Generated]) -> Iterator[Unit]:
    """Units whose source is not on this disk and which are not generated yet."""
    for found in generated:
        if found.copied_from is None and not session.files.is_folder(found.folder):
            note = f"its source {found.source} is not on this disk: run `terragrunt stack generate`"
            path = PurePosixPath(session.files.shown(found.folder))
            yield Unit(path, UNREADABLE, UnitKind.TERRAGRUNT_UNIT, undecided=(note,))


def _included(session: Session, folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        try:
            yield from (include.path for include in open_unit(session, folder).includes)
        except (EvaluationError, HclError, RecursionError):
            continue  # the unit itself will say so


def _modules(session: Session, folders: Sequence[str]) -> Iterator[str]:
    """The local modules that units run, relative to the root, and the units' own folders."""
    for folder in folders:
        yield session.files.shown(folder)
        try:
            module = module_of(open_unit(session, folder)).folder
        except (EvaluationError, HclError, RecursionError):
            continue
        if module is not None:
            yield session.files.shown(module)


def _together(units: Sequence[Unit]) -> list[Unit]:
    identities = {unit.path: unit.location.identity for unit in units if unit.location is not None}
    cycles = _cycles(units)
    told: dict[str, PurePosixPath] = {}
    return [_completed(unit, identities, cycles, told) for unit in units]


def _completed(
    unit: Unit,
    identities: Mapping[PurePosixPath, str],
    cycles: Mapping[PurePosixPath, str],
    told: dict[str, PurePosixPath],
) -> Unit:
    error = unit.error or cycles.get(unit.path)
    if error is not None and unit.error is not None:
        first = told.setdefault(error, unit.path)
        if first != unit.path:  # what is broken in a shared file is told in full only once
            error = f"{':'.join(error.split(':')[:3])}: see {first}"
    dependencies = tuple(
        replace(one, identity=identities.get(one.unit)) if one.unit is not None else one for one in unit.dependencies
    )
    return replace(unit, dependencies=dependencies, error=error)


def _cycles(units: Sequence[Unit]) -> dict[PurePosixPath, str]:
    """What to say of each unit that waits for itself."""
    waits = {unit.path: {d.unit for d in unit.dependencies if d.unit is not None} for unit in units}
    found: dict[PurePosixPath, str] = {}
    while True:
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            start = circle.index(min(circle))
            steps = [*circle[start:-1], *circle[:start], circle[start]] if start < len(circle) - 1 else circle
            text = f"dependency cycle: {' -> '.join(map(str, steps))}"
            for path in circle:
                found.setdefault(path, text)
                waits[path] = waits.get(path, set()) - set(circle)
            continue
        return found
