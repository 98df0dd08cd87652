"""Gives an argument or the nested blocks of a block's body the value that is live, or adds them where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftgate.attribute_path import Steps, same, spell
from driftgate.hcl.ast import Block, Body
from driftgate.hcl.edit import Edit, indent_of, insert_attribute, remove_attribute, remove_block
from driftgate.hcl.source import source_of
from driftgate.hcl.values import items
from driftgate.remediate.trace.expression import change, nested
from driftgate.remediate.trace.nested_blocks import NOTHING, Entry, Matched, block_source, element_of, entries, match
from driftgate.remediate.trace.site import At, CannotTraceError, Key
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted, together


def body_change(at: At, body: Body, wanted: Wanted) -> Change:
    """The change inside a block's body."""
    name, rest = str(wanted.steps[0]), wanted.steps[1:]
    if name in body.attributes:
        return _argument(at, body, name, wanted.down(steps=rest))
    blocks = entries(at, body, name)
    if blocks and not rest:
        return blocks_change(at, body, blocks, wanted)
    if blocks:
        return _one_block(at, body, blocks, name, wanted)
    return _new(at, body, name, wanted.down(steps=rest))


def _argument(at: At, body: Body, name: str, wanted: Wanted) -> Change:
    expr = body.attributes[name].value
    if wanted.steps or (wanted.value is not ABSENT and wanted.value is not None):
        return change(at, expr, wanted)
    return _changed(at, [remove_attribute(at.file.text, body, name)], expr.span[0], wanted)


def _one_block(at: At, body: Body, blocks: Sequence[Entry], name: str, wanted: Wanted) -> Change:
    place, rest = wanted.steps[1], wanted.steps[2:]
    if not isinstance(place, int) or place >= len(blocks):
        raise CannotTraceError(f"the code has no block {name} number {place}")
    if len(blocks) > 1 and not _was(blocks[place], rest, wanted.was):
        raise CannotTraceError(f"the order of the {len(blocks)} {name} blocks is not that of the cloud")
    if rest:
        return body_change(blocks[place].at, blocks[place].body, wanted.down(steps=rest))
    if len(blocks) > 1:
        raise CannotTraceError(f"which of the {len(blocks)} {name} blocks it is cannot be told")
    return blocks_change(at, body, blocks, wanted.down(steps=(name,), value=[wanted.value]))


def _was(entry: Entry, rest: Steps, was: object) -> bool:
    """Whether the block gives what the plan has for it, so that it is that one."""
    attribute = entry.body.attributes.get(str(rest[0])) if len(rest) == 1 else None
    return attribute is not None and was is not ABSENT and same(entry.at.value(attribute.value), was)


def blocks_change(
    at: At, body: Body, blocks: Sequence[Entry], wanted: Wanted, defaults: Mapping[str, Any] = NOTHING
) -> Change:
    """Nested blocks against the list of objects that is live; `defaults` as `nested_blocks.match`."""
    live = [] if wanted.value is None or wanted.value is ABSENT else wanted.value
    if not isinstance(live, list) or not all(isinstance(item, dict) for item in live):
        raise CannotTraceError(f"{spell(wanted.steps)}: blocks have no such value")
    matched = match(blocks, live, defaults)
    changes = [
        body_change(entry.at, entry.body, wanted.down(steps=(key,), value=value))
        for entry, pairs in matched.changed
        for key, value in pairs
    ]
    changes += _fewer_or_more(at, blocks, matched, wanted)
    return together(changes) if changes else Change(at.file.path, at.file.text, ())


def _fewer_or_more(at: At, blocks: Sequence[Entry], matched: Matched, wanted: Wanted) -> Iterator[Change]:
    text = at.file.text
    for entry in matched.gone:
        if entry.block is not None:
            yield _changed(at, [remove_block(text, entry.block)], entry.block.span[0], wanted)
    last = next((entry.block for entry in reversed(blocks) if entry.block is not None), None)
    if last is not None and matched.new:
        yield _changed(at, list(_new_blocks(text, last, matched.new)), last.span[0], wanted)
    new = [] if last is not None else matched.new
    for dynamic in {id(entry.dynamic): entry for entry in blocks if entry.dynamic is not None}.values():
        gone = [entry.key for entry in matched.gone if entry.dynamic is dynamic.dynamic]
        if gone or new:
            yield _elements(at, dynamic, gone, new, wanted)
            new = []


def _elements(at: At, entry: Entry, gone: Sequence[Key], new: Sequence[dict[str, Any]], wanted: Wanted) -> Change:
    """Elements taken out of the collection of a dynamic block, and others put in."""
    assert entry.dynamic is not None
    expr = entry.dynamic.body.attributes["for_each"].value
    collection = at.value(expr)
    if isinstance(collection, dict):
        if new:
            raise CannotTraceError(f"the key of a new {entry.dynamic.labels[0]} cannot be told")
        return together([change(at, expr, wanted.down(steps=(str(key),), value=ABSENT)) for key in gone])
    assert isinstance(collection, list)
    kept = [item for key, item in items(collection) if key not in gone]
    return change(at, expr, wanted.down(steps=(), value=[*kept, *(element_of(entry, item) for item in new)]))


def _new_blocks(text: str, last: Block, values: Sequence[dict[str, Any]]) -> Iterator[Edit]:
    indent = indent_of(text, last.span[0])
    end = text.find("\n", last.span[1])
    at = len(text) if end < 0 else end + 1
    sources = [f"\n{block_source(last.type, value, indent)}" for value in values]
    if sources:
        yield Edit(at, at, "".join(sources))


def _new(at: At, body: Body, name: str, wanted: Wanted) -> Change:
    """An argument or block that the code does not have yet."""
    value = wanted.value if not wanted.steps else nested(wanted.steps, wanted.value)
    if wanted.value is ABSENT or wanted.value is None:
        raise CannotTraceError(f"the code does not set {name}")
    text = at.file.text
    start = text.rfind("\n", 0, body.span[0]) + 1
    indent = indent_of(text, start)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        inner = "".join(f"\n{block_source(name, item, indent + '  ')}" for item in value)
        if "\n" not in text[slice(*body.span)]:
            raise CannotTraceError("the block is on one line", next_step=f"add {name} by hand")
        end = text.rfind("\n", body.span[0], body.span[1]) + 1
        return _changed(at, [Edit(end, end, inner)], body.span[0], wanted)
    source = source_of(value, indent + "  ")
    return _changed(at, [insert_attribute(text, body, name, source, indent)], body.span[0], wanted)


def _changed(at: At, edits: Sequence[Edit], offset: int, wanted: Wanted) -> Change:
    at.check_editable(offset)
    if at.file.path.endswith(".json"):
        raise CannotTraceError(f"{at.file.path} is JSON", next_step=f"edit it by hand: {at.file.position(offset)}")
    return Change(at.file.path, at.file.text, tuple(edits), (*wanted.trail, at.file.position(offset)))
