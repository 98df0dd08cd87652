"""Nested blocks and the objects that are live: which belongs to which, what changed in it, which are new or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from driftgate.attribute_path import same
from driftgate.hcl.ast import Block, Body, GetAttr, Name
from driftgate.hcl.source import key_source, source_of
from driftgate.hcl.values import Unknown, first_unknown, items
from driftgate.remediate.trace.loops import bound_at
from driftgate.remediate.trace.site import At, Bound, CannotTraceError, Key

LIKENESS = 0.5
"""Less than this share of equal arguments, and a block and an object are two things."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """A nested block: one that is written out (`block`), or one that a `dynamic` block makes of the element `key`."""

    at: At
    body: Body
    block: Block | None = None
    dynamic: Block | None = None
    key: Key = None


@dataclass(slots=True)
class Matched:
    """`changed` blocks with the arguments that have other values live, `gone` blocks, `new` objects."""

    changed: list[tuple[Entry, list[tuple[str, Any]]]] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)


def entries(at: At, body: Body, name: str) -> list[Entry]:
    """The nested blocks of a name, in the order of the code. Raises CannotTraceError for a dynamic one of unknowns."""
    found: list[Entry] = []
    for block in body.blocks:
        if block.type == name:
            found.append(Entry(at, block.body, block))
        elif block.type == "dynamic" and block.labels == (name,):
            found += _made(at, block, name)
    return found


def match(blocks: Sequence[Entry], live: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any] = NOTHING) -> Matched:
    """Each block with the live object that is most like it; what is left over is gone or new.

    `defaults` are the values of arguments that are not written.
    """
    found = Matched()
    free = list(range(len(live)))
    written = [{**defaults, **_written(entry.at, entry.body)} for entry in blocks]
    rank = sorted(
        ((_likeness(written[b], live[o]), -b, -o) for b in range(len(blocks)) for o in free),
        reverse=True,
    )
    taken: set[int] = set()
    lonely = len(blocks) == len(live) == 1
    for likeness, minus_block, minus_object in rank:
        block, thing = -minus_block, -minus_object
        if block in taken or thing not in free or (likeness < LIKENESS and not lonely):
            continue
        taken.add(block)
        free.remove(thing)
        pairs = _differences(written[block], live[thing])
        if pairs:
            found.changed.append((blocks[block], pairs))
    found.gone = [entry for i, entry in enumerate(blocks) if i not in taken]
    found.new = [dict(live[thing]) for thing in free]
    return found


def element_of(entry: Entry, live: Mapping[str, Any]) -> object:
    """The element of a dynamic block's collection that would make it give a live object. Raises CannotTraceError.

    Every argument has to be the element, an attribute of it, or what is live already.
    """
    assert entry.dynamic is not None
    iterator = _iterator(entry.dynamic)
    element: dict[str, Any] = {}
    for name, attribute in entry.body.attributes.items():
        value = live.get(name)
        match attribute.value:
            case GetAttr(GetAttr(Name(root), "value"), key) if root == iterator:
                element[key] = value
            case GetAttr(Name(root), "value") if root == iterator:
                return value
            case other if not _alike(entry.at.value(other), value):
                raise CannotTraceError(f"what a new {iterator} has to be for `{name}` cannot be told")
    return element


def _made(at: At, dynamic: Block, name: str) -> Iterator[Entry]:
    collection = dynamic.body.attributes.get("for_each")
    content = next(dynamic.body.blocks_of("content"), None)
    value = at.value(collection.value) if collection is not None else None
    if collection is None or content is None or not isinstance(value, list | dict):
        raise CannotTraceError(f"{name} is made by a dynamic block whose for_each is not known")
    iterator = _iterator(dynamic)
    for key, element in items(value):
        known = key if isinstance(key, str | int) else None
        names: dict[str, object] = {iterator: {"key": key, "value": element}}
        place = bound_at(at, names, {iterator: Bound(at, collection.value, known)})
        yield Entry(place, content.body, None, dynamic, known)


def _iterator(dynamic: Block) -> str:
    named = dynamic.body.attributes.get("iterator")
    return named.value.name if named is not None and isinstance(named.value, Name) else dynamic.labels[0]


def block_source(name: str, value: Mapping[str, Any], indent: str) -> str:
    """The source of a new block: the arguments that say something, nested objects as blocks."""
    arguments = {k: v for k, v in sorted(value.items()) if not _is_default(v) and not _is_blocks(v)}
    width = max((len(key_source(key)) for key, v in arguments.items() if "\n" not in source_of(v)), default=0)
    lines = []
    for key, item in arguments.items():
        source = source_of(item, indent + "  ")
        pad = len(key) if "\n" in source else width
        lines.append(f"{indent}  {key_source(key):<{pad}} = {source}\n")
    inner = [block_source(k, item, indent + "  ") for k, v in sorted(value.items()) if _is_blocks(v) for item in v]
    gap = "\n" if lines and inner else ""
    return f"{indent}{name} {{\n{''.join(lines)}{gap}{''.join(inner)}{indent}}}\n"


def _written(at: At, body: Body) -> dict[str, object]:
    found = {name: _or_unknown(at.value(attribute.value)) for name, attribute in body.attributes.items()}
    for inner in body.blocks:
        name = inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
        if name not in found:
            found[name] = _inner(at, body, name)
    return found


def _inner(at: At, body: Body, name: str) -> object:
    try:
        return [_written(entry.at, entry.body) for entry in entries(at, body, name)]
    except CannotTraceError as error:
        return Unknown(error.message)


def _or_unknown(value: object) -> object:
    return first_unknown(value) or value


def _likeness(written: Mapping[str, object], live: Mapping[str, Any]) -> float:
    """The share of the known arguments that are live as written; what is not written has to be a default."""
    known = {name: value for name, value in written.items() if not isinstance(value, Unknown)}
    equal = sum(_alike(value, live.get(name)) for name, value in known.items())
    extra = sum(not _is_default(value) for name, value in live.items() if name not in written)
    return (equal + (len(written) - len(known)) * 0.5) / max(1, len(written) + extra)


def _differences(written: Mapping[str, object], live: Mapping[str, Any]) -> list[tuple[str, Any]]:
    changed = [
        (name, live.get(name))
        for name, value in written.items()
        if not isinstance(value, Unknown) and not _alike(value, live.get(name))
    ]
    extra = [(name, value) for name, value in live.items() if name not in written and not _is_default(value)]
    return changed + extra


def _alike(written: object, live: object) -> bool:
    """Equal but for the order of a list and for text that the provider made of a number."""
    if isinstance(written, list) and isinstance(live, list):
        if _is_blocks(written) and _is_blocks(live):
            return len(written) == len(live) and all(any(not _differences(w, o) for o in live) for w in written)
        return sorted(map(str, written)) == sorted(map(str, live))
    if _is_default(written) and _is_default(live):
        return True
    return same(written, live) or (not isinstance(written, dict) and str(written) == str(live))


def _is_default(value: object) -> bool:
    return value is None or value is False or value in ("", [], {})


def _is_blocks(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
