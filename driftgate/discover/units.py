"""Finds a repo's units: which folders are root modules, and where each keeps its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from driftgate.collector import collector_paused
from driftgate.discover.backend_block import Declared, declared_backend
from driftgate.discover.backend_items import is_file
from driftgate.discover.candidates import Candidates
from driftgate.discover.effective import Choices, Resolver
from driftgate.discover.module import Module
from driftgate.discover.remote_state import Edge, edges, resolve
from driftgate.discover.repo import Repo
from driftgate.discover.root import repo_root
from driftgate.discover.root_modules import has_evidence, root_modules
from driftgate.discover.scope import Place, root_scope
from driftgate.discover.settings import BlockSettings, settings
from driftgate.discover.terragrunt import terragrunt_units
from driftgate.errors import RepoError
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.unit import UNREADABLE
from driftgate.unit import Unit

__all__ = ["discover", "is_under", "repo_root", "shared_states"]

GUESSED = "taken for a root module because no module here calls it: it has no backend block, provider or tfvars"


def discover(
    root: Path,
    *,
    env: Mapping[str, str],
    under: Sequence[Path] = (),
    backend_config: Sequence[str] = (),
    workspace: str | None = None,
    tool: str | None = None,
    terragrunt: Session | None = None,
) -> list[Unit]:
    """The units of the repo at `root` that are in a folder of `under` (default: all), by path.

    The whole repo is read whatever `under` says: who calls a module, and whose state is read, needs all of it.
    `backend_config` items are as for `terraform init`, files absolute or relative to a unit; `tool` forces terraform
    or tofu; Terragrunt units are read in the session `terragrunt`. Source that does not parse is the unit's `error`.
    Raises RepoError when `root` cannot be read, or a `-backend-config` file is nowhere.
    """
    wanted = [path.resolve() for path in under]
    root = root.resolve()
    with collector_paused():
        return _discover(Repo.open(root, env, tool, wanted), Choices(backend_config, workspace), wanted, terragrunt)


def shared_states(units: Sequence[Unit]) -> list[tuple[str, tuple[PurePosixPath, ...]]]:
    """The states that more than one unit keeps as its own: identity and units, sorted."""
    owners: dict[str, list[PurePosixPath]] = {}
    for unit in units:
        if unit.location is not None:
            owners.setdefault(unit.location.identity, []).append(unit.path)
    return [(identity, tuple(sorted(paths))) for identity, paths in sorted(owners.items()) if len(paths) > 1]


def is_under(root: Path, unit: Unit, folders: Sequence[Path]) -> bool:
    """Whether the unit is in one of `folders`; it is if there are none. All paths are resolved."""
    return not folders or any((root / unit.path).is_relative_to(folder) for folder in folders)


def _discover(repo: Repo, choices: Choices, wanted: Sequence[Path], session: Session | None) -> list[Unit]:
    if (problem := repo.folders["."].error) is not None:
        raise RepoError(f"{repo.root}: {problem}")
    terragrunt = terragrunt_units(repo, choices.workspace, session)
    resolver = Resolver(repo, choices, Candidates(repo))
    paths = [path for path in root_modules(repo) if path not in terragrunt.modules]
    _check_items(repo, choices.backend_config, paths)
    found = [_unit(resolver, path) for path in paths]
    reading = {unit.path: _edges(repo, unit) for unit in found}
    units = [unit for unit in resolve(repo, found, reading) if is_under(repo.root, unit, wanted)]
    units += [unit for unit in terragrunt.units if is_under(repo.root, unit, wanted)]
    return sorted(units, key=lambda unit: unit.path)


def _unit(resolver: Resolver, path: str) -> Unit:
    repo = resolver.repo
    folder, tool = repo.folder(path), repo.tool_of(path)
    module = repo.module(path, tool)
    declared = declared_backend(module)
    found = resolver.resolve(path, declared, _block(repo, module, declared, tool))
    broken = bool(folder.error or module.errors)  # the backend may be in what could not be read
    readable = declared.error is None and (declared.explicit or not broken)
    guessed = () if declared.explicit or module.errors or has_evidence(folder, module) else (GUESSED,)
    return Unit(
        path=PurePosixPath(path),
        backend=found.backend if readable else UNREADABLE,
        tool=tool,
        location=found.location if readable else None,
        initialised=found.initialised,
        backend_files=found.backend_files,
        init_items=found.init_items,
        undecided=(*found.undecided, *guessed) if readable else (),
        error=folder.error or declared.error or next(_broken(repo, module, tool), None),
    )


def _block(repo: Repo, module: Module, declared: Declared, tool: str) -> BlockSettings:
    """The backend block's settings. Terraform allows only constants in it, OpenTofu variables and locals too."""
    found = settings(declared.body)
    if not found.unknown or tool != "tofu":
        return found
    place = Place(repo.root / module.path, repo.folder(module.path).files, repo.env, "default")
    return settings(declared.body, root_scope(module, place))


def _broken(repo: Repo, module: Module, tool: str) -> Iterator[str]:
    """What does not parse in the unit or in a local module that it calls."""
    for called in repo.closure(module.path, tool):
        yield from called.errors


def _edges(repo: Repo, unit: Unit) -> list[Edge]:
    return edges(repo, repo.module(str(unit.path), unit.tool), unit.tool, unit.backend.workspace)


def _check_items(repo: Repo, items: Sequence[str], units: Sequence[str]) -> None:
    for item in items:
        if is_file(item) and not any((repo.root / unit / item).is_file() for unit in units):
            raise RepoError(
                f"--backend-config {item}: there is no such file, neither here nor in a unit",
                next_step="name a file, or give name=value",
            )
