"""Terragrunt's own functions, as the unit whose configuration is evaluated sees them.

Documented: https://terragrunt.gruntwork.io/docs/reference/hcl/functions/. What would execute something, or ask a cloud,
is unknown unless the session may execute.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from driftgate.hcl.error import HclError
from driftgate.hcl.functions.json_text import encode
from driftgate.hcl.functions.parameters import anything, string
from driftgate.hcl.scope import Function, Parameter
from driftgate.hcl.values import EvaluationError, List, Unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.executed import EXECUTED
from driftgate.terragrunt.merge import deep_merge
from driftgate.terragrunt.reading import read_config
from driftgate.terragrunt.shapes import as_mapping
from driftgate.terragrunt.values_file import read_values
from driftgate.terragrunt.versions import satisfies

_NEED: Final = {
    "vars": ("apply", "console", "destroy", "import", "plan", "push", "refresh"),
    "locking": ("apply", "destroy", "import", "plan", "refresh", "taint", "untaint"),
    "input": ("apply", "import", "init", "plan", "refresh"),
    "parallelism": ("apply", "plan", "destroy"),
}


def _find_in_parent_folders(config: Context, *arguments: str) -> str:
    name = arguments[0] if arguments else ""
    if posixpath.isabs(name) and config.files.is_file(name):
        return name
    found = config.files.above(config.folder, name)
    if found is not None:
        return found
    if len(arguments) == 2:
        return arguments[1]
    shown = config.files.shown(config.folder)
    raise EvaluationError(f"there is no {name or 'terragrunt.hcl'} in any folder above {shown}")


def _selected(config: Context, arguments: tuple[str, ...]) -> str | None:
    """The included file that a path is relative to; None when nothing is included."""
    if config.included_as is not None:
        return config.included_as
    includes = config.includes
    if not includes:
        return None
    if len(includes) == 1:
        return includes[0].path
    if len(arguments) != 1:
        raise EvaluationError("with several includes it needs the name of one")
    for include in includes:
        if include.name == arguments[0]:
            return include.path
    raise EvaluationError(f'there is no include "{arguments[0]}"')


def _path_relative_to_include(config: Context, *arguments: str) -> str:
    path = _selected(config, arguments)
    return "." if path is None else posixpath.relpath(config.folder, posixpath.dirname(path))


def _path_relative_from_include(config: Context, *arguments: str) -> str:
    path = _selected(config, arguments)
    return "." if path is None else posixpath.relpath(posixpath.dirname(path), config.folder)


def _get_parent_terragrunt_dir(config: Context, *arguments: str) -> str:
    return posixpath.normpath(posixpath.join(config.folder, _path_relative_from_include(config, *arguments)))


def _repo_root(config: Context) -> str:
    found = config.files.git_root(config.folder)
    if found is None:
        raise EvaluationError(f"{config.files.shown(config.folder)} is in no git repo")
    return found


def _get_env(config: Context, name: str, *default: str) -> str:
    if not name:
        raise EvaluationError("the name of the variable is empty")
    value = config.session.env.get(name, default[0] if default else None)
    if value is None:
        raise EvaluationError(f"the environment variable {name} is not set, and there is no default")
    return value


def _read_terragrunt_config(config: Context, path: str, *default: object) -> object:
    target = config.session.target(path, config.folder)
    if config.files.is_file(target):
        config.note_read(target)
        return read_config(config, target)
    if default:
        return default[0]
    raise EvaluationError(f"there is no file {config.files.shown(target)}")


def _read_tfvars_file(config: Context, path: str) -> str:
    full = posixpath.normpath(posixpath.join(config.folder, path))
    config.note_read(full)
    try:
        return encode(read_values(config.files, full))
    except HclError as error:
        raise EvaluationError(error.message) from None


def _get_working_dir(config: Context) -> object:
    if as_mapping(config.unit.section("terraform")).get("source"):
        return Unknown("get_working_dir() is a folder in Terragrunt's cache")
    return config.folder


def _mark_as_read(config: Context, path: str) -> str:
    config.note_read(posixpath.normpath(posixpath.join(config.folder, path)))
    return path


def _mark_glob_as_read(config: Context, pattern: str) -> object:
    from driftgate.hcl.functions.files import file_functions

    found = file_functions(config.folder, config)["fileset"].run(".", pattern)
    paths = found if isinstance(found, list) else []
    for path in paths:
        config.note_read(f"{config.folder}/{path}")
    return List(paths)


def _constraint_check(config: Context, version: str, constraint: str) -> bool:
    return satisfies(version, constraint)


def _deep_merge(config: Context, *maps: object) -> object:
    result: object = {}
    for one in maps:
        if one is not None and not isinstance(one, dict):
            raise EvaluationError("all arguments must be maps")
        result = result if one is None else deep_merge(result, one)
    return result


def _retryable(config: Context) -> Unknown:
    return Unknown("get_default_retryable_errors() differs from version to version of Terragrunt")


def _needing(what: str) -> Callable[[Context], List]:
    return lambda config: List(_NEED[what])


Row = tuple[Callable[..., object], tuple[Parameter, ...], int, Parameter | None]
"""What runs, its parameters, how many of them may be left out, and the parameter of all further arguments."""

FUNCTIONS: Final[dict[str, Row]] = {
    "constraint_check": (_constraint_check, (string, string), 0, None),
    "deep_merge": (_deep_merge, (), 0, anything),
    "find_in_parent_folders": (_find_in_parent_folders, (string, string), 2, None),
    "get_default_retryable_errors": (_retryable, (), 0, None),
    "get_env": (_get_env, (string, string), 1, None),
    "get_original_terragrunt_dir": (lambda config: posixpath.dirname(config.original), (), 0, None),
    "get_parent_terragrunt_dir": (_get_parent_terragrunt_dir, (string,), 1, None),
    "get_path_from_repo_root": (lambda config: posixpath.relpath(config.folder, _repo_root(config)), (), 0, None),
    "get_path_to_repo_root": (lambda config: posixpath.relpath(_repo_root(config), config.folder), (), 0, None),
    "get_platform": (lambda config: sys.platform, (), 0, None),
    "get_repo_root": (_repo_root, (), 0, None),
    "get_terraform_cli_args": (lambda config: List([config.session.command]), (), 0, None),
    "get_terraform_command": (lambda config: config.session.command, (), 0, None),
    "get_terraform_commands_that_need_input": (_needing("input"), (), 0, None),
    "get_terraform_commands_that_need_locking": (_needing("locking"), (), 0, None),
    "get_terraform_commands_that_need_parallelism": (_needing("parallelism"), (), 0, None),
    "get_terraform_commands_that_need_vars": (_needing("vars"), (), 0, None),
    "get_terragrunt_dir": (lambda config: config.folder, (), 0, None),
    "get_terragrunt_source_cli_flag": (lambda config: "", (), 0, None),
    "get_working_dir": (_get_working_dir, (), 0, None),
    "mark_as_read": (_mark_as_read, (string,), 0, None),
    "mark_glob_as_read": (_mark_glob_as_read, (string,), 0, None),
    "path_relative_from_include": (_path_relative_from_include, (string,), 1, None),
    "path_relative_to_include": (_path_relative_to_include, (string,), 1, None),
    "read_terragrunt_config": (_read_terragrunt_config, (string, anything), 1, None),
    "read_tfvars_file": (_read_tfvars_file, (string,), 0, None),
    **{name: (run, (), 0, string) for name, run in EXECUTED.items()},
}


def terragrunt_function(config: Context, name: str) -> Function | None:
    """The function of this name as `config` sees it."""
    row = FUNCTIONS.get(name)
    if row is None:
        return None
    run, parameters, optional, rest = row
    nulls = name in ("read_terragrunt_config", "deep_merge")
    return Function(partial(run, config), parameters, rest, optional, nulls=nulls)
