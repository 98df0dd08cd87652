"""Lets terraform write the configuration of objects, and names them in the repo's way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftgate.address import Address
from driftgate.discover.module import Module
from driftgate.hcl.parse import parse
from driftgate.remediate.adopt.layout import only_imports
from driftgate.remediate.adopt.names import own_name, resource_name
from driftgate.remediate.adopt.objects import Item, Surroundings, open_items
from driftgate.remediate.adopt.shape import Shape
from driftgate.remediate.overlay import overlay
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Plan, ResourceChange
from driftgate.tfexec.schema import Body

NOT_THERE = re.compile(r"non-existent remote object|does not exist|not found|couldn't find resource", re.IGNORECASE)


def generate(items: Sequence[Item], around: Surroundings) -> None:
    """Let terraform write the configuration of what has none, and name the objects after what they are."""
    fresh = [item for item in open_items(items) if not item.has_block]
    with overlay(around.root, only_imports(fresh, around), [around.module.path]) as copy:
        target = copy / ".driftgate-generated.tf"
        reading = around.plan(copy, target)
        text = target.read_text() if target.is_file() else ""
    blocks = {block.labels: block for block in parse(text).blocks if block.type == "resource"}
    schemas = around.schemas({item.address.type for item in fresh}) if blocks else {}
    changes = changes_of(reading.plan)
    for item in fresh:
        block = blocks.get((item.address.type, item.address.name))
        if block is None:
            why_not(item, reading.errors)
        else:
            item.shape = _shape(text[slice(*block.span)], schemas, changes.get(str(item.address)))
    _christen(fresh, around.module, reading.plan)


def _shape(text: str, schemas: Mapping[str, Body], change: ResourceChange | None) -> Shape:
    block = parse(text).blocks[0]
    live = change.change.before or {} if change else {}
    marks = change.change.before_sensitive if change else {}
    return Shape(text, block, schemas.get(block.labels[0], Body()), live, marks if isinstance(marks, dict) else {})


def why_not(item: Item, errors: Sequence[Diagnostic]) -> None:
    """Give up an object that terraform could not import, with what it said."""
    own = [e for e in errors if str(item.address) == e.address or f'"{item.address}"' in e.detail]
    first = next(iter(own or errors), None)
    if first is None:
        item.give_up("terraform generated no configuration for it", "write its block by hand, and name its address")
    elif NOT_THERE.search(f"{first.summary} {first.detail}"):
        reason = f"there is no {item.wanted.type} {item.wanted.id}"
        item.give_up(reason, "look at the ID, the region and the account", absent=True)
    else:
        said = f"{first.summary} {first.detail}".strip()
        item.give_up(said, "look at the ID: the provider's documentation says its format")


def _christen(fresh: Sequence[Item], module: Module, plan: Plan | None) -> None:
    """Give objects without an address of their own a name in the repo's way."""
    known = list(recorded(plan))
    chosen: set[tuple[str, str]] = set()
    for item in fresh:
        if item.wanted.address is None and item.shape is not None:
            also = {name for type, name in chosen if type == item.wanted.type}
            name = resource_name(item.wanted.type, own_name(item.shape.live, item.wanted.id), module, known, also=also)
            chosen.add((item.wanted.type, name))
            item.address = Address((), "managed", item.wanted.type, name)


def recorded(plan: Plan | None) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The resources of the root module that the state holds: type, name, attributes."""
    values = plan.prior_state.get("values", {}) if plan else {}
    for resource in values.get("root_module", {}).get("resources", ()):
        if resource.get("mode") == "managed" and not resource["name"].startswith("driftgate_"):
            yield resource["type"], resource["name"], resource.get("values", {})


def changes_of(plan: Plan | None) -> dict[str, ResourceChange]:
    return {change.address: change for change in plan.resource_changes} if plan else {}
