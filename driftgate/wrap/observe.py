"""The gate in `observe`: what it would have blocked, told from what the run did to the state. Costs no plan."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.settings.schema import GateSettings
from driftgate.state.diff import Change, StateDiff
from driftgate.wrap.account import Warned
from driftgate.wrap.gate import Block, protected, too_many

GONE = (Change.REMOVED, Change.REPLACED)


def would_have_blocked(diff: StateDiff, gate: GateSettings) -> Iterator[Warned]:
    """One warning for each rule that the run has broken; drift can only be judged from a plan."""
    if gate.mode == "observe":
        yield from (Warned(f"the gate would have blocked this: {b.message} ({b.rule})") for b in _blocks(diff, gate))


def _blocks(diff: StateDiff, gate: GateSettings) -> Iterator[Block]:
    lost = [item.before for item in diff.instances if item.change in GONE and item.before is not None]
    gone = [instance.label for instance in lost if instance.resource.mode == "managed"]
    yield from too_many(len(gone), gate)
    moved = [item.before.label for item in diff.instances if item.change is Change.MOVED and item.before is not None]
    yield from protected([*gone, *moved], gate)
    if gate.approval and diff:
        yield Block("gate.approval", "every plan that changes something needs an approval")
