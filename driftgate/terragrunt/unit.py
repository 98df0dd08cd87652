"""One Terragrunt unit as driftgate knows units: its backend, where its state is, and which units it waits for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath

from driftgate.backends.where import locate
from driftgate.backends.where_public import NOT_WHERE
from driftgate.backends.where_settings import UnlocatedError
from driftgate.errors import DriftgateError
from driftgate.hcl.error import HclError
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.backend import Stated, module_backend, stated_backend
from driftgate.terragrunt.config import Config, open_unit
from driftgate.terragrunt.dependency import Edge, edges, place_of
from driftgate.terragrunt.error import as_terragrunt_error
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.shapes import as_mapping
from driftgate.terragrunt.source import module_of
from driftgate.unit import BackendConfig, Dependency, StateLocation, Unit, UnitKind

UNREADABLE = BackendConfig("unknown", source="unreadable")
OWN_MODULE = BackendConfig("local", source="default")


def read_unit(session: Session, folder: str, *, workspace: str = "default", tool: str = "terraform") -> Unit:
    """The unit in `folder`, an absolute path. What is wrong with its configuration is its `error`; never raises."""
    path = PurePosixPath(session.files.shown(folder))
    try:
        config = open_unit(session, folder)
        return _unit(config, path, workspace, tool)
    except HclError as error:
        problem = error.message
    except (EvaluationError, RecursionError) as error:
        problem = as_terragrunt_error(error, session.files.shown(session.files.unit_file(folder))).message
    except DriftgateError as error:
        problem = error.message
    return Unit(path, UNREADABLE, UnitKind.TERRAGRUNT_UNIT, tool, error=" ".join(problem.split()))


def _unit(config: Config, path: PurePosixPath, workspace: str, tool: str) -> Unit:
    stated = stated_backend(config) or _of_module(config)
    backend = BackendConfig(stated.type, stated.config, workspace, stated.source) if stated else OWN_MODULE
    location, doubt = _location(config, path, stated, backend)
    waits = edges(config)
    return Unit(
        path,
        backend,
        UnitKind.TERRAGRUNT_UNIT,
        _tool(config, tool),
        location,
        dependencies=tuple(_dependency(config, edge) for edge in waits),
        undecided=(*_unknowns(stated), *doubt),
        error=next((_nowhere(config, edge) for edge in waits if edge.folder is not None and not edge.exists), None),
    )


def _of_module(config: Config) -> Stated | None:
    """What the module says where the unit does not: its backend block, or a local state that is in the unit's folder.

    Without that the state may be in Terragrunt's cache: from 1.0 on it copies even a unit that is its own module.
    """
    folder = module_of(config).folder
    if folder is None:
        return None
    found = module_backend(config.files, folder)
    own = folder == config.folder and config.files.is_file(f"{folder}/terraform.tfstate")
    return found or (Stated("local", {}, "default") if own else None)


def _tool(config: Config, tool: str) -> str:
    binary = as_mapping(config.section("attributes")).get("terraform_binary")
    name = posixpath.basename(binary) if isinstance(binary, str) else ""
    return name if name in ("terraform", "tofu") else tool


def _unknowns(stated: Stated | None) -> Iterator[str]:
    if stated is not None:
        for name, reason in sorted(stated.unknown.items()):
            yield f"{stated.source}: `{name}` is not known: {reason}"


def _location(
    config: Config, path: PurePosixPath, stated: Stated | None, backend: BackendConfig
) -> tuple[StateLocation | None, tuple[str, ...]]:
    if stated is None:
        return None, ("no remote_state, and no generated backend: the state is where the module says",)
    if stated.unknown.keys() - NOT_WHERE:
        return None, ()
    if stated.type == "local" and _is_cached(config, str(stated.config.get("path") or "terraform.tfstate")):
        return None, ("the local state's path is relative to Terragrunt's cache: write an absolute one",)
    try:
        root = PurePosixPath(config.files.root)
        return locate(backend, path, env=config.session.env, root=root), ()
    except UnlocatedError as error:
        return None, (error.message,)


def _is_cached(config: Config, path: str) -> bool:
    """Whether a local state is in the copy that terraform runs in, not in the unit's own folder."""
    if path.startswith("/"):
        return False
    copied = bool(as_mapping(config.section("terraform")).get("source"))
    return copied or not config.files.is_file(posixpath.normpath(f"{config.folder}/{path}"))


def _nowhere(config: Config, edge: Edge) -> str:
    """Terragrunt refuses a unit that waits for one that is not there."""
    folder = config.files.shown(edge.folder or "")
    return f"{place_of(config, edge.name)}: {edge.name}: there is no unit in {folder}"


def _dependency(config: Config, edge: Edge) -> Dependency:
    if edge.folder is None:
        return Dependency(edge.name, None, None, edge.reason)
    shown = config.files.shown(edge.folder)
    if not edge.exists:
        return Dependency(edge.name, None, None, f"there is no unit in {shown}")
    return Dependency(edge.name, None, PurePosixPath(shown))
