"""What adoption is about: the objects wanted, what became of each, and the repo around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.address import Address
from driftgate.discover.module import Module
from driftgate.live.base import Reading
from driftgate.remediate.adopt.shape import Shape
from driftgate.remediate.trace.wanted import Change
from driftgate.tfexec.schema import Body

PlanCopy = Callable[[Path, Path | None], Reading]
"""Plans the unit in the copy of the repo at a root; configuration that imports lack is generated into a new file."""
Templates = Callable[..., str]
"""Fills the template of this name with what is given by keyword."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object to adopt: its type and import ID, and the address it is to have, None where that is ours to choose."""

    type: str
    id: str
    address: Address | None = None

    def __str__(self) -> str:
        return f"{self.address or self.type}={self.id}"


@dataclass(frozen=True, slots=True)
class Adopted:
    """An object whose import changes nothing. `ignored` are arguments that the code cannot say."""

    wanted: Wanted
    address: Address
    file: str
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotAdopted:
    """An object that is not offered, and why; `absent`: because there is none."""

    wanted: Wanted
    reason: str
    next_step: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """What can be adopted, what cannot, the files before and after, and how many plans it took.

    `changes` are the import blocks of objects whose own blocks the code has.
    """

    adopted: tuple[Adopted, ...] = ()
    left: tuple[NotAdopted, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    plans: int = 0
    changes: Mapping[Wanted, Change] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What adoption works with: the repo, the unit's root module, plans and schemas of it, and the templates."""

    root: Path
    module: Module
    plan: PlanCopy
    schemas: Callable[[set[str]], Mapping[str, Body]]
    templates: Templates


@dataclass(slots=True)
class Item:
    """An object on its way. `shape` is None where the code has its block already; `left` says why it is given up."""

    wanted: Wanted
    address: Address
    has_block: bool
    shape: Shape | None = None
    left: NotAdopted | None = None

    def give_up(self, reason: str, next_step: str = "", *, absent: bool = False) -> None:
        self.left = self.left or NotAdopted(self.wanted, reason, next_step, absent)


def open_items(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.left is None]
