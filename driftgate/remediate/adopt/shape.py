"""The generated block of an imported object, and how much of it is written: each argument as little as it can be.

`terraform plan -generate-config-out` writes every argument there is: computed ones, defaults, pairs that exclude each
other. An argument starts as low as its schema allows, and climbs only when a plan without it would change the object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from driftgate.hcl.ast import Attribute, Block, Expr, Literal, Object, Template, Tuple
from driftgate.tfexec.schema import Argument, Body

ADDED_UP = "tags_all"
"""The AWS provider's sum of an object's tags and its default_tags."""
_NOTHING = Body()


class Level(IntEnum):
    """How an argument is written; a plan that minds makes it climb."""

    LEFT_OUT = 0
    LEAN = 1
    """A nested block without what is empty in it."""
    AS_GENERATED = 2
    AS_LIVE = 3
    """With the live value, where the generator wrote none (it leaves empty strings out)."""
    IGNORED = 4
    """By `ignore_changes`: the code cannot say it."""


@dataclass(slots=True)
class Shape:
    """One object's configuration in the making. `block` is the generated one with spans into `text`; `live` are the
    object's attributes; `refused` are arguments that the provider does not take, `moved` those that the last plan made
    climb or be refused."""

    text: str
    block: Block
    schema: Body = _NOTHING
    live: Mapping[str, Any] = field(default_factory=dict)
    sensitive: Mapping[str, Any] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = {*self.block.body.attributes, *(inner.type for inner in self.block.body.blocks)}
        self.levels = {name: self._first(name) for name in names}

    @property
    def type(self) -> str:
        return self.block.labels[0]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The arguments that only `ignore_changes` keeps as they are."""
        return tuple(sorted(name for name, level in self.levels.items() if level is Level.IGNORED))

    def argument(self, name: str) -> Argument | None:
        return self.schema.attributes.get(name)

    def blocks(self, name: str) -> list[Block]:
        return [inner for inner in self.block.body.blocks if inner.type == name]

    def has_value(self, name: str) -> bool:
        """Whether the generator wrote the argument with a value."""
        attribute = self.block.body.attributes.get(name)
        return bool(self.blocks(name)) or (attribute is not None and not is_null(attribute))

    def written(self, name: str) -> bool:
        """Whether the argument stands in the code at its level."""
        level = self.levels.get(name, Level.LEFT_OUT)
        return level is Level.AS_LIVE or (Level.LEAN <= level <= Level.AS_GENERATED and self.has_value(name))

    def climb(self, name: str) -> bool:
        """Write more of an argument. False where there is no more to write."""
        now = self.levels.get(name, Level.LEFT_OUT)
        above = next((level for level in Level if level > now and self._possible(name, level)), None)
        if above is not None:
            self.levels[name] = above
            self.moved.add(name)
        return above is not None

    def refuse(self, name: str) -> None:
        """Never write the argument again."""
        self.refused.add(name)
        self.moved.add(name)
        self.levels[name] = Level.LEFT_OUT

    def _first(self, name: str) -> Level:
        if self.blocks(name):
            return self._first_of_block(name)
        argument, attribute = self.argument(name), self.block.body.attributes[name]
        if argument is not None and argument.required:
            return self._least(name)
        if argument is None or not argument.writable or not argument.computed or argument.deprecated:
            return Level.LEFT_OUT
        hollow = name == ADDED_UP or is_empty(attribute.value)
        return Level.LEFT_OUT if hollow else self._least(name)

    def _first_of_block(self, name: str) -> Level:
        nested = self.schema.block_types.get(name)
        if nested is not None and nested.min_items:
            return Level.LEAN
        hollow = all(is_hollow(inner) for inner in self.blocks(name))
        return Level.LEFT_OUT if hollow or (nested is not None and nested.block.deprecated) else Level.LEAN

    def _least(self, name: str) -> Level:
        return Level.LEAN if self._possible(name, Level.LEAN) else Level.AS_GENERATED

    def _possible(self, name: str, level: Level) -> bool:
        argument = self.argument(name)
        if level is Level.IGNORED:
            return argument is None or argument.writable
        if name in self.refused:
            return False
        if level is Level.LEAN:
            takes_blocks = argument is not None and argument.takes_blocks and bool(self.live.get(name))
            return bool(self.blocks(name)) or (takes_blocks and self.has_value(name))
        if level is Level.AS_GENERATED:
            return self.has_value(name)
        writable = argument is not None and argument.writable and not argument.sensitive
        known = self.live.get(name) is not None and not self.sensitive.get(name)
        return level is Level.AS_LIVE and writable and known and not self.has_value(name)


def is_null(attribute: Attribute) -> bool:
    return isinstance(attribute.value, Literal) and attribute.value.value is None


def is_empty(value: Expr) -> bool:
    """null, false, zero, and empty text, lists and objects: what leaving an argument out mostly means."""
    if isinstance(value, Literal):
        return not value.value
    if isinstance(value, Template):
        return value.text == ""
    return isinstance(value, Tuple | Object) and not value.items


def is_hollow(block: Block) -> bool:
    """Whether nothing in the block says more than leaving it out."""
    return all(is_empty(a.value) for a in block.body.attributes.values()) and all(map(is_hollow, block.body.blocks))


def empty_parts(block: Block) -> Iterator[Attribute | Block]:
    """The arguments and blocks inside that say nothing."""
    yield from (a for a in block.body.attributes.values() if is_empty(a.value))
    for inner in block.body.blocks:
        if is_hollow(inner):
            yield inner
        else:
            yield from empty_parts(inner)


def null_parts(block: Block) -> Iterator[Attribute]:
    """The arguments inside that are null: the same as leaving them out."""
    yield from (a for a in block.body.attributes.values() if is_null(a))
    for inner in block.body.blocks:
        yield from null_parts(inner)
