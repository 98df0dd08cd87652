"""What a repo is made of: units, their backends and what could not be decided about them. Types only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath


class UnitKind(StrEnum):
    """Which tool's notion of a unit this is."""

    ROOT_MODULE = "root-module"
    TERRAGRUNT_UNIT = "terragrunt-unit"


@dataclass(frozen=True, slots=True)
class BackendConfig:
    """A backend as Terraform would configure it: block, then `-backend-config`, in the chosen workspace.

    `config` holds Terraform's own setting names with Python values (str, bool, int, list, dict); it may hold
    secrets, so it never reaches a sink unredacted. `source` says where it was read: `block`, `initialised`
    (`.terraform/terraform.tfstate`), `default` (no backend block: `local`) or the `-backend-config` file's path.
    """

    type: str
    config: Mapping[str, object] = field(default_factory=dict)
    workspace: str = "default"
    source: str = "block"


@dataclass(frozen=True, slots=True)
class StateLocation:
    """Where a state is, not how it is reached.

    `identity` is equal for two units exactly when they share one state, e.g. `s3://bucket/env:/prod/app.tfstate`.
    `lock` names the lock mechanism as configured (`dynamodb`, `lockfile`, `lease`, …), None when there is none.
    `versioned` says, in a few words, whether old versions are kept as far as the configuration tells.
    """

    identity: str
    object: str
    lock: str | None
    versioned: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A `terraform_remote_state` edge: this unit reads the outputs of the state at `identity`."""

    name: str
    identity: str | None
    unit: PurePosixPath | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A root module (or Terragrunt unit) with its backend and workspace.

    `path` is relative to the repo root, `.` for the root itself. `backend_files` are candidate `-backend-config`
    files, relative to the repo root. `init_items` are the `-backend-config` items that `backend` was made with, as
    they would be given to an init in the unit's folder. `undecided` says what could not be decided and why, a sentence
    each. `error` is set when the unit's source does not parse: one line with file, line and column.
    """

    path: PurePosixPath
    backend: BackendConfig
    kind: UnitKind = UnitKind.ROOT_MODULE
    tool: str = "terraform"
    location: StateLocation | None = None
    initialised: bool = False
    backend_files: tuple[PurePosixPath, ...] = ()
    init_items: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    undecided: tuple[str, ...] = ()
    error: str | None = None
