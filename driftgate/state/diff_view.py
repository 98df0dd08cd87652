"""A diff of two states as a JSON tree for people and programs, without the states' secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from driftgate.attribute_path import same
from driftgate.finding import Mark
from driftgate.safety.redact import CHANGED, MASK, Redactor
from driftgate.state.diff import Change, InstanceChange, OutputChange, StateDiff, ValueChange
from driftgate.state.file import Instance, StateFile
from driftgate.state.secrets import learn, masked_attributes
from driftgate.state.snapshot import SnapshotMeta

FORMAT_VERSION = "1.0"


def redactor_of(*states: StateFile | None) -> Redactor:
    """A Redactor that knows the secrets of all these states."""
    redactor = Redactor()
    learn(redactor, *(state for state in states if state is not None))
    return redactor


def diff_tree(diff: StateDiff, redactor: Redactor) -> dict[str, Any]:
    """What `dg state diff -o json` prints; `redactor` knows the secrets of both states (`redactor_of`).

    Values stand at changed attributes and outputs only; `before` or `after` is missing where there is no value. A
    secret that changed is `(sensitive)` before and `(sensitive, changed)` after.
    """
    return {
        "format_version": FORMAT_VERSION,
        "before": _meta(diff.before),
        "after": _meta(diff.after),
        "relation": diff.after.relation_to(diff.before).name.lower() if diff.before and diff.after else None,
        "summary": {**{str(change): diff.count(change) for change in Change}, "outputs": len(diff.outputs)},
        "resources": [_instance(item, redactor) for item in diff.instances],
        "outputs": [_output(item, redactor) for item in diff.outputs],
    }


def _meta(meta: SnapshotMeta | None) -> dict[str, Any] | None:
    if meta is None:
        return None
    return {"serial": meta.serial, "lineage": meta.lineage, "terraform_version": meta.terraform_version}


def _instance(item: InstanceChange, redactor: Redactor) -> dict[str, Any]:
    resource = item.instance.resource
    moved_provider = "provider" in item.metadata
    return {
        "address": _address(item.instance, redactor),
        "previous_address": _address(item.before, redactor) if item.before and item.change is Change.MOVED else None,
        "deposed": item.instance.deposed or None,
        "change": str(item.change),
        "mode": resource.mode,
        "type": resource.type,
        "provider": resource.provider or "",
        "previous_provider": (item.before.resource.provider or "") if item.before and moved_provider else None,
        "id": _id(item.instance, redactor),
        "tainted": item.instance.tainted,
        "attributes": _attributes(item, redactor),
        "metadata": list(item.metadata),
    }


def _address(instance: Instance, redactor: Redactor) -> str:
    return redactor.text(str(instance.address))  # an instance key can be a secret


def _id(instance: Instance, redactor: Redactor) -> str | None:
    found = masked_attributes(redactor, instance).get("id")
    return found if isinstance(found, str) else None


def _attributes(item: InstanceChange, redactor: Redactor) -> list[dict[str, Any]]:
    if not item.attributes or item.before is None or item.after is None:
        return []
    before, after = (masked_attributes(redactor, side) for side in (item.before, item.after))
    return [_value(change, before, after, redactor) for change in item.attributes]


def _value(change: ValueChange, before: object, after: object, redactor: Redactor) -> dict[str, Any]:
    left = _masked(before, change.steps, change.before)
    right = _masked(after, change.steps, change.after)
    return {"path": redactor.text(change.path), **_sides(left, right, differ=True)}


def _sides(left: object, right: object, *, differ: bool) -> dict[str, Any]:
    """The two values, already masked; when they `differ` only in what is masked, the second says so."""
    if differ and left == right:
        right = CHANGED
    sides = {"before": left, "after": right}
    return {name: value for name, value in sides.items() if value is not Mark.ABSENT}


def _masked(tree: object, steps: Iterable[str | int], value: object) -> object:
    """What stands at `steps` in the masked tree; where a parent or a key is masked, the mask."""
    if value is None or value is Mark.ABSENT:
        return value
    for step in steps:
        if isinstance(tree, dict) and step in tree:
            tree = tree[str(step)]
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return MASK
    return tree


def _output(item: OutputChange, redactor: Redactor) -> dict[str, Any]:
    left, right = (
        Mark.ABSENT if side is None else msgspec.json.decode(side.value) for side in (item.before, item.after)
    )
    # Marked on one side is marked on both: a value that stops being sensitive was a secret.
    sensitive = any(side.sensitive for side in (item.before, item.after) if side)
    masked = (
        side if side is Mark.ABSENT else redactor.value(item.name, side, sensitive=sensitive) for side in (left, right)
    )
    sides = _sides(*masked, differ=not same(left, right))
    return {"name": redactor.text(item.name), "change": str(item.change), "sensitive": sensitive, **sides}
