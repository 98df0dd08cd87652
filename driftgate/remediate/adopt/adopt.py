"""Adopt: objects that exist become import blocks with configuration, written as little as a plan allows.

The plan is the judge: a first one generates the configuration, each further one is of the repo as it would be. What it
would change is written after all; the last one, which only imports, is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from driftgate.address import Address
from driftgate.discover.module import Module
from driftgate.live.base import Reading
from driftgate.remediate.adopt.generate import generate
from driftgate.remediate.adopt.judge import settled
from driftgate.remediate.adopt.layout import import_change, layout
from driftgate.remediate.adopt.names import file_for
from driftgate.remediate.adopt.objects import Adopted, Adoption, Item, Surroundings, Wanted, open_items
from driftgate.remediate.overlay import overlay
from driftgate.remediate.place import anchor
from driftgate.remediate.trace.site import CannotTraceError

ROUNDS = 8
"""Plans after the first, at most: an argument climbs at most four times, most never."""


def adopt(wanted: Sequence[Wanted], around: Surroundings) -> Adoption:
    """Import blocks for `wanted`, and configuration where the code has none; only what a plan proves to be import-only.

    The repo is not touched: files are laid out in private copies.
    """
    items = [_item(number, one, around.module) for number, one in enumerate(dict.fromkeys(wanted))]
    plans = 0
    if any(not item.has_block for item in open_items(items)):
        generate(items, around)
        plans += 1
    for _ in range(ROUNDS):
        if not open_items(items):
            break
        texts = layout(open_items(items), around)
        reading = _planned(texts, around)
        plans += 1
        if settled(items, reading, texts):
            return _adoption(items, texts, around, plans)
    for item in open_items(items):
        item.give_up("no plan came out that only imports it", "write its block by hand, and name its address")
    return _adoption(items, {}, around, plans)


def _item(number: int, wanted: Wanted, module: Module) -> Item:
    address = wanted.address or Address((), "managed", wanted.type, f"driftgate_{number}")
    written = {block.labels for _, block in module.blocks("resource")}
    has_block = bool(address.module) or (address.type, address.name) in written
    item = Item(wanted, address, has_block)
    if has_block:
        try:
            anchor(module, address)
        except CannotTraceError as error:
            item.give_up(error.message, error.next_step)
    elif address.key is not None:
        item.give_up(f"the code has no {address.resource}", "write its block first: instances cannot be generated")
    return item


def _planned(texts: Mapping[str, str], around: Surroundings) -> Reading:
    with overlay(around.root, texts, [around.module.path]) as copy:
        return around.plan(copy, None)


def _adoption(items: Sequence[Item], texts: Mapping[str, str], around: Surroundings, plans: int) -> Adoption:
    before = {file.path: file.text for file in around.module.files}
    return Adoption(
        tuple(_adopted(item, around) for item in open_items(items)),
        tuple(item.left for item in items if item.left is not None),
        {path: before[path] for path in texts if path in before},
        dict(texts),
        plans,
        {item.wanted: import_change(item, around) for item in open_items(items) if item.shape is None},
    )


def _adopted(item: Item, around: Surroundings) -> Adopted:
    if item.shape is None:
        return Adopted(item.wanted, item.address, import_change(item, around).path)
    return Adopted(item.wanted, item.address, file_for(around.module, item.address.type), item.shape.ignored)
