"""What the plan's `configuration` says: whether code sets an attribute, and what its expression refers to.

Source: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation. It names no
locals and no dynamic blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.address import Address
from driftgate.attribute_path import Steps, read_steps

ModulePath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of one plan: module calls by path, resource blocks by path and address inside the module."""

    modules: dict[ModulePath, Mapping[str, Any]]
    calls: dict[ModulePath, Mapping[str, Any]]
    blocks: dict[tuple[ModulePath, str], Mapping[str, Any]]

    def resource(self, path: ModulePath, name: str) -> Mapping[str, Any] | None:
        """The resource block that a module calls `aws_s3_bucket.a` or `data.aws_ami.b`; None where there is none."""
        return self.blocks.get((path, name))

    def has(self, address: Address) -> bool:
        return self.resource(module_path(address), block_name(address)) is not None

    def expression(self, address: Address, steps: Steps) -> object:
        """The expression that sets the attribute at `steps`, None when the code does not set it."""
        block = self.resource(module_path(address), block_name(address)) or {}
        node: object = block.get("expressions", {})
        for step in steps:
            node = _descend(node, step)
            if isinstance(step, str) and is_expression(node):  # behind a number stands a block, {} when it is empty
                break
        return node


def configuration(tree: Mapping[str, Any]) -> Configuration:
    """The `configuration` of a JSON plan, {} for none, ready to look things up."""
    read = Configuration({}, {}, {})
    _read(read, (), {"module": tree.get("root_module", {})})
    return read


def _read(into: Configuration, path: ModulePath, call: Mapping[str, Any]) -> None:
    module = call.get("module", {})
    into.calls[path], into.modules[path] = call, module
    into.blocks.update({(path, block["address"]): block for block in module.get("resources", ())})
    for name, inner in module.get("module_calls", {}).items():
        _read(into, (*path, name), inner)


def module_path(address: Address) -> ModulePath:
    """The names of the modules an address stands in, without instance keys."""
    return tuple(name for name, _ in address.module)


def block_name(address: Address) -> str:
    """The address of the resource block inside its module."""
    return str(Address((), address.mode, address.type, address.name))


def is_expression(node: object) -> bool:
    """Whether `node` is an expression: not a block, a list of blocks or nothing. {} is a call of constants."""
    return isinstance(node, Mapping) and (not node or "references" in node or "constant_value" in node)


def references(node: object) -> tuple[str, ...]:
    """What an expression or a block of them refers to, each in its longest spelling (`a.b.c` without `a.b`)."""
    found = sorted(set(_references(node)))
    return tuple(text for text in found if not any(_extends(other, text) for other in found))


def _references(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, Mapping):
        if is_expression(node):
            yield from node.get("references", ())
            return
        for item in node.values():
            yield from _references(item)


def _extends(longer: str, text: str) -> bool:
    return longer != text and longer.startswith((f"{text}.", f"{text}["))


def _descend(node: object, step: str | int) -> object:
    if isinstance(node, list):
        number = step if isinstance(step, int) and step < len(node) else 0
        return node[number] if node else None
    if isinstance(step, int):  # a block type that may stand only once is no list here
        return node
    return node.get(step) if isinstance(node, Mapping) else None


def split_reference(text: str) -> tuple[Steps, Steps]:
    """A reference as (what it names, the attribute steps behind it): (`aws_x`, `a`), (0, `arn`)."""
    steps = read_steps(text)
    head = 3 if steps[:1] == ("data",) else 2
    return steps[:head], steps[head:]
