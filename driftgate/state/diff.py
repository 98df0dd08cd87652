"""What happened between two states: resources and outputs added, removed, moved, replaced or changed, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Raw

from driftgate.attribute_path import Steps, same, spell
from driftgate.collector import collector_paused
from driftgate.finding import Mark
from driftgate.state.file import Instance, Output, StateFile
from driftgate.state.snapshot import SnapshotMeta


class Change(StrEnum):
    """What happened to a resource instance or an output."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    """To another address; its attributes may have changed too."""
    REPLACED = "replaced"
    """At the same address stands another object: its `id` differs."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value at `steps` inside an object; Mark.ABSENT stands for what is not there."""

    steps: Steps
    before: object
    after: object

    @property
    def path(self) -> str:
        return spell(self.steps)


@dataclass(frozen=True, slots=True)
class InstanceChange:
    """One object before and after; None where there is none.

    `metadata` names what else than attributes differs, as the state file spells it: `status`, `provider`,
    `schema_version`, `dependencies`, `sensitive_attributes`, `private`, `create_before_destroy`, `identity`, or
    `attributes_flat` where one of the two is in the form before Terraform 0.12 and attributes cannot be compared.
    """

    change: Change
    before: Instance | None
    after: Instance | None
    attributes: tuple[ValueChange, ...] = ()
    metadata: tuple[str, ...] = ()

    @property
    def instance(self) -> Instance:
        """The object as it is now, or as it was last."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class OutputChange:
    """A root output before and after; None where there is none."""

    name: str
    change: Change
    before: Output | None
    after: Output | None


@dataclass(frozen=True, slots=True)
class StateDiff:
    """All that differs, in the order of addresses and names; the metas are None where there was or is no state."""

    before: SnapshotMeta | None
    after: SnapshotMeta | None
    instances: tuple[InstanceChange, ...]
    outputs: tuple[OutputChange, ...]

    def __bool__(self) -> bool:
        """Whether anything differs; serial, lineage and the writer's version alone do not count."""
        return bool(self.instances or self.outputs)

    def count(self, change: Change) -> int:
        """How many resource instances had that happen to them."""
        return sum(item.change is change for item in self.instances)


Key = tuple[str, str, str, str, object, str]
_METADATA = ("schema_version", "create_before_destroy", "status")
_RAW_METADATA = ("dependencies", "sensitive_attributes", "private", "identity")
_UNSET: tuple[object, ...] = (None, Mark.ABSENT)


def diff(before: StateFile | None, after: StateFile | None) -> StateDiff:
    """The changes from `before` to `after`; None stands for no state.

    Bytes are compared first and only what differs is decoded: layout, order and spelling do not count, nor does null
    against absent. Decimals are compared as doubles. An object that left one address and stands at another one with
    the same type, provider and `id` (or equal in every byte) has moved.

    Raises StateError where an object that differs cannot be read.
    """
    if before and after and before.data == after.data:
        return StateDiff(before.meta, after.meta, (), ())
    with collector_paused():
        return StateDiff(
            before.meta if before else None,
            after.meta if after else None,
            tuple(sorted(_instances(_by_key(before), _by_key(after)), key=_order)),
            tuple(_outputs(before.outputs if before else {}, after.outputs if after else {})),
        )


def _by_key(state: StateFile | None) -> dict[Key, Instance]:
    return {_key(instance): instance for instance in (state.instances() if state else ())}


def _key(instance: Instance) -> Key:
    resource = instance.resource
    # A count index 0 and a key "0" differ by type; 0.0 equals 0.
    index = instance.object.index_key
    return (resource.module or "", resource.mode, resource.type, resource.name, index, instance.object.deposed or "")


def _order(item: InstanceChange) -> tuple[object, ...]:
    return (item.instance.address.sort_key, item.instance.deposed)


def _instances(before: Mapping[Key, Instance], after: Mapping[Key, Instance]) -> Iterator[InstanceChange]:
    gone = {key: instance for key, instance in before.items() if key not in after}
    new = {key: instance for key, instance in after.items() if key not in before}
    for key, instance in after.items():
        was = before.get(key)
        if was is not None:
            yield from _changed(was, instance, Change.CHANGED)
    for left, right in _moves(gone, new):
        yield from _changed(gone.pop(left), new.pop(right), Change.MOVED)
    yield from (InstanceChange(Change.REMOVED, instance, None) for instance in gone.values())
    yield from (InstanceChange(Change.ADDED, None, instance) for instance in new.values())


