"""A block's body as plain settings: constants evaluated, what is not constant kept apart with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass

from driftgate.hcl.ast import Body
from driftgate.hcl.constant import Scope, constant
from driftgate.hcl.values import first_unknown


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """`values` by setting name, nulls left out; `unknown` has the reason for each that is not constant."""

    values: dict[str, object]
    unknown: dict[str, str]


def settings(body: Body, scope: Scope | None = None) -> BlockSettings:
    """The settings of a body, nested blocks as objects (a list of them where a block is repeated)."""
    found = sorted_out({name: constant(attribute.value, scope) for name, attribute in body.attributes.items()})
    for block in body.blocks:
        inner = settings(block.body, scope)
        found.unknown.update({f"{block.type}.{name}": reason for name, reason in inner.unknown.items()})
        earlier = found.values.get(block.type)
        if isinstance(earlier, list):
            earlier.append(inner.values)
        else:
            found.values[block.type] = inner.values if earlier is None else [earlier, inner.values]
    return found


def sorted_out(values: dict[str, object]) -> BlockSettings:
    """Evaluated settings, those that are not constant, or hold something that is not, told from the others."""
    found = BlockSettings({}, {})
    for name, value in values.items():
        unknown = first_unknown(value)
        if unknown is not None:
            found.unknown[name] = unknown.reason
        elif value is not None:
            found.values[name] = value
    return found


def json_settings(text: str) -> dict[str, object]:
    """The settings in a JSON file of names and values, without its `//` comment. Raises ValueError for all else."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return {name: setting for name, setting in value.items() if name != "//" and setting is not None}
