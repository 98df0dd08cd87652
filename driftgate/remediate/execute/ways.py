"""How each strategy is executed, as a literal table, and what a saved plan does, in its words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from driftgate.finding import DriftClass, Finding, Mark
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.recorded import only_records
from driftgate.tfexec.plan import Plan, ResourceChange


@dataclass(frozen=True, slots=True)
class Way:
    """What a step does, in this order: `patch` its files, `edit` state or .driftignore, `plan` and apply that plan.

    The plan may do at the steps' addresses what `may` names, and nothing anywhere else. `state_only`: nothing but the
    state changes outside the repo, so putting the state back undoes it.
    """

    patch: bool = False
    edit: Literal["", "forget", "ignore"] = ""
    plan: Literal["", "normal", "refresh-only"] = ""
    may: frozenset[str] = frozenset()
    state_only: bool = False

    @property
    def shared(self) -> bool:
        """Whether several steps may be taken at once: a patch is one of the text that the step before it left."""
        return not self.patch and self.edit != "ignore"


WAYS: Mapping[str, Way] = {
    "revert": Way(plan="normal", may=frozenset({"create", "update", "replace", "delete"})),
    "accept": Way(patch=True),
    "refresh": Way(plan="refresh-only", state_only=True),
    "forget": Way(edit="forget", state_only=True),
    "ignore": Way(edit="ignore"),
    "adopt": Way(patch=True, plan="normal", may=frozenset({"import"}), state_only=True),
    "move": Way(patch=True, plan="normal", may=frozenset({"move"}), state_only=True),
    "release": Way(patch=True, plan="normal", may=frozenset({"forget"}), state_only=True),
}
"""By strategy; `refresh` is an accept without a patch, `release` a forget with one."""
_OTHER_WAYS = {("accept", False): "refresh", ("forget", True): "release", ("ignore", True): "accept"}
"""By strategy and whether it has a patch."""

DESTROYS = frozenset({"delete", "replace"})
_QUIET = frozenset({"no-op", "read"})
_CHANGED = frozenset({DriftClass.REVERTED_BY_APPLY, DriftClass.PENDING, DriftClass.IGNORED})


def way_of(step: DocumentStep) -> Way | None:
    """How the step is executed; None for a strategy that this version does not know."""
    return WAYS.get(_OTHER_WAYS.get((step.strategy, bool(step.patch)), step.strategy))


def act_of(change: ResourceChange) -> str:
    """What the plan does with one object in a word: `no-op`, `read`, `create`, `update`, `replace`, `delete`, `import`
    and `move` where that is all, `forget`."""
    actions = set(change.change.actions)
    if actions >= {"delete", "create"}:
        return "replace"
    if change.change.importing is not None and only_records(change.change):
        return "import"
    if actions <= _QUIET:
        if change.change.importing is not None:
            return "import"
        moved = change.previous_address not in (None, change.address)
        return "move" if moved else next(iter(change.change.actions), "no-op")
    return change.change.actions[0]


def label_of(change: ResourceChange) -> str:
    """How the object is called."""
    return f"{change.address} (deposed {change.deposed})" if change.deposed else change.address


def acts(plan: Plan) -> Iterator[tuple[str, ResourceChange]]:
    """Everything that applying the plan would do, in its order."""
    for change in plan.resource_changes:
        act = act_of(change)
        if act not in _QUIET:
            yield act, change


def changes_of(finding: Finding) -> tuple[str, ...]:
    """The paths of the attributes that the next apply changes, sorted."""
    return tuple(
        sorted(
            a.path
            for a in finding.attributes
            if a.cls in _CHANGED and (a.planned is Mark.UNKNOWN or a.planned != a.live)
        )
    )
