"""Every resource instance a plan speaks of, with the object as recorded, as read and as planned side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from driftgate.address import Address
from driftgate.finding import Mark
from driftgate.tfexec.plan import Change, Plan, ResourceChange

UNPLANNED = Change(actions=(), after_unknown=True)


@dataclass(frozen=True, slots=True)
class Instance:
    """A managed resource instance. `state`, `live`, `planned` are the whole object or None where there is none.

    `planned` is Mark.UNKNOWN when the plan did not get as far as this instance. `sensitive` are parallel trees of
    `true`. `actions` is empty for an instance that the plan names nowhere but in its prior state.
    """

    place: Address
    state: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    planned: Any
    actions: tuple[str, ...] = ()
    deposed: str | None = None
    previous_address: str | None = None
    action_reason: str | None = None
    imported: bool = False
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    sensitive: tuple[Any, ...] = ()

    @property
    def address(self) -> str:
        return str(self.place)

    @property
    def type(self) -> str:
        return self.place.type

    @property
    def label(self) -> str:
        """The address as findings carry it, with the deposed key where there is one."""
        return f"{self.address} (deposed {self.deposed})" if self.deposed else self.address

    @property
    def missing(self) -> bool:
        return self.state is not None and self.live is None

    @property
    def replaced(self) -> bool:
        return len(self.actions) == 2


def instances(plan: Plan) -> tuple[Instance, ...]:
    """The managed instances and deposed objects of `plan`, in address order."""
    drift = {(item.address, item.deposed): item for item in plan.resource_drift if item.mode == "managed"}
    planned = {(item.address, item.deposed): item for item in plan.resource_changes if item.mode == "managed"}
    found = {key: _joined(drift.get(key), planned.get(key)) for key in drift.keys() | planned.keys()}
    for address, values in _prior(plan.prior_state.get("values", {}).get("root_module", {})):
        if (address, None) not in found and values["mode"] == "managed":
            found[address, None] = _unchanged(values)
    return tuple(sorted(found.values(), key=lambda item: (item.place.sort_key, item.deposed or "")))


def _joined(drift: ResourceChange | None, planned: ResourceChange | None) -> Instance:
    named = planned or drift
    assert named is not None
    change = planned.change if planned else UNPLANNED
    live = change.before if planned else None
    if drift:
        live = drift.change.after
    return Instance(
        place=Address.parse(named.address),
        state=drift.change.before if drift else live,
        live=live,
        planned=overlay(change.after, change.after_unknown),
        actions=change.actions,
        deposed=named.deposed,
        previous_address=named.previous_address,
        action_reason=named.action_reason,
        imported=change.importing is not None,
        replace_paths=change.replace_paths,
        sensitive=(*_marks(drift.change if drift else None), *_marks(change)),
    )


def _marks(change: Change | None) -> tuple[Any, ...]:
    return (change.before_sensitive, change.after_sensitive) if change else ()


def _unchanged(resource: dict[str, Any]) -> Instance:
    values = resource.get("values", {})
    return Instance(
        place=Address.parse(resource["address"]),
        state=values,
        live=values,
        planned=Mark.UNKNOWN,
        sensitive=(resource.get("sensitive_values", False),),
    )


def _prior(module: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in module.get("resources", ()):
        if "deposed_key" not in resource:
            yield resource["address"], resource
    for child in module.get("child_modules", ()):
        yield from _prior(child)


def overlay(value: Any, unknown: Any) -> Any:
    """`value` with Mark.UNKNOWN wherever the parallel tree `unknown` says true (JSON plan `after_unknown`)."""
    if unknown is True:
        return Mark.UNKNOWN
    if isinstance(unknown, dict) and _holds_true(unknown):
        known = value if isinstance(value, dict) else {}
        added = {key for key, tree in unknown.items() if _holds_true(tree)}
        return {key: overlay(known.get(key), unknown.get(key)) for key in known.keys() | added}
    if isinstance(unknown, list) and isinstance(value, list):
        return [overlay(item, mark) for item, mark in zip_longest(value, unknown[: len(value)])]
    return value


def _holds_true(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(map(_holds_true, tree.values()))
    return any(map(_holds_true, tree)) if isinstance(tree, list) else tree is True


def is_sensitive(trees: tuple[Any, ...], steps: tuple[str | int, ...]) -> bool:
    """Whether any of the trees marks the value at `steps`, something it stands in, or something inside it."""
    return any(_marked(tree, steps) for tree in trees)


def _marked(tree: Any, steps: tuple[str | int, ...]) -> bool:
    if tree is True or not steps:
        return _holds_true(tree)
    step, rest = steps[0], steps[1:]
    if isinstance(tree, dict):
        return _marked(tree.get(str(step)), rest)
    if isinstance(tree, list) and isinstance(step, int):
        return step < len(tree) and _marked(tree[step], rest)
    return False