def _moves(gone: Mapping[Key, Instance], new: Mapping[Key, Instance]) -> list[tuple[Key, Key]]:
    """Pairs of addresses whose objects are one and the same, and no third one could be."""
    if not gone or not new:
        return []
    left, right = _by_identity(gone), _by_identity(new)
    return [(keys[0], right[who][0]) for who, keys in left.items() if len(keys) == 1 == len(right.get(who, ()))]


def _by_identity(instances: Mapping[Key, Instance]) -> dict[tuple[object, ...], list[Key]]:
    found: dict[tuple[object, ...], list[Key]] = {}
    for key, instance in instances.items():
        own = _id(instance)
        who = own if own and isinstance(own, str | int | float) else bytes(instance.object.attributes)
        resource = instance.resource
        identity = (resource.mode, resource.type, resource.provider, instance.deposed, who)
        found.setdefault(identity, []).append(key)
    return found


def _id(instance: Instance) -> object:
    return instance.attributes.get("id")


def _changed(before: Instance, after: Instance, change: Change) -> Iterator[InstanceChange]:
    if before.object == after.object and before.resource.provider == after.resource.provider:
        if change is Change.MOVED:
            yield InstanceChange(change, before, after)
        return
    attributes = tuple(_attributes(before, after))
    metadata = tuple(sorted(_metadata(before, after)))
    if change is Change.CHANGED and any(item.steps == ("id",) and item.before for item in attributes):
        change = Change.REPLACED
    if attributes or metadata or change is not Change.CHANGED:
        yield InstanceChange(change, before, after, attributes, metadata)


def _attributes(before: Instance, after: Instance) -> Iterator[ValueChange]:
    if _flat(before) == _flat(after) and not (_flat(before) is False and _same(before, after, "attributes")):
        yield from value_changes(before.attributes, after.attributes)


def _metadata(before: Instance, after: Instance) -> Iterator[str]:
    for name in _METADATA:
        if (getattr(before.object, name) or None) != (getattr(after.object, name) or None):
            yield name
    for name in _RAW_METADATA:
        if not _same(before, after, name):
            yield name
    if before.resource.provider != after.resource.provider:
        yield "provider"
    if _flat(before) != _flat(after):
        yield "attributes_flat"


def _flat(instance: Instance) -> bool:
    return instance.object.attributes_flat is not None


def _same(before: Instance, after: Instance, name: str) -> bool:
    return _equal(getattr(before.object, name), getattr(after.object, name))


def _equal(left: Raw, right: Raw) -> bool:
    return left == right or same(_decoded(left), _decoded(right))


def _decoded(raw: Raw) -> Any:
    return msgspec.json.decode(raw) or None  # [] where nothing is marked, no matter whether it is written


def value_changes(before: object, after: object, steps: Steps = ()) -> Iterator[ValueChange]:
    """Every path where two JSON values differ, in order, each once; null and absent are the same.

    Maps are descended into, one beside nothing too; so are arrays of one object on both sides, as `[0]`; all other
    arrays are one path.
    """
    if same(before, after) or (before in _UNSET and after in _UNSET):
        return
    if _keyed(before) and _keyed(after) and (before or after):
        left, right = (side if isinstance(side, dict) else {} for side in (before, after))
        for key in sorted(left.keys() | right.keys()):
            yield from value_changes(left.get(key, Mark.ABSENT), right.get(key, Mark.ABSENT), (*steps, key))
    elif _single(before) and _single(after):
        yield from value_changes(before[0], after[0], (*steps, 0))  # type: ignore[index]
    else:
        yield ValueChange(steps, before, after)


def _keyed(value: object) -> bool:
    return isinstance(value, dict) or value in _UNSET


def _single(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)


def _outputs(before: Mapping[str, Output], after: Mapping[str, Output]) -> Iterator[OutputChange]:
    for name in sorted(before.keys() | after.keys()):
        left, right = before.get(name), after.get(name)
        if left is None or right is None:
            yield OutputChange(name, Change.ADDED if left is None else Change.REMOVED, left, right)
        elif not _same_output(left, right):
            yield OutputChange(name, Change.CHANGED, left, right)


def _same_output(left: Output, right: Output) -> bool:
    if bool(left.sensitive) != bool(right.sensitive):
        return False
    return all(_equal(getattr(left, name), getattr(right, name)) for name in ("value", "type"))
