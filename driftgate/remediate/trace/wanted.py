"""What a trace looks for, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftgate.attribute_path import Steps
from driftgate.finding import Mark
from driftgate.hcl.edit import Edit, overlap
from driftgate.remediate.trace.site import CannotTraceError, Site

DEEPEST = 40
ABSENT = Mark.ABSENT


@dataclass(frozen=True, slots=True)
class Change:
    """Edits in one file of the repo that give an attribute its value; `trail` says how the value got from there."""

    path: str
    text: str
    edits: tuple[Edit, ...]
    trail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value that is wanted at `steps` inside an expression; ABSENT takes the element out.

    `was` is what the code gives for it now, ABSENT where that is not known. `document` follows the text that a data
    source makes of its blocks: by the module's site and the path to the text.
    """

    steps: Steps
    value: Any
    trail: tuple[str, ...] = ()
    depth: int = 0
    was: Any = ABSENT
    document: Callable[[Site, Steps, Wanted], Change] | None = None

    def down(self, *, steps: Steps | None = None, value: Any = ..., trail: str = "") -> Wanted:
        """One level further."""
        if self.depth >= DEEPEST:
            raise CannotTraceError("the value comes through too many steps")
        return Wanted(
            self.steps if steps is None else steps,
            self.value if value is ... else value,
            (*self.trail, trail) if trail else self.trail,
            self.depth + 1,
            self.was,
            self.document,
        )


def together(changes: Sequence[Change]) -> Change:
    """Several changes of one file as one. Raises CannotTraceError when they are in several, or want the same place."""
    first, *more = changes
    if any(change.path != first.path for change in more):
        raise CannotTraceError(f"the change is partly in {first.path}, partly in {more[-1].path}")
    edits = [edit for change in changes for edit in change.edits]
    if overlap(edits):
        raise CannotTraceError(f"several parts of the change are at one place in {first.path}")
    return replace(first, edits=tuple(dict.fromkeys(edits)))
