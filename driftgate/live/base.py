"""The seam for reading what exists now: a reader turns a unit into a `Reading`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Plan
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader saw of a unit.

    `plan` carries state, live and planned values, None when nothing could be read. `errors` say what could not be
    read; with a plan beside them the rest of the unit was read all the same. `notes` are sentences worth showing.
    `planner` says what planned, where there was a choice.
    """

    plan: Plan | None
    errors: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    planner: str = ""


class LiveReader(Protocol):
    """Reads one unit; `on_read` is called with each address as it has been refreshed. Never writes anything."""

    def __call__(self, unit: Unit, on_read: Callable[[str], None]) -> Reading: ...
