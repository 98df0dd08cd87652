"""How included files are merged: from the last include to the first, the including file wins.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#include, "merge strategies". `deep` merges maps key by
key and appends lists; for remote_state and generate it is as shallow as `shallow`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.shapes import as_list, as_mapping

_BY_NAME = ("extra_arguments", "before_hook", "after_hook", "error_hook")
_LISTS = ("include_in_copy", "exclude_from_copy")


def merged_section(config: Context, section: str) -> object:
    """A section of a configuration with those of its includes under it. Raises EvaluationError."""
    value = config.own(section)
    merge = _MERGES[section]
    for include in reversed(config.includes):
        if include.strategy == "no_merge":
            continue
        try:
            value = merge(include.config.own(section), value, include.strategy == "deep")
        except EvaluationError as error:
            error.where = error.where or f"{config.source.shown}: include of {config.files.shown(include.path)}"
            raise
    return value


def deep_merge(parent: object, child: object) -> object:
    """Maps merged key by key, lists appended, for all else what the child says, even when that is null or empty."""
    if isinstance(parent, Unknown) or isinstance(child, Unknown):
        return parent if isinstance(parent, Unknown) and isinstance(child, (dict, list)) else child
    if isinstance(parent, dict) and isinstance(child, dict):
        result = dict(parent)
        for name, value in child.items():
            result[name] = deep_merge(result[name], value) if name in result else value
        return result
    if isinstance(child, list) and parent is not None:
        if not isinstance(parent, list):
            raise EvaluationError("a deep merge cannot append a list to what is no list")
        return [*parent, *child]
    return child


def _replaced(parent: object, child: object, deep: bool) -> object:
    return parent if child is None else child


def _inputs(parent: object, child: object, deep: bool) -> object:
    for one, other in ((parent, child), (child, parent)):
        if one is None:
            return other
        if isinstance(one, Unknown):
            return one
    if deep:
        return deep_merge(parent, child)
    return {**as_mapping(parent), **as_mapping(child)}


def _by_name(parent: object, child: object, deep: bool) -> object:
    return {**as_mapping(parent), **as_mapping(child)}


def _attributes(parent: object, child: object, deep: bool) -> object:
    """Single settings: an empty string in the child does not hide the parent's."""
    return {
        **as_mapping(parent),
        **{name: value for name, value in as_mapping(child).items() if value not in ("", None)},
    }


def _terraform(parent: object, child: object, deep: bool) -> object:
    if not isinstance(parent, dict) or not isinstance(child, dict):
        return parent if child is None else child
    result = dict(parent)
    for name, value in child.items():
        if name in _BY_NAME:
            result[name] = {**as_mapping(result.get(name)), **as_mapping(value)}
        elif deep and name in _LISTS and isinstance(value, list):
            result[name] = [*value, *as_list(result.get(name))]
        elif value is not None:
            result[name] = value
    return result


def _dependency(parent: object, child: object, deep: bool) -> object:
    result = dict(as_mapping(parent))
    for name, settings in as_mapping(child).items():
        above = result.get(name)
        result[name] = _deep_dependency(above, settings) if deep and isinstance(above, dict) else settings
    return result


def _deep_dependency(parent: Mapping[str, object], child: object) -> object:
    result = dict(parent)
    for name, value in as_mapping(child).items():
        above = result.get(name)
        if name == "mock_outputs" and above is not None:
            result[name] = deep_merge(above, value)
        elif name == "mock_outputs_allowed_terraform_commands" and isinstance(above, list) and isinstance(value, list):
            result[name] = [*above, *value]
        elif name != "config_path" or value:
            result[name] = value
    return result


def _dependencies(parent: object, child: object, deep: bool) -> object:
    both = [*as_list(parent), *as_list(child)]
    return [path for place, path in enumerate(both) if path not in both[:place]]


_MERGES: Final[dict[str, Callable[[object, object, bool], object]]] = {
    "attributes": _attributes,
    "catalog": _replaced,
    "dependencies": _dependencies,
    "dependency": _dependency,
    "engine": _replaced,
    "errors": _replaced,
    "exclude": _replaced,
    "feature": _by_name,
    "generate": _by_name,
    "inputs": _inputs,
    "remote_state": _replaced,
    "terraform": _terraform,
}
