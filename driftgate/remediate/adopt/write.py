"""A shape as the source of its resource block."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.hcl.ast import Attribute, Block
from driftgate.hcl.edit import Edit, append_to_block, apply_edits, insert_attribute, remove_attribute, whole_lines
from driftgate.hcl.parse import parse
from driftgate.hcl.source import source_of
from driftgate.remediate.adopt.objects import Templates
from driftgate.remediate.adopt.shape import Level, Shape, empty_parts, null_parts
from driftgate.remediate.trace.nested_blocks import block_source


def block_text(shape: Shape, name: str, templates: Templates) -> str:
    """The resource block called `name`, formatted as `terraform fmt` has it."""
    text = apply_edits(shape.text, list(_removals(shape)))
    for argument in sorted(n for n, level in shape.levels.items() if level is Level.AS_LIVE):
        block = _only(text)
        text = apply_edits(
            text, [insert_attribute(text, block.body, argument, source_of(shape.live[argument], "  "), "")]
        )
    for argument in sorted(_as_blocks(shape)):
        for item in shape.live[argument]:
            text = _appended(text, block_source(argument, item, ""))
    if shape.ignored:
        text = _appended(text, templates("hcl/ignore_changes.tf.j2", paths=shape.ignored))
    return _spaced(_renamed(text, name))


def _removals(shape: Shape) -> Iterator[Edit]:
    """What does not stay of the generated block."""
    body, text = shape.block.body, shape.text
    lean = _as_blocks(shape)
    for name in body.attributes:
        if not shape.written(name) or name in lean or shape.levels[name] is Level.AS_LIVE:
            yield remove_attribute(text, body, name)
    for inner in body.blocks:
        if not shape.written(inner.type):
            yield _removed(text, inner)
        else:
            parts = empty_parts(inner) if shape.levels[inner.type] is Level.LEAN else null_parts(inner)
            yield from (_removed(text, part) for part in parts)


def _as_blocks(shape: Shape) -> set[str]:
    """Lists of objects that are written as blocks: so that what is empty in them can be left out."""
    attributes = shape.block.body.attributes
    return {name for name, level in shape.levels.items() if level is Level.LEAN and name in attributes}


def _removed(text: str, part: Attribute | Block) -> Edit:
    return Edit(*whole_lines(text, *part.span), "")


def _appended(text: str, source: str) -> str:
    return apply_edits(text, [append_to_block(text, _only(text).body, source, "")])


def _only(text: str) -> Block:
    return parse(text).blocks[0]


def _renamed(text: str, name: str) -> str:
    block = _only(text)
    head, rest = text[: block.body.span[0]], text[block.body.span[0] :]
    before, _, after = head.rpartition(f'"{block.labels[1]}"')
    return f'{before}"{name}"{after}{rest}'


def _spaced(text: str) -> str:
    """An empty line above the nested blocks of each kind, as people write them."""
    previous: Block | None = None
    edits = []
    for inner in _only(text).body.blocks:
        line = text.rfind("\n", 0, inner.span[0]) + 1
        above = text[:line].rstrip(" ")
        if not above.endswith(("\n\n", "{\n")) and (previous is None or previous.type != inner.type):
            edits.append(Edit(line, line, "\n"))
        previous = inner
    return apply_edits(text, edits)
