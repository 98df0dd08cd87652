"""A configuration as an object: what `read_terragrunt_config` and exposed includes give, and `render --json` prints.

The shape is Terragrunt's (pkg/config/config_as_cty.go): blocks are maps by name, single settings are empty strings
when they are not set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from driftgate.hcl.scope import Lazy
from driftgate.hcl.values import Unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.dependency import outputs
from driftgate.terragrunt.feature import flag
from driftgate.terragrunt.shapes import as_list, as_mapping

_TEXTS: Final = (
    "download_dir",
    "iam_assume_role_session_name",
    "iam_role",
    "iam_web_identity_token",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
)
_GENERATE = {
    "comment_prefix": "# ",
    "disable": False,
    "disable_signature": False,
    "hcl_fmt": None,
    "if_disabled": "skip",
}
_DEPENDENCY = (
    ("config_path", "config_path"),
    ("enabled", "enabled"),
    ("mock_outputs", "mock_outputs"),
    ("mock_outputs_allowed_terraform_commands", "mock_outputs_allowed_terraform_commands"),
    ("mock_outputs_merge_strategy_with_state", "mock_outputs_merge_strategy_with_state"),
    ("mock_outputs_merge_with_state", "mock_outputs_merge_with_state"),
    ("skip", "skip_outputs"),
)
_TERRAFORM = {
    "source": None,
    "include_in_copy": None,
    "exclude_from_copy": None,
    "copy_terraform_lock_file": None,
}
_FIELDS: Final[dict[str, dict[str, object]]] = {
    "after_hook": {"if": None, "run_on_error": None, "suppress_stdout": None, "working_dir": None},
    "before_hook": {"if": None, "run_on_error": None, "suppress_stdout": None, "working_dir": None},
    "error_hook": {"suppress_stdout": None, "working_dir": None},
    "extra_arguments": {"arguments": None, "env_vars": None, "optional_var_files": None, "required_var_files": None},
}


def as_object(config: Context, *, merged: bool) -> Lazy:
    """The configuration as a lazy object: with its includes `merged` in, or only what its own file says."""
    read: Callable[[str], object] = config.section if merged else config.own
    thunks: dict[str, Callable[[], object]] = {
        **{name: _attribute(read, name, "") for name in _TEXTS},
        "iam_assume_role_duration": _attribute(read, "iam_assume_role_duration", None),
        "dependencies": lambda: _dependencies(read),
        "dependency": lambda: _dependency(config, read("dependency")),
        "feature": lambda: _feature(config, read("feature")),
        "generate": lambda: _generate(read("generate")),
        "inputs": lambda: read("inputs"),
        "locals": lambda: _locals(config),
    }
    for name in _SHAPES:
        if _stated(config, name, merged):
            thunks[name] = _shaped(read, name)
    if _stated(config, "prevent_destroy", merged):
        thunks["prevent_destroy"] = _attribute(read, "prevent_destroy", None)
    return Lazy(thunks)


def _stated(config: Context, name: str, merged: bool) -> bool:
    """Whether a file says anything of a section; nothing is evaluated for that."""
    body = config.source.body
    if name in body.attributes or any(block.type == name for block in body.blocks):
        return True
    return merged and any(i.strategy != "no_merge" and _stated(i.config, name, False) for i in config.includes)


def _attribute(read: Callable[[str], object], name: str, default: object) -> Callable[[], object]:
    return lambda: as_mapping(read("attributes")).get(name, default)


def _shaped(read: Callable[[str], object], name: str) -> Callable[[], object]:
    def thunk() -> object:
        value = read(name)
        return _SHAPES[name](value) if isinstance(value, dict) else value

    return thunk


def _locals(config: Context) -> object:
    names = config.local_names()
    if not names:
        return None

    def thunk(name: str) -> Callable[[], object]:
        return lambda: config.local(name, (0, 0))

    return Lazy({name: thunk(name) for name in names})


def _dependencies(read: Callable[[str], object]) -> object:
    """All paths that the unit waits for: those of enabled dependency blocks are among them."""
    blocks = as_mapping(read("dependency")).values()
    wanted = [as_mapping(block).get("config_path") for block in blocks if as_mapping(block).get("enabled") is not False]
    every = [*as_list(read("dependencies")), *(path for path in wanted if isinstance(path, str))]
    return {"paths": list(dict.fromkeys(every))} if every else None


def _dependency(config: Context, section: object) -> object:
    def thunk(name: str, settings: Mapping[str, object]) -> Callable[[], object]:
        return lambda: outputs(config.unit, name, settings)

    shown: dict[str, object] = {}
    for name, settings in as_mapping(section).items():
        plain = {key: as_mapping(settings).get(setting) for key, setting in _DEPENDENCY}
        fields = {key: _always(value) for key, value in {**plain, "inputs": None, "name": name}.items()}
        shown[name] = Lazy({**fields, "outputs": thunk(name, as_mapping(settings))})
    return shown


def _always(value: object) -> Callable[[], object]:
    return lambda: value


def _feature(config: Context, section: object) -> object:
    flags = as_mapping(section)
    return {name: {"name": name, "default": flag(config, name, default)} for name, default in flags.items()}


def _generate(section: object) -> object:
    return {name: {**_GENERATE, **as_mapping(entry)} for name, entry in as_mapping(section).items()}


def _terraform(section: Mapping[str, object]) -> object:
    shown = {**_TERRAFORM, **section}
    for kind, fields in _FIELDS.items():
        entries = as_mapping(section.get(kind))
        shown[kind] = {name: {**fields, **as_mapping(entry)} for name, entry in entries.items()}
    return shown


def _remote_state(section: Mapping[str, object]) -> object:
    generate = section.get("generate")
    return {
        "backend": section.get("backend"),
        "config": section.get("config"),
        "disable_dependency_optimization": section.get("disable_dependency_optimization", False),
        "disable_init": section.get("disable_init", False),
        "encryption": section.get("encryption"),
        "generate": generate if isinstance(generate, (dict, Unknown)) else None,
    }


def _exclude(section: Mapping[str, object]) -> object:
    return {"exclude_dependencies": False, **section}


def _engine(section: Mapping[str, object]) -> object:
    return {"source": "", "version": "", "type": "", "meta": None, **section}


def _catalog(section: Mapping[str, object]) -> object:
    return {"urls": section.get("urls", [])}


def _errors(section: Mapping[str, object]) -> object:
    return {"retry": [], "ignore": [], **section}


_SHAPES: Final[dict[str, Callable[[Mapping[str, object]], object]]] = {
    "catalog": _catalog,
    "engine": _engine,
    "errors": _errors,
    "exclude": _exclude,
    "remote_state": _remote_state,
    "terraform": _terraform,
}
