"""`dependency` blocks: which unit each names, and the outputs it gives: the state's, or mocks that may stand in.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#dependency.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from driftgate.hcl.scope import Lazy
from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.files import UNIT_FILES
from driftgate.terragrunt.shapes import as_list, as_mapping


@dataclass(frozen=True, slots=True)
class Edge:
    """What a unit waits for: `folder` is the other unit's, None when `reason` says why that cannot be told.

    `exists` says whether there is a unit in the folder.
    """

    name: str
    folder: str | None
    exists: bool = True
    reason: str = ""


def edges(config: Context) -> list[Edge]:
    """The enabled `dependency` blocks and the `dependencies` paths of a unit, merged. Raises EvaluationError."""
    paths = as_list(config.section("dependencies"))
    return [*_blocks(config), *(_edge(config, "dependencies", path) for path in paths)]


def _blocks(config: Context) -> Iterator[Edge]:
    for name, settings in _settings(config).items():
        if settings.get("enabled") is not False:
            yield _edge(config, f"dependency.{name}", settings.get("config_path"))


def _edge(config: Context, name: str, path: object) -> Edge:
    if isinstance(path, Unknown):
        return Edge(name, None, False, path.reason)
    if not isinstance(path, str) or not path:
        raise EvaluationError(f"{name} needs a `config_path`", where=config.source.shown)
    target = config.session.target(path, config.folder)
    if config.files.is_file(target):
        return Edge(name, posixpath.dirname(target))
    if posixpath.basename(target) in UNIT_FILES:
        target = posixpath.dirname(target)
    return Edge(name, target, False)


def place_of(config: Context, name: str) -> str:
    """`file:line:column` of the block that an edge comes from: the unit's own, else an included file's."""
    kind, _, label = name.partition(".")
    for one in (config, *(include.config for include in config.includes)):
        for block in one.source.body.blocks_of(kind):
            if not label or block.labels == (label,):
                return one.source.place(block.span)
    return config.source.shown


def _settings(config: Context) -> dict[str, dict[str, object]]:
    return {n: s for n, s in as_mapping(config.section("dependency")).items() if isinstance(s, dict)}


def dependency_values(config: Context) -> object:
    """What `dependency` is in a unit: an object of `{ outputs = … }`, read when they are asked for."""

    def thunk(name: str, settings: dict[str, object]) -> Callable[[], object]:
        return lambda: Lazy({"outputs": lambda: outputs(config, name, settings), "inputs": _no_inputs})

    return Lazy({name: thunk(name, settings) for name, settings in _settings(config).items()})


def _no_inputs() -> object:
    raise EvaluationError("dependency inputs cannot be read any more: use outputs")


def outputs(config: Context, name: str, settings: Mapping[str, object]) -> object:
    """The outputs of one dependency. Raises EvaluationError when it has none and no mocks may stand in."""
    mocks = settings.get("mock_outputs")
    usable = mocks if mocks is not None and _allowed(config, settings) else None
    if settings.get("enabled") is False or settings.get("skip_outputs") is True:
        return _mocked(config, name, usable, "no state is read for it, and no mock_outputs are allowed")
    edge = _edge(config, f"dependency.{name}", settings.get("config_path"))
    if edge.folder is None:
        return _mocked(config, name, usable, edge.reason)
    if not edge.exists:
        folder = config.files.shown(edge.folder)
        problem = f"dependency.{name}: there is no unit in {folder}"
        raise EvaluationError(problem, where=config.source.shown)
    if config.session.outputs is None:
        return _mocked(config, name, usable, f"the state of {config.files.shown(edge.folder)} is not read here")
    found = config.session.outputs(edge.folder)
    if isinstance(found, Unknown):  # mocks are for what is not applied yet, not for what could not be read
        return Unknown(f"dependency.{name}.outputs: {found.reason}")
    if not found:
        return _missing(config, name, usable, edge.folder)
    return _merged(config, name, settings, dict(found), usable)


def _missing(config: Context, name: str, mocks: object, folder: str) -> object:
    if mocks is None:
        shown = config.files.shown(folder)
        problem = f"dependency.{name}: {shown} has no outputs yet: apply it first, or give mock_outputs"
        raise EvaluationError(problem, where=config.source.shown)
    config.mocked.add(name)
    return mocks


def _mocked(config: Context, name: str, mocks: object, reason: str) -> object:
    if mocks is None:
        return Unknown(f"dependency.{name}.outputs: {reason}")
    config.mocked.add(name)
    return mocks


def _allowed(config: Context, settings: Mapping[str, object]) -> bool:
    commands = settings.get("mock_outputs_allowed_terraform_commands")
    return not commands or (isinstance(commands, list) and config.session.command in commands)


def _merged(
    config: Context, name: str, settings: Mapping[str, object], found: dict[str, object], mocks: object
) -> object:
    """Outputs over mocks, where the unit asks for that."""
    strategy = settings.get("mock_outputs_merge_strategy_with_state")
    if strategy is None:
        strategy = "shallow" if settings.get("mock_outputs_merge_with_state") is True else "no_merge"
    if strategy not in ("no_merge", "shallow", "deep_map_only"):
        problem = f'dependency.{name}: unknown mock_outputs_merge_strategy_with_state "{strategy}"'
        raise EvaluationError(problem, where=config.source.shown)
    if strategy == "no_merge" or not isinstance(mocks, dict):
        return found
    if mocks.keys() - found.keys():
        config.mocked.add(name)
    return {**mocks, **found} if strategy == "shallow" else _maps_merged(mocks, found)


def _maps_merged(mocks: Mapping[str, object], found: Mapping[str, object]) -> dict[str, object]:
    """Maps key by key; lists are not appended."""
    result = dict(mocks)
    for key, value in found.items():
        above = result.get(key)
        both = isinstance(above, dict) and isinstance(value, dict)
        result[key] = _maps_merged(above, value) if both else value  # type: ignore[arg-type]
    return result
