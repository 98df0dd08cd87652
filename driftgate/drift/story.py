"""The few words that say why an attribute or a finding is what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from driftgate.drift.attributes import Judged
from driftgate.drift.causes import Draft, Upstream, cause
from driftgate.drift.instances import Instance
from driftgate.drift.severity.judge import DEFAULTS
from driftgate.finding import DriftClass
from driftgate.tfexec.plan import Plan

# Source: `action_reason` in https://developer.hashicorp.com/terraform/internals/json-format.
ACTION_REASONS = {
    "delete_because_no_resource_config": "removed from code",
    "delete_because_no_module": "its module is removed from code",
    "delete_because_wrong_repetition": "its count or for_each was added or removed in code",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is not in for_each any more",
    "delete_because_no_move_target": "moved to an address that the code does not have",
    "replace_because_tainted": "tainted: an earlier apply did not finish it",
    "replace_by_request": "replacement was asked for",
    "replace_by_triggers": "replaced by replace_triggered_by",
}
_ACTIONS = {
    ("create",): "to be created",
    ("delete",): "apply destroys it",
    ("forget",): "apply forgets it, the object stays",
    ("update",): "apply updates it in place",
}


def attribute_reason(item: Judged, why: str) -> str:
    """Why the class, then why the severity; the defaults of a class only where nothing better is known."""
    default = DEFAULTS[item.cls][1]
    return "; ".join(text for text in (item.reason, why if why != default else "") if text) or default


def finding_reason(draft: Draft, judged: Iterable[Judged], world: Upstream, plan: Plan) -> str:
    """What happens to the object as a whole, "" where its attributes say everything."""
    instance = draft.instance
    parts = [*_history(instance), *_future(draft, list(judged), world, plan)]
    return "; ".join(dict.fromkeys(parts))


def _history(instance: Instance) -> Iterator[str]:
    if instance.deposed:
        yield "left over from an interrupted replacement"
    if instance.previous_address:
        yield f"moved from {instance.previous_address}"
    if instance.imported:
        yield "to be imported"


def _future(draft: Draft, judged: list[Judged], world: Upstream, plan: Plan) -> Iterator[str]:
    instance = draft.instance
    if instance.missing:
        yield from _missing(instance, world, plan)
        return
    if instance.action_reason in ACTION_REASONS:
        yield ACTION_REASONS[instance.action_reason]
    if instance.replaced:
        yield _replacement(instance, judged)
    elif any(not item.difference.steps for item in judged) and instance.actions in _ACTIONS:
        yield _ACTIONS[instance.actions]


def _missing(instance: Instance, world: Upstream, plan: Plan) -> Iterator[str]:
    yield "gone from the cloud"
    upstream = cause(world, instance.address, ())
    if upstream and upstream != instance.address:
        yield f"so is {upstream}, which it refers to"
    if "create" in instance.actions:
        yield "apply creates it again"
    elif not instance.deposed and not plan.errored and not world.configuration.has(instance.place):
        yield "also removed from code"


def _replacement(instance: Instance, judged: list[Judged]) -> str:
    """Who forces a replacement: the drift, the code, or a change upstream."""
    forcing = {path[0] for path in instance.replace_paths if path}
    named = [item for item in judged if item.difference.steps and item.difference.steps[0] in forcing]
    if any(item.cls.is_drift for item in named):
        return "drift forces replacement"
    follows = [item.follows for item in named if item.follows]
    if follows and not any(item.cls is DriftClass.PENDING for item in named):
        return f"replaced because {follows[0]} drifted"
    return "the code change forces replacement" if named else "apply replaces it"
