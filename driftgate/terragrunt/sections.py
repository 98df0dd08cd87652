"""The sections of a configuration as one file states them, before anything is merged.

Blocks and attributes: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/ and …/attributes/. A section that the
file does not have is None, or empty where a missing one and an empty one are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from driftgate.hcl.ast import Block
from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.terragrunt.context import Context

ATTRIBUTES: Final = (
    "download_dir",
    "iam_assume_role_duration",
    "iam_assume_role_session_name",
    "iam_role",
    "iam_web_identity_token",
    "prevent_destroy",
    "skip",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
)
DEPENDENCY: Final = (
    "config_path",
    "enabled",
    "mock_outputs",
    "mock_outputs_allowed_terraform_commands",
    "mock_outputs_merge_strategy_with_state",
    "mock_outputs_merge_with_state",
    "skip_outputs",
)
_LISTED = ("extra_arguments", "before_hook", "after_hook", "error_hook")
_BEFORE_OUTPUTS: Final = frozenset(("local", "include", "feature", "values"))
_BEFORE_LOCALS: Final[frozenset[str]] = frozenset()
Settings = dict[str, object]


def _one(config: Context, name: str) -> Block | None:
    """The only block of this type. Raises EvaluationError for a second one."""
    blocks = list(config.source.body.blocks_of(name))
    if len(blocks) > 1:
        raise config.error(f"a second {name} block: a file can have only one", blocks[1].span)
    return blocks[0] if blocks else None


def _labelled(config: Context, name: str) -> Iterator[tuple[str, Block]]:
    """Label and block of each block of this type. Raises EvaluationError for one without a label, or a label twice."""
    seen = set()
    for block in config.source.body.blocks_of(name):
        if len(block.labels) != 1:
            raise config.error(f"a {name} block needs one label, its name", block.span)
        if block.labels[0] in seen:
            raise config.error(f'a second {name} "{block.labels[0]}"', block.span)
        seen.add(block.labels[0])
        yield block.labels[0], block


def _inputs(config: Context) -> object:
    attribute = config.source.body.attributes.get("inputs")
    if attribute is None:
        return None
    value = config.evaluate(attribute.value)
    if value is not None and not isinstance(value, (dict, Unknown)):
        raise config.error("`inputs` must be a map", attribute.span)
    return value


def _remote_state(config: Context) -> object:
    block = _one(config, "remote_state")
    attribute = config.source.body.attributes.get("remote_state")
    if block is None and attribute is None:
        return None
    if block is not None and attribute is not None:
        raise config.error("remote_state is there as a block and as an attribute", attribute.span)
    value = config.settings(block.body) if block is not None else config.evaluate(attribute.value)  # type: ignore[union-attr]
    span = block.span if block is not None else attribute.span  # type: ignore[union-attr]
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, dict) or not isinstance(value.get("backend"), (str, Unknown)):
        raise config.error("remote_state needs a `backend`, the name of its type", span)
    return value


def _generate(config: Context) -> Settings:
    found: Settings = {name: config.settings(block.body) for name, block in _labelled(config, "generate")}
    attribute = config.source.body.attributes.get("generate")
    if attribute is not None:
        value = config.evaluate(attribute.value)
        if not isinstance(value, dict):
            raise config.error("`generate` must be a map", attribute.span)
        found.update(value)
    for name, entry in found.items():
        missing = [k for k in ("path", "if_exists", "contents") if isinstance(entry, dict) and k not in entry]
        if missing:
            raise EvaluationError(f'generate "{name}" needs `{missing[0]}`', where=config.source.shown)
    return found


def _terraform(config: Context) -> Settings | None:
    block = _one(config, "terraform")
    if block is None:
        return None
    found: Settings = {}
    for name, attribute in block.body.attributes.items():
        # Where the module is must be known before any outputs are.
        found[name] = config.evaluate(attribute.value, _BEFORE_OUTPUTS if name == "source" else None)
    for inner in block.body.blocks:
        if inner.type not in _LISTED or len(inner.labels) != 1:
            raise config.error(f"a terraform block cannot hold this {inner.type} block", inner.span)
        entries = found.setdefault(inner.type, {})
        if isinstance(entries, dict):
            entries[inner.labels[0]] = {"name": inner.labels[0], **config.settings(inner.body)}
    return found


def _dependency(config: Context) -> Settings:
    found: Settings = {}
    for name, block in _labelled(config, "dependency"):
        found[name] = entry = {}
        for key, attribute in block.body.attributes.items():
            if key not in DEPENDENCY:
                raise config.error(f'dependency "{name}" has no setting `{key}`', attribute.span)
            try:
                entry[key] = config.evaluate(attribute.value, _BEFORE_OUTPUTS)
            except EvaluationError as error:
                if key != "config_path" or "`dependency` cannot be used here" not in error.problem:
                    raise
                entry[key] = Unknown("it depends on the outputs of another dependency", attribute.span)
    return found


def _dependencies(config: Context) -> list[object]:
    block = _one(config, "dependencies")
    if block is None:
        return []
    paths = config.settings(block.body, _BEFORE_OUTPUTS).get("paths")
    if not isinstance(paths, list):
        raise config.error("dependencies needs `paths`, a list", block.span)
    return list(paths)


def _feature(config: Context) -> Settings:
    found: Settings = {}
    for name, block in _labelled(config, "feature"):
        default = block.body.attributes.get("default")
        if default is None:
            raise config.error(f'feature "{name}" needs a `default`', block.span)
        found[name] = config.evaluate(default.value, _BEFORE_LOCALS)
    return found


def _exclude(config: Context) -> Settings | None:
    block = _one(config, "exclude")
    if block is None:
        return None
    found = config.settings(block.body, _BEFORE_OUTPUTS)
    if "if" not in found or "actions" not in found:
        raise config.error("exclude needs `if` and `actions`", block.span)
    return found


def _errors(config: Context) -> Settings | None:
    block = _one(config, "errors")
    if block is None:
        return None
    found: Settings = {}
    for inner in block.body.blocks:
        if inner.type not in ("retry", "ignore") or len(inner.labels) != 1:
            raise config.error("errors holds `retry` and `ignore` blocks, each with a name", inner.span)
        entries = found.setdefault(inner.type, [])
        if isinstance(entries, list):
            entries.append({"name": inner.labels[0], **config.settings(inner.body)})
    return found


def _settings_of(name: str) -> Callable[[Context], Settings | None]:
    def read(config: Context) -> Settings | None:
        block = _one(config, name)
        return None if block is None else config.settings(block.body)

    return read


def _attributes(config: Context) -> Settings:
    """The single settings at the top of a file."""
    known = config.source.body.attributes
    return {name: config.evaluate(known[name].value) for name in ATTRIBUTES if name in known}


SECTIONS: Final[dict[str, Callable[[Context], object]]] = {
    "attributes": _attributes,
    "catalog": _settings_of("catalog"),
    "dependencies": _dependencies,
    "dependency": _dependency,
    "engine": _settings_of("engine"),
    "errors": _errors,
    "exclude": _exclude,
    "feature": _feature,
    "generate": _generate,
    "inputs": _inputs,
    "remote_state": _remote_state,
    "terraform": _terraform,
}
