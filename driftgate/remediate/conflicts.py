"""Objects that two states hold: each apply of one would fight the other's. Which state should keep them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.remediate.options import of_unit

_CLOUD_MADE = re.compile(r"[a-z]+-[0-9a-f]{8,}|/subscriptions/.*|projects/.*|arn:.*")
"""IDs that no two objects share; names are shared by accounts and regions."""


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """A state that holds an object, and whether the unit's code has its block."""

    unit: str
    workspace: str
    address: str
    in_code: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """One object in several states. `keep` is the holder that should have it, None where the code does not tell."""

    type: str
    id: str
    holders: tuple[Holder, ...]

    @property
    def keep(self) -> Holder | None:
        owners = [holder for holder in self.holders if holder.in_code]
        return owners[0] if len(owners) == 1 else None

    @property
    def advice(self) -> str:
        """What to do, in a sentence."""
        if self.keep is not None:
            return f"{self.keep.unit} should keep it, whose code has its block; take it out of the others"
        if any(holder.in_code for holder in self.holders):
            return "the code of several has its block: take it out of all but one, and out of their states"
        return "no code has its block: take it out of all but one state"

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """What takes it out of the states that should not have it; nothing where the code does not tell."""
        if self.keep is None:
            return ()
        others = (holder for holder in self.holders if holder != self.keep)
        return tuple(
            ("dg", "state", "rm", other.address, *of_unit(other.unit, other.workspace), "--yes") for other in others
        )


Instances = Iterable[tuple[str, str, Mapping[str, Any]]]
"""Address, type and attributes of the managed instances of a state."""


def conflicts(states: Mapping[tuple[str, str], Instances], in_code: Callable[[str, str], bool]) -> list[Conflict]:
    """The objects that more than one of the states (by unit and workspace) hold; `in_code` says whether the code of a
    unit has the block of an address."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for (unit, workspace), instances in states.items():
        for address, type, attributes in instances:
            id = identity(attributes)
            if id is not None:
                found.setdefault((type, id), []).append((unit, workspace, address))
    return [
        Conflict(type, id, tuple(Holder(*place, in_code(place[0], place[2])) for place in sorted(places)))
        for (type, id), places in sorted(found.items())
        if len({place[:2] for place in places}) > 1
    ]


def identity(attributes: Mapping[str, Any]) -> str | None:
    """What tells the object from all others of its type; None where only a name does."""
    for name in ("arn", "id"):
        value = attributes.get(name)
        if isinstance(value, str) and _CLOUD_MADE.fullmatch(value):
            return value
    return None
