"""A parent's attribute that only repeats child resources managed beside it.

Right after an apply a bucket reads back the versioning, a security group the rules, that separate resources have
given them. Such a difference is the children's. In sets, only the elements that a child explains are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from driftgate.drift.instances import Instance
from driftgate.drift.noise import permissions
from driftgate.drift.noise.form import same_but_for_form
from driftgate.drift.noise.links import MIRRORS, Mirror
from driftgate.drift.paths import Difference

Children = Mapping[tuple[str, str, str], list[Instance]]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A difference without what `children` explain; with `rest` None they explain all of it."""

    children: tuple[str, ...]
    rest: Difference | None


@cache
def _of_parent(type_: str) -> tuple[Mirror, ...]:
    return tuple(mirror for mirror in MIRRORS if mirror.parent == type_)


def sets(type_: str) -> frozenset[str]:
    """The attributes of that type that are sets of what children may add to; compared as wholes."""
    return frozenset(mirror.attribute for mirror in _of_parent(type_) if mirror.element)


def linked(instances: Iterable[Instance]) -> Children:
    """Instances by (type, link attribute, the parent's key that it holds), to look children up in."""
    links = {(mirror.child, mirror.link) for mirror in MIRRORS}
    by_type: dict[str, list[str]] = defaultdict(list)
    for child, link in sorted(links):
        by_type[child].append(link)
    found: dict[tuple[str, str, str], list[Instance]] = defaultdict(list)
    for instance in instances:
        for link in by_type.get(instance.type, ()):
            for value in sorted({text for side in _sides(instance) for text in _texts(side.get(link))}):
                found[instance.type, link, value].append(instance)
    return found


def mirrored(parent: Instance, difference: Difference, children: Children) -> Mirrored | None:
    """What of a difference in `parent` its children explain, None when they have no part in it."""
    rows = [mirror for mirror in _of_parent(parent.type) if mirror.attribute == difference.steps[0]]
    found = [(row, child) for row in rows for child in _children(row, parent, children)]
    if not found:
        return None
    names = tuple(dict.fromkeys(child.address for _, child in found))
    if any(row.element is None for row, _ in found):
        return Mirrored(names, None)
    return _unexplained(difference, found, names)


def _children(row: Mirror, parent: Instance, children: Children) -> Iterator[Instance]:
    keys = sorted({text for side in _sides(parent) for text in _texts(side.get(row.key))})
    for child in (child for key in keys for child in children.get((row.child, row.link, key), ())):
        if row.only is None or any(side.get(row.only[0]) == row.only[1] for side in _sides(child)):
            yield child


def _unexplained(difference: Difference, found: list[tuple[Mirror, Instance]], names: tuple[str, ...]) -> Mirrored:
    parts = {part for row, child in found for side in _sides(child) if row.part for part in row.part(side)}
    before, after, planned = (
        _left(value, found[0][0], parts) for value in (difference.state, difference.live, difference.planned)
    )
    rest = Difference(difference.steps, before, after, planned)
    if not rest.drifted or same_but_for_form(before, after, rest.path, ordered=False):
        return Mirrored(names, None)
    return Mirrored(names, rest)


def _left(value: Any, row: Mirror, parts: set[Any]) -> Any:
    if not isinstance(value, list | tuple) or row.element is None:
        return value
    if row.element is permissions.of_element:
        kept = [permissions.without(item, parts) for item in value]
        return [item for item in kept if item is not None]
    return [item for item in value if not _explained(tuple(row.element(item)), parts)]


def _explained(identity: tuple[Hashable, ...], parts: set[Any]) -> bool:
    return bool(identity) and parts.issuperset(identity)


def _sides(instance: Instance) -> tuple[Mapping[str, Any], ...]:
    """The object as recorded and as read: a child explains what it was and what it is, not what it will be."""
    return tuple(side for side in (instance.state, instance.live) if side is not None)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return () if value in (None, "") else (str(value),)
