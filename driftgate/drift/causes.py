"""Where a planned change comes from: the drifted or missing object upstream that it only follows, if there is one.

Goes from an attribute's references through module outputs, variables and data sources. A plan's configuration does
not say what a local refers to; there, only a cause that leaves no other is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgate.address import Address
from driftgate.attribute_path import Steps
from driftgate.drift.attributes import Judged
from driftgate.drift.configuration import (
    Configuration,
    ModulePath,
    block_name,
    module_path,
    references,
    split_reference,
)
from driftgate.drift.instances import Instance
from driftgate.finding import DriftClass, Mark

# How many resources a trace goes upstream; real chains of references are far shorter.
DEPTH = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """An instance with its attributes as far as they can be judged alone."""

    instance: Instance
    attributes: tuple[Judged, ...]

    @property
    def drifted(self) -> bool:
        return any(item.cls.is_drift for item in self.attributes)


@dataclass(frozen=True, slots=True)
class Upstream:
    """All drafts of a plan by resource block, to look up what a reference names.

    `known` remembers answers, `asking` holds the questions that wait for one.
    """

    configuration: Configuration
    blocks: Mapping[tuple[ModulePath, str], list[Draft]]
    known: dict[Hashable, str | None] = field(default_factory=dict)
    asking: list[Hashable] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose expression is read: the module it stands in, the block (for `each`), and the instance first asked about."""

    path: ModulePath
    block: Mapping[str, Any]
    origin: Address


def upstream(configuration: Configuration, drafts: Iterable[Draft]) -> Upstream:
    blocks: dict[tuple[ModulePath, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.instance.deposed is None:
            place = draft.instance.place
            blocks[module_path(place), block_name(place)].append(draft)
    return Upstream(configuration, blocks)


def cause(world: Upstream, address: str, steps: Steps) -> str | None:
    """The address of the drift that the planned value at `steps` follows from; None when the code moved, or unknown.

    With no steps, asks about all attributes of the instance.
    """
    return _once(world, (address, steps), lambda: _cause(world, Address.parse(address), steps))


def _once(world: Upstream, key: Hashable, ask: Callable[[], str | None]) -> str | None:
    """The answer to a question, asked once. A circle of references, which no valid code has, ends without one."""
    if key not in world.known and key not in world.asking and len(world.asking) < DEPTH:
        world.asking.append(key)
        world.known[key] = ask()
        world.asking.pop()
    return world.known.get(key)


def _cause(world: Upstream, place: Address, steps: Steps) -> str | None:
    path = module_path(place)
    block = world.configuration.resource(path, block_name(place)) or {}
    expression = world.configuration.expression(place, steps)
    return _first(world, references(expression), _Scope(path, block, place))


def _first(world: Upstream, texts: Iterable[str], scope: _Scope) -> str | None:
    return next((found for text in texts if (found := _follow(world, text, scope))), None)


def _follow(world: Upstream, text: str, scope: _Scope) -> str | None:
    head, rest = split_reference(text)
    kind = head[0]
    if kind == "var":
        return _variable(world, str(head[-1]), scope)
    if kind == "module":
        return _output(world, str(head[-1]), rest, scope)
    if kind in ("each", "count"):
        loop = scope.block.get("for_each_expression" if kind == "each" else "count_expression")
        return _first(world, references(loop), scope)
    if kind == "local":
        return _once(world, ("local", scope.path), lambda: _ambient(world, scope.path))
    if kind == "data":
        return _data(world, ".".join(map(str, head)), scope)
    return _resource(world, ".".join(map(str, head)), rest, "[" in text, scope)


def _variable(world: Upstream, name: str, scope: _Scope) -> str | None:
    if not scope.path:
        return None
    outer = scope.path[:-1]
    call = world.configuration.calls.get(scope.path, {})
    expression = call.get("expressions", {}).get(name)
    return _first(world, references(expression), _Scope(outer, call, scope.origin))


def _output(world: Upstream, name: str, rest: Steps, scope: _Scope) -> str | None:
    path = (*scope.path, name)
    outputs = world.configuration.modules.get(path, {}).get("outputs", {})
    named = [outputs[step] for step in rest if step in outputs] or list(outputs.values())
    texts = [text for output in named for text in references(output.get("expression"))]
    return _first(world, texts, _Scope(path, {}, scope.origin))


def _data(world: Upstream, name: str, scope: _Scope) -> str | None:
    block = world.configuration.resource(scope.path, name)
    if block is None:
        return None
    texts, inner = references(block.get("expressions", {})), _Scope(scope.path, block, scope.origin)
    return _once(world, (name, scope.path, scope.origin.module), lambda: _first(world, texts, inner))


def _resource(world: Upstream, name: str, rest: Steps, keyed: bool, scope: _Scope) -> str | None:
    drafts = [item for item in world.blocks.get((scope.path, name), ()) if _reachable(item, scope.origin)]
    if keyed and rest and any(item.instance.place.key == rest[0] for item in drafts):
        drafts, rest = [item for item in drafts if item.instance.place.key == rest[0]], rest[1:]
    return next((found for item in drafts if (found := _of_upstream(world, item, rest[:1]))), None)


def _reachable(draft: Draft, origin: Address) -> bool:
    """Whether the draft stands in the same instance of the modules that it shares with `origin`."""
    for (name, key), (other, other_key) in zip(draft.instance.place.module, origin.module, strict=False):
        if name != other:
            return True
        if key != other_key:
            return False
    return True


def _of_upstream(world: Upstream, draft: Draft, attribute: Steps) -> str | None:
    """The drift behind what one upstream attribute (all of them for no steps) will be."""
    if draft.instance.missing:
        return draft.instance.address
    named = [item for item in draft.attributes if item.difference.steps[:1] == attribute]
    if any(item.cls.is_drift for item in named):
        return draft.instance.address
    if named and any(item.cls is DriftClass.PENDING for item in named):
        return cause(world, draft.instance.address, attribute)
    if not attribute or _becomes_unknown(draft.instance, attribute[0]):
        return _own_cause(world, draft)
    return None


def _becomes_unknown(instance: Instance, name: str | int) -> bool:
    return isinstance(instance.planned, Mapping) and instance.planned.get(str(name)) is Mark.UNKNOWN


def _own_cause(world: Upstream, draft: Draft) -> str | None:
    """The drift that alone makes apply touch this instance; None when the code has a part in it."""
    address = draft.instance.address
    pending = [item.difference.steps for item in draft.attributes if item.cls is DriftClass.PENDING]
    found = [cause(world, address, steps) for steps in pending]
    if None in found:
        return None
    return address if draft.drifted else next(iter(found), None)


def _ambient(world: Upstream, path: ModulePath) -> str | None:
    """The drift that must be behind a local of a module, where the code makes nothing new that could be instead.

    Looks in the module and those it calls, then, as inputs may come from anywhere, at everything. Several are named
    together.
    """
    every = [item for items in world.blocks.values() for item in items]
    near = [item for item in every if module_path(item.instance.place)[: len(path)] == path]
    for drafts in (near, every):
        causes = [item for item in drafts if item.instance.missing or (item.instance.replaced and item.drifted)]
        if any(_made_by_code(item) for item in drafts):
            return None
        if causes:
            return " or ".join(item.instance.address for item in causes)
    return None


def _made_by_code(draft: Draft) -> bool:
    return "create" in draft.instance.actions and not draft.instance.missing and not draft.drifted
