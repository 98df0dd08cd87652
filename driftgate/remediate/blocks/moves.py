"""Renames: `moved` blocks for objects that a plan would destroy and create again under another address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from driftgate.address import Address, module_address
from driftgate.discover.module import Module
from driftgate.finding import Finding
from driftgate.remediate.adopt.objects import Templates
from driftgate.remediate.blocks.item import BlockItem, NoBlock
from driftgate.remediate.blocks.same_object import Pair, pairs
from driftgate.remediate.place import beside
from driftgate.remediate.trace.site import CannotTraceError

Places = tuple[str, str]
"""`from` and `to` of a moved block."""
Modules = Mapping[str, Module]
"""The root modules by unit."""


def moves(findings: Iterable[Finding], modules: Modules, templates: Templates) -> tuple[list[BlockItem], list[NoBlock]]:
    """A moved block for every object under a new address; one for all instances of a resource, or of a module, where
    all of them move alike."""
    every = list(findings)
    found, unclear = pairs(every)
    items: list[BlockItem] = []
    for unit, together in _by_unit(found).items():
        for places, group in _grouped(together, [f for f in every if (f.unit, f.workspace) == unit]).items():
            try:
                items.append(_item(places, group, modules[unit[0]], templates))
            except CannotTraceError as error:
                unclear += [NoBlock(pair.old, error.message) for pair in group]
            except KeyError:
                unclear += [NoBlock(pair.old, f"the module of {unit[0]} is edited by hand") for pair in group]
    return items, unclear


def _by_unit(found: Sequence[Pair]) -> dict[tuple[str, str], list[Pair]]:
    units: dict[tuple[str, str], list[Pair]] = {}
    for pair in found:
        units.setdefault((pair.old.unit, pair.old.workspace), []).append(pair)
    return units


def _grouped(found: Sequence[Pair], findings: Sequence[Finding]) -> dict[Places, list[Pair]]:
    """The pairs by the block that moves them: as few blocks as can be."""
    groups: dict[Places, list[Pair]] = {}
    for pair in found:
        wide = next((places for places in _wider(pair) if _holds_all(places, found, findings)), None)
        groups.setdefault(wide or (pair.old.address, pair.new.address), []).append(pair)
    return groups


def _wider(pair: Pair) -> list[Places]:
    """Blocks that would move the pair together with others: its module call's, its resource's."""
    old, new = Address.parse(pair.old.address), Address.parse(pair.new.address)
    wider = []
    if (old.type, old.name, old.key) == (new.type, new.name, new.key) and len(old.module) == len(new.module):
        depth = [i for i, both in enumerate(zip(old.module, new.module, strict=True)) if both[0] != both[1]]
        if len(depth) == 1:
            end = depth[0] + 1
            calls = [(*module[: end - 1], (module[end - 1][0], None)) for module in (old.module, new.module)]
            if old.module[end - 1][1] == new.module[end - 1][1]:
                wider.append((module_address(calls[0]), module_address(calls[1])))
            wider.append((module_address(old.module[:end]), module_address(new.module[:end])))
    if old.key is not None and old.key == new.key:
        wider.append((str(old.resource), str(new.resource)))
    return wider


def _holds_all(places: Places, found: Sequence[Pair], findings: Sequence[Finding]) -> bool:
    """Whether everything that is destroyed under `from` is created the same way under `to`."""
    alike = {pair.old.address for pair in found if places in _wider(pair)}
    gone = {
        f.address
        for f in findings
        if f.actions == ("delete",) and f.address.startswith((f"{places[0]}.", f"{places[0]}["))
    }
    return gone <= alike


def _item(places: Places, group: Sequence[Pair], module: Module, templates: Templates) -> BlockItem:
    first = group[0]
    source = templates("hcl/moved.tf.j2", **{"from": places[0], "to": places[1]})
    change = beside(module, "moved", Address.parse(first.new.address), source)
    what = f"{len(group)} objects" if len(group) > 1 else "the object"
    does = f"moves {what} from {places[0]} to {places[1]}: {'they are' if len(group) > 1 else 'it is'} not destroyed"
    acts = {address: "no-op" for pair in group for address in (pair.old.address, pair.new.address)}
    return BlockItem(first.old, does, change, acts, "git apply -R, then `dg state mv` back if it was applied")
