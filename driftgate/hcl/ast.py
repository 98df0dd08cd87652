"""The syntax tree of HCL: plain values with exact spans. `parse(text) -> Body` makes it; nothing here evaluates.

A span is `(start, end)` in characters of the parsed text, so `text[start:end]` is the node's own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Span = tuple[int, int]
_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def _node(cls: type[_T]) -> type[_T]:
    """A slotted value, frozen for the type checker only: to enforce it makes every node four times slower to build."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@_node
class Literal:
    """A number, bool or null: int, float, bool or None. (Strings are `Template`s.)"""

    value: int | float | bool | None
    span: Span


@_node
class Template:
    """A quoted string or heredoc. `parts` alternate text (str, escapes resolved) and expressions or directives.

    No two texts follow each other and none is empty; `~` and the indent of `<<-` heredocs are taken off already.
    """

    parts: tuple[str | Expr, ...]
    span: Span
    heredoc: bool = False

    @property
    def text(self) -> str | None:
        """The whole string if nothing in it needs evaluating, else None."""
        if not self.parts:
            return ""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, str) else None


@_node
class IfDirective:
    """`%{ if c }…%{ else }…%{ endif }` inside a template."""

    condition: Expr
    then: tuple[str | Expr, ...]
    otherwise: tuple[str | Expr, ...]
    span: Span


@_node
class ForDirective:
    """`%{ for k, v in c }…%{ endfor }` inside a template."""

    key: str | None
    value: str
    collection: Expr
    body: tuple[str | Expr, ...]
    span: Span


@_node
class Name:
    """A root identifier: `var`, `local`, `each`, a bare word."""

    name: str
    span: Span


@_node
class GetAttr:
    """`object.name`; legacy `object.0` is an `Index`."""

    object: Expr
    name: str
    span: Span


@_node
class Index:
    """`object[key]`."""

    object: Expr
    key: Expr
    span: Span


@_node
class Splat:
    """`source[*]…` (full) or `source.*…` (attribute-only).

    `steps` are what follows and is done to each element: `('attr', name)`, `('index', expr)`, or `('splat', inner)`
    for a splat of what the steps before it gave (`inner.source` is the empty `Name`).
    """

    source: Expr
    steps: tuple[tuple[str, str | Expr], ...]
    full: bool
    span: Span


@_node
class Call:
    """`name(args…)`; namespaced functions keep their `::`. `expand` is a trailing `...`."""

    name: str
    args: tuple[Expr, ...]
    expand: bool
    span: Span


@_node
class Unary:
    """`-x` or `!x`."""

    op: str
    operand: Expr
    span: Span


@_node
class Binary:
    """`left op right`."""

    op: str
    left: Expr
    right: Expr
    span: Span


@_node
class Conditional:
    """`condition ? then : otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@_node
class Tuple:
    """`[a, b]`."""

    items: tuple[Expr, ...]
    span: Span


@_node
class Object:
    """`{k = v}`. A bare-word key is a `Name` (HCL reads it as a string); `(k)` is any other expression."""

    items: tuple[tuple[Expr, Expr], ...]
    span: Span


@_node
class For:
    """`[for k, v in c : e if p]` or `{for k, v in c : ke => e... if p}`; `key_expr` None makes a tuple."""

    key: str | None
    value: str
    collection: Expr
    key_expr: Expr | None
    value_expr: Expr
    condition: Expr | None
    grouped: bool
    span: Span


@_node
class Paren:
    """`(inner)`, kept so that spans and source agree."""

    inner: Expr
    span: Span


Expr = (
    Literal
    | Template
    | IfDirective
    | ForDirective
    | Name
    | GetAttr
    | Index
    | Splat
    | Call
    | Unary
    | Binary
    | Conditional
    | Tuple
    | Object
    | For
    | Paren
)


@_node
class Attribute:
    """`name = value`; the span runs from the name to the end of the value."""

    name: str
    value: Expr
    span: Span


@_node
class Block:
    """`type "label" … { body }`; the span runs from the type to the closing brace."""

    type: str
    labels: tuple[str, ...]
    body: Body
    span: Span


@_node
class Body:
    """The attributes (by name) and blocks (in order) of a file or block."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    span: Span

    def blocks_of(self, *types: str) -> Iterator[Block]:
        """The blocks directly inside whose type is one of `types`, in source order."""
        return (block for block in self.blocks if block.type in types)


def line_column(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column (in characters) of an offset into `text`."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1
