"""What a severity rule may look at: one attribute change, with the whole object on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from driftgate.finding import DriftClass, Mark

_BRACKETS = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]')

Objects = tuple[Mapping[str, Any], Mapping[str, Any]]
Leaves = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One attribute that differs, and the resource it belongs to.

    `path` is spelled as in a finding (`ingress[0].cidr_blocks`), "" for the whole object of a missing or unmanaged
    resource. `before` is the whole object in the state, `after` the whole live one, {} where there is none. The
    judged direction is `state` to `live`; `planned` is what the next apply would make it.
    """

    type: str
    path: str
    cls: DriftClass
    state: object
    live: object
    planned: object
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def place(self) -> str:
        """The path without indices and keys in brackets: `ingress.cidr_blocks`."""
        return _place(self.path)

    @property
    def objects(self) -> Objects:
        """The whole object before and after; around the one attribute when the caller knew no more."""
        before, after = _mapping(self.before), _mapping(self.after)
        if not self.path:
            return before or _mapping(self.state), after or _mapping(self.live)
        root = self.place.partition(".")[0]
        if root in before or root in after:
            return before, after
        return _around(self.place, self.state), _around(self.place, self.live)

    def leaves(self, path: str) -> tuple[Leaves, Leaves]:
        """The values at a rule's path in state and live: lists flattened, nulls and empty texts left out."""
        rest = _rest(self.place, path)
        if rest is None:
            return (), ()
        return tuple(_dig(self.state, rest)), tuple(_dig(self.live, rest))


def touches(place: str, path: str) -> bool:
    """Whether a change at `place` is at, or stands above, a rule's path (`tags.*`, `versioning.status`)."""
    return _rest(place, path) is not None


def blocks(value: object) -> list[Mapping[str, Any]]:
    """The nested blocks in `value`: the mappings of a list, or the one mapping; [] for anything else."""
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, Mapping)]


@lru_cache(maxsize=4096)
def _place(path: str) -> str:
    return _BRACKETS.sub("", path)


@lru_cache(maxsize=16384)
def _rest(place: str, path: str) -> tuple[str, ...] | None:
    """The steps from `place` down to `path`: () when they match, None when the one is not on the way to the other."""
    if fnmatchcase(place, path):
        return ()
    here, there = (place.split(".") if place else []), path.split(".")
    if len(here) < len(there) and all(map(fnmatchcase, here, there)):
        return tuple(there[len(here) :])
    return None


def _dig(value: object, steps: Sequence[str]) -> Iterator[object]:
    todo = [(value, 0)]
    while todo:
        item, depth = todo.pop()
        if isinstance(item, list | tuple):
            todo.extend((child, depth) for child in reversed(item))
        elif depth == len(steps):
            if not (item is None or item == "" or isinstance(item, Mark)):
                yield item
        elif isinstance(item, Mapping):
            todo.extend((item[key], depth + 1) for key in _keys(item, steps[depth]))


def _keys(item: Mapping[str, Any], step: str) -> list[str]:
    if step == "*":
        return list(item)
    return [step] if step in item else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _around(place: str, value: object) -> Mapping[str, Any]:
    if isinstance(value, Mark):
        return {}
    *outer, last = place.split(".")
    result: Mapping[str, Any] = {last: value}
    for name in reversed(outer):
        result = {name: result}
    return result
