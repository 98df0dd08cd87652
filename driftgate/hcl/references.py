"""Who speaks of a resource: every place in a body that refers to `type.name`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from driftgate.hcl.ast import Body, GetAttr, Name, Span


def references(body: Body, type: str, name: str) -> Iterator[Span]:
    """The spans of the references to the resource in all expressions of `body`, blocks inside it too."""
    for node in _nodes(body):
        if isinstance(node, GetAttr) and node.name == name and node.object == Name(type, node.object.span):
            yield node.span


def _nodes(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        node = tuple(node.values())
    if isinstance(node, tuple):
        for item in node:
            yield from _nodes(item)
    elif is_dataclass(node):
        yield node
        for field in fields(node):
            yield from _nodes(getattr(node, field.name))
