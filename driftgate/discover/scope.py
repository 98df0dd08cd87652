"""What names mean in a unit, as far as it can be told without running anything: variables, locals, paths, workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate.discover.module import Module, read_text
from driftgate.discover.settings import json_settings, settings
from driftgate.hcl.ast import Body, Span
from driftgate.hcl.constant import ModuleScope, constant, module_scope
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse, parse_expression


@dataclass(frozen=True, slots=True)
class Place:
    """Where a root module is evaluated: its folder, the file names there, the environment and the workspace."""

    folder: Path
    files: tuple[str, ...]
    env: Mapping[str, str]
    workspace: str


@dataclass(slots=True)
class UnitScope(ModuleScope):
    """A module's locals and variables, and what only its unit knows: `terraform.workspace`, `path.module`, …"""

    workspace: str = "default"
    path: str = "."

    def lookup(self, root: str, name: str, span: Span) -> object:
        """The value of `root.name`; paths are relative to the unit's folder, where terraform runs."""
        own = {"terraform.workspace": self.workspace, "path.module": self.path, "path.root": ".", "path.cwd": "."}
        known = own.get(f"{root}.{name}")
        return ModuleScope.lookup(self, root, name, span) if known is None else known


def root_scope(module: Module, place: Place) -> UnitScope:
    """The scope of a root module: defaults, then TF_VAR_*, then the tfvars files that Terraform loads by itself.

    Rule: developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
    """
    given = env_values(module, place.env)
    for name in tfvars_files(place.files):
        given.update(tfvars_values(place.folder / name))
    return scope_of(module, given, place.workspace)


def scope_of(module: Module, given: Mapping[str, object], workspace: str, path: str = ".") -> UnitScope:
    """The scope of a module at `path`, relative to its unit, whose variables are `given` or have their defaults."""
    inner = module_scope((file.body for file in module.files), given)
    return UnitScope(inner.locals, inner.variables, workspace=workspace, path=path)


def tfvars_files(names: tuple[str, ...]) -> list[str]:
    """The variable files that Terraform loads by itself, in its order."""
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    return first + sorted(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))


def env_values(module: Module, env: Mapping[str, str]) -> dict[str, object]:
    """The variables of a module that the environment sets."""
    found: dict[str, object] = {}
    for _, block in module.blocks("variable"):
        text = env.get(f"TF_VAR_{block.labels[0]}") if block.labels else None
        if text is not None:
            found[block.labels[0]] = _typed(text, block.body)
    return found


def _typed(text: str, variable: Body) -> object:
    """A value from the environment: text, unless the variable's type is a collection, which is written as HCL."""
    if not text.startswith(("{", "[")) or "type" not in variable.attributes:
        return text
    try:
        return constant(parse_expression(text))
    except HclError:
        return text


def tfvars_values(path: Path) -> dict[str, object]:
    """What a variable file sets, as far as it can be read."""
    try:
        text = read_text(path)
        return json_settings(text) if path.suffix == ".json" else settings(parse(text, filename=path.name)).values
    except (HclError, OSError, ValueError):
        return {}  # then the variables have no known value, and whatever needs them says so
