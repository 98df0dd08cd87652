"""`-backend-config` items: what they are made of, and what they set.

Rule: developer.hashicorp.com/terraform/language/backend#partial-configuration; read left to right, later ones win.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from driftgate.discover.module import read_text
from driftgate.discover.settings import json_settings, settings, sorted_out
from driftgate.errors import DriftgateError
from driftgate.hcl.constant import constant
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse, parse_expression

FLAGS = ("-backend-config", "--backend-config")


class BackendItemError(DriftgateError):
    """A `-backend-config` item that cannot be read."""


def is_file(item: str) -> bool:
    """Whether the item names a file; else it is `name=value`, or empty."""
    return bool(item) and "=" not in item


def read_items(items: Sequence[str], folder: Path) -> dict[str, object]:
    """The settings that `items` make together; files are relative to `folder`.

    A single empty item means none. Raises BackendItemError for a file that is missing or does not parse.
    """
    config: dict[str, object] = {}
    for item in () if list(items) == [""] else items:
        if not item:
            raise BackendItemError("an empty -backend-config is allowed only on its own")
        if is_file(item):
            config.update(read_backend_file(folder / item, shown=item))
        else:
            name, _, value = item.partition("=")
            config[name.strip()] = _value(value)
    return config


def read_backend_file(path: Path, *, shown: str) -> dict[str, object]:
    """The settings in a `-backend-config` file, in HCL or JSON. Raises BackendItemError naming it as `shown`."""
    try:
        text = read_text(path)
        if path.suffix == ".json":
            return json_settings(text)
        found = settings(parse(text, filename=shown))
    except HclError as error:
        raise BackendItemError(error.message, next_step=error.next_step) from None
    except OSError as error:
        raise BackendItemError(f"backend file {shown}: {error.strerror}") from None
    except ValueError as error:
        raise BackendItemError(
            f"backend file {shown}: {error}", next_step="give a file of `name = value` lines"
        ) from None
    if found.unknown:
        raise BackendItemError(f"backend file {shown}: {', '.join(sorted(found.unknown))} is not a constant")
    return found.values


def items_in(arguments: Sequence[str]) -> list[str]:
    """The `-backend-config` items among the arguments of a command, in order."""
    items = []
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name not in FLAGS:
            continue
        if equals:
            items.append(value)
        elif index + 1 < len(arguments):
            items.append(arguments[index + 1])
    return items


def items_from_env(env: Mapping[str, str]) -> list[str]:
    """The items that Terraform itself would take from TF_CLI_ARGS and TF_CLI_ARGS_init.

    Rule: developer.hashicorp.com/terraform/cli/config/environment-variables#tf_cli_args-and-tf_cli_args_name
    """
    found = []
    for name in ("TF_CLI_ARGS_init", "TF_CLI_ARGS"):
        try:
            found.extend(items_in(shlex.split(env.get(name, ""))))
        except ValueError as error:
            raise BackendItemError(f"{name} cannot be split into arguments: {error}") from None
    return found


def _value(text: str) -> object:
    """Lists and objects are written as HCL on the command line; everything else is text."""
    if not text.startswith(("{", "[")):
        return text
    try:
        value = sorted_out({"": constant(parse_expression(text))}).values.get("")
    except HclError:
        return text
    return text if value is None else value
