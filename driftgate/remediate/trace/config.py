"""What names in a Terragrunt configuration lead to: its locals, what it includes and reads, its merged inputs."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from driftgate.attribute_path import Steps, spell
from driftgate.discover.module import SourceFile
from driftgate.hcl.ast import Call
from driftgate.hcl.values import Unknown
from driftgate.remediate.trace.site import At, CannotTraceError, Origin
from driftgate.terragrunt.config import Config
from driftgate.terragrunt.files import VALUES_FILE

LOCALS, INPUTS = "locals", "inputs"


@dataclass(frozen=True, slots=True)
class ConfigNames:
    """The names in one configuration file, as the unit sees it that it is evaluated for."""

    config: Config

    @property
    def root(self) -> str:
        """The repo's folder."""
        return self.config.files.root

    @property
    def base(self) -> str:
        """The folder of the file."""
        return posixpath.dirname(self.config.files.real(self.config.source.path))

    def origins(self, root: str, path: Steps) -> tuple[Origin, ...]:
        """Where `local.x`, `include.x.locals.y` or `feature.x.value` is given. Raises CannotTraceError."""
        lead = _LEADS.get(root)
        if lead is None:
            what = _ELSEWHERE.get(root, "nothing that is known here")
            raise CannotTraceError(f"the value is `{spell((root, *path))}`, from {what}")
        return lead(self.config, path)

    def read(self, at: At, expr: Call, path: Steps) -> tuple[Origin, ...]:
        """Where `read_terragrunt_config("file").path` is given. Raises CannotTraceError."""
        config, file = self.config, at.value(expr.args[0])
        if not isinstance(file, str):
            raise CannotTraceError(f"{at.file.position(expr.span[0])}: which file is read is not known")
        target = config.session.target(file, config.folder)
        if not config.files.is_file(target):
            raise CannotTraceError(f"{config.files.shown(target)} does not exist: its default is read")
        if target.endswith(VALUES_FILE):
            raise CannotTraceError(f"{config.files.shown(target)} is written by the stack")
        return section(config.other(config.files.source(target)), path, merged=True)


def place(config: Config) -> At:
    """A configuration file as a place in the source; its path is relative to the repo where it is in it."""
    source = config.source
    path = config.files.shown(config.files.real(source.path))
    return At(ConfigNames(config), SourceFile(path, source.text, source.body), config)


def section(config: Config, path: Steps, *, merged: bool) -> tuple[Origin, ...]:
    """Where an element of a configuration seen as an object is given: its locals, its inputs (or the `merged` ones)."""
    what, inner = path[0] if path else "", path[1:]
    if what == LOCALS and inner:
        return _local(config, inner)
    if what != INPUTS or not inner:
        raise CannotTraceError(f"the value is `{spell(path) or 'all'}` of {config.source.shown}, no local or input")
    found = merged_input(config, str(inner[0]), inner[1:]) if merged else tuple(_own_input(config, inner))
    if not found:
        raise CannotTraceError(f"{config.source.shown} has no input {inner[0]}")
    return found


def merged_input(config: Config, name: str, inner: Steps = ()) -> tuple[Origin, ...]:
    """Where an input of a unit is given: in its own file or in those it includes, as they are merged.

    Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#include, "merge strategies".
    """
    found = list(_own_input(config, (name, *inner)))
    for include in reversed(config.includes):
        if include.strategy == "deep" or (include.strategy == "shallow" and not found):
            found += _own_input(include.config, (name, *inner))  # type: ignore[arg-type]
    return tuple(found)


def _own_input(config: Config, path: Steps) -> Iterator[Origin]:
    attribute = config.source.body.attributes.get(INPUTS)
    if attribute is None:
        return
    at = place(config)
    value = at.value(attribute.value)
    if isinstance(value, Unknown):
        raise CannotTraceError(f"{at.file.position(attribute.span[0])}: the inputs are not known: {value.reason}")
    if isinstance(value, dict) and path[0] in value:
        yield Origin(at, attribute.value, path, f"inputs.{path[0]}")


def _local(config: Config, path: Steps) -> tuple[Origin, ...]:
    for block in config.source.body.blocks_of(LOCALS):
        attribute = block.body.attributes.get(str(path[0])) if path else None
        if attribute is not None:
            return (Origin(place(config), attribute.value, path[1:], f"local.{path[0]}"),)
    raise CannotTraceError(f"{spell(('local', *path))} is not defined in {config.source.shown}")


def _include(config: Config, path: Steps) -> tuple[Origin, ...]:
    includes = config.includes
    bare = len(includes) == 1 and not includes[0].name
    for include in includes:
        if bare or include.name == path[0]:
            return section(include.config, path if bare else path[1:], merged=False)  # type: ignore[arg-type]
    raise CannotTraceError(f"there is no include {path[0]}")


def _feature(config: Config, path: Steps) -> tuple[Origin, ...]:
    name = str(path[0]) if path else ""
    if name in config.session.features:
        raise CannotTraceError(f"feature.{name} is given on the command line")
    for one in (config.unit, *(include.config for include in config.unit.includes)):
        for block in one.source.body.blocks_of("feature"):
            if block.labels == (name,) and "default" in block.body.attributes:
                value = block.body.attributes["default"].value
                return (Origin(place(one), value, path[2:], f"feature.{name}"),)  # type: ignore[arg-type]
    raise CannotTraceError(f"there is no feature {name}")


_LEADS: Final[dict[str, Callable[[Config, Steps], tuple[Origin, ...]]]] = {
    "feature": _feature,
    "include": _include,
    "local": _local,
}
_ELSEWHERE: Final = {"dependency": "an output of another unit", "values": "the stack that makes the unit"}
