"""`terraform_remote_state` edges: which states a unit reads, and which units those belong to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from driftgate.backends.where import locate
from driftgate.backends.where_public import NOT_WHERE
from driftgate.backends.where_settings import UnlocatedError
from driftgate.discover.module import Module
from driftgate.discover.repo import Repo
from driftgate.discover.scope import Place, UnitScope, root_scope, scope_of
from driftgate.discover.settings import settings, sorted_out
from driftgate.hcl.ast import Block, Template
from driftgate.hcl.constant import Unknown, constant
from driftgate.unit import BackendConfig, Dependency, Unit


@dataclass(frozen=True, slots=True)
class Edge:
    """A state that is read: `backend` is where, None when that is not constant, for `reason`."""

    name: str
    backend: BackendConfig | None
    reason: str = ""


def edges(repo: Repo, module: Module, tool: str, workspace: str) -> list[Edge]:
    """The remote states that a root module and the local modules it calls read, by address."""
    if not _reads_any(repo, module, tool):
        return []
    place = Place(repo.root / module.path, repo.folder(module.path).files, repo.env, workspace)
    found = _edges(repo, module, tool, root_scope(module, place), "", workspace, (module.path,))
    return sorted(found, key=lambda edge: edge.name)


def resolve(repo: Repo, units: Sequence[Unit], edges_of: Mapping[PurePosixPath, Sequence[Edge]]) -> list[Unit]:
    """`units` with their dependencies: each edge's state, and the unit that owns it in any of its workspaces."""
    workspaces = {e.backend.workspace for edges in edges_of.values() for e in edges if e.backend is not None}
    owners: dict[str, PurePosixPath] = {}
    if workspaces:
        for unit in units:
            for workspace in workspaces | {unit.backend.workspace}:
                same = unit.location if workspace == unit.backend.workspace else None
                identity = (
                    same.identity if same else _identity(repo, replace(unit.backend, workspace=workspace), unit.path)[0]
                )
                if identity is not None:
                    owners.setdefault(identity, unit.path)
    return [
        replace(unit, dependencies=tuple(_dependency(repo, unit, edge, owners) for edge in edges_of.get(unit.path, ())))
        for unit in units
    ]


def _edges(
    repo: Repo, module: Module, tool: str, scope: UnitScope, prefix: str, workspace: str, callers: tuple[str, ...]
) -> Iterator[Edge]:
    for _, block in module.blocks("data"):
        if block.labels[:1] == ("terraform_remote_state",) and len(block.labels) == 2:
            yield _edge(block, scope, f"{prefix}data.terraform_remote_state.{block.labels[1]}")
    arguments = {block.labels[0]: block for _, block in module.blocks("module") if block.labels}
    for name, path in repo.calls(module):
        called = repo.module(path, tool)
        if path not in callers and _reads_any(repo, called, tool):
            given = settings(arguments[name].body, scope).values
            inner = scope_of(called, given, workspace, posixpath.relpath(path, callers[0]))
            yield from _edges(repo, called, tool, inner, f"{prefix}module.{name}.", workspace, (*callers, path))


def _reads_any(repo: Repo, module: Module, tool: str) -> bool:
    """Whether it is worth evaluating anything: most modules read no other state."""
    return any(
        block.labels[:1] == ("terraform_remote_state",)
        for called in repo.closure(module.path, tool)
        for _, block in called.blocks("data")
    )


def _edge(block: Block, scope: UnitScope, name: str) -> Edge:
    attributes = block.body.attributes
    backend = attributes.get("backend")
    kind = backend.value.text if backend is not None and isinstance(backend.value, Template) else None
    if kind is None:
        return Edge(name, None, "its backend type is not a constant")
    config = constant(attributes["config"].value, scope) if "config" in attributes else {}
    workspace = constant(attributes["workspace"].value, scope) if "workspace" in attributes else "default"
    found = sorted_out(config if isinstance(config, dict) else {"config": config})
    doubts = {n: why for n, why in found.unknown.items() if n not in NOT_WHERE}
    if isinstance(workspace, Unknown):
        doubts["workspace"] = workspace.reason
    if doubts:
        which = sorted(doubts)[0]
        return Edge(name, None, f"its {which} is not constant: {doubts[which]}")
    return Edge(name, BackendConfig(kind, found.values, str(workspace or "default"), "block"))


def _dependency(repo: Repo, unit: Unit, edge: Edge, owners: Mapping[str, PurePosixPath]) -> Dependency:
    if edge.backend is None:
        return Dependency(edge.name, None, None, edge.reason)
    identity, reason = _identity(repo, edge.backend, unit.path)
    owner = owners.get(identity) if identity is not None else None
    if identity is not None and owner is None:
        reason = "no unit in this repo has this state"
    return Dependency(edge.name, identity, owner, reason)


def _identity(repo: Repo, backend: BackendConfig, path: PurePosixPath) -> tuple[str | None, str]:
    try:
        return locate(backend, path, env=repo.env, root=PurePosixPath(repo.root.as_posix())).identity, ""
    except UnlocatedError as error:
        return None, error.message
