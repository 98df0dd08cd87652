"""Which state a terraform command line works on: exactly what `terraform init` recorded, no source is parsed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from driftgate.backends.where import locate
from driftgate.backends.where_settings import UnlocatedError
from driftgate.discover.root import repo_root
from driftgate.discover.workspace import current_workspace, initialised
from driftgate.unit import BackendConfig, StateLocation, Unit
from driftgate.wrap.options import Options
from driftgate.wrap.terraform_argv import TerraformCommand

RUN_FROM = "DG_RUN_FROM"
"""The variable that tells units where their common run was begun."""

_DOWNLOADED = ".terragrunt-source-version"
"""Terragrunt leaves this file where it downloads a module to."""


@dataclass(frozen=True, slots=True)
class Target:
    """The unit in the repo at `root`, and the folder that terraform works in."""

    root: Path
    folder: Path
    unit: Unit

    @property
    def name(self) -> str:
        """How the unit is called in what dg says: its path, with its workspace where that is not the default one."""
        workspace = self.unit.backend.workspace
        path = unit_folder(self.root / self.unit.path)
        shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        return f"{shown}" + (f" ({workspace})" if workspace != "default" else "")

    @property
    def identity(self) -> str:
        """Where the state is; of backends that cannot be located, their type and the unit's path."""
        unit = self.unit
        return unit.location.identity if unit.location else f"{unit.backend.type}://{unit.path}"


def target_of(command: TerraformCommand, options: Options, *, tool: str, cwd: Path, env: Mapping[str, str]) -> Target:
    """What `command`, started in `cwd`, is about to change. `tool` is terraform or tofu."""
    folder = Path(os.path.normpath(cwd / command.folder))
    place = folder.resolve()
    root = repo_root(unit_folder(place))  # a module that was cloned into the cache is a repo, too
    path = PurePosixPath(place.relative_to(root))
    data_dir = folder / (env.get("TF_DATA_DIR") or ".terraform")
    chosen = options.positional[0] if command.name == "workspace delete" and options.positional else None
    record = initialised(data_dir)
    workspace = current_workspace(data_dir, env, chosen)
    if record.config is None:
        backend = BackendConfig("local", {}, workspace, "default")
    else:
        backend = BackendConfig(record.type, record.config, workspace, "initialised")
    elsewhere = options.get("state-out") or options.get("state")
    if elsewhere and backend.type == "local":
        backend = BackendConfig("local", {"path": elsewhere}, "default", "-state")
    location = _located(backend, path, env, root)
    return Target(root, folder, Unit(path, backend, tool=tool, location=location, initialised=record.done))


def unit_folder(folder: Path) -> Path:
    """The folder of the Terragrunt unit that `folder`, in its cache, was copied for; else `folder` itself."""
    parts = folder.parts
    return Path(*parts[: parts.index(".terragrunt-cache")]) if ".terragrunt-cache" in parts else folder


def settled_in(folder: Path, env: Mapping[str, str]) -> Path:
    """Where settings are looked for when a tool runs in `folder`: in the unit, not in what was downloaded for it.

    Of a download folder elsewhere the unit is not known: then it is where the run of many units was begun.
    """
    unit = unit_folder(folder)
    if unit == folder and any((place / _DOWNLOADED).exists() for place in (folder, *folder.parents)):
        return Path(env.get(RUN_FROM) or folder)
    return unit


def _located(backend: BackendConfig, path: PurePosixPath, env: Mapping[str, str], root: Path) -> StateLocation | None:
    try:
        return locate(backend, path, env=env, root=PurePosixPath(root))
    except UnlocatedError:
        return None
