"""The class of each attribute of one instance, from the three values alone; what follows from elsewhere comes later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from driftgate.attribute_path import Steps, same
from driftgate.drift.configuration import Configuration, is_expression, references
from driftgate.drift.instances import Instance
from driftgate.drift.noise.form import same_but_for_form
from driftgate.drift.noise.mirrors import Children, mirrored, sets
from driftgate.drift.noise.repeats import repeated_map, twin
from driftgate.drift.noise.volatile import is_volatile
from driftgate.drift.paths import Difference, differences
from driftgate.drift.source import SourceBlock, ignores
from driftgate.finding import DriftClass, Mark


@dataclass(frozen=True, slots=True)
class Judged:
    """A difference with its class and why. `follows` is the address of the drift that a computed one comes from."""

    difference: Difference
    cls: DriftClass
    reason: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance and what is known around it."""

    instance: Instance
    configuration: Configuration
    children: Children
    block: SourceBlock | None = None


def judge_attributes(subject: Subject) -> tuple[Judged, ...]:
    """Every attribute that differs, by path; but not what no code sets and is merely known after apply."""
    found = tuple(_differences(subject.instance))
    judged = (_judge(subject, difference, found) for difference in found)
    return tuple(sorted((item for item in judged if item), key=lambda item: item.difference.path))


def _differences(instance: Instance) -> Iterator[Difference]:
    whole = sets(instance.type)
    if _compared_to_plan(instance):
        yield from differences(instance.state, instance.live, instance.planned, whole=whole)
        return
    for item in differences(instance.state, instance.live, instance.live, whole=whole):
        yield replace(item, planned=Mark.UNKNOWN if instance.planned is Mark.UNKNOWN else item.live)


def _compared_to_plan(instance: Instance) -> bool:
    return isinstance(instance.planned, dict)


def _judge(subject: Subject, difference: Difference, found: tuple[Difference, ...]) -> Judged | None:
    original = repeated_map(difference, found)
    if original is not None:
        return Judged(difference, DriftClass.COMPUTED, f"repeats {original.path}")
    form = _form(difference.state, difference.live, difference, ordered=True)
    if difference.drifted and form is None:
        return _drift(subject, difference, found)
    if difference.planned_differs and not _unplanned(subject):
        return _code(subject, difference)
    return Judged(difference, DriftClass.COMPUTED, form or "")


def _drift(subject: Subject, difference: Difference, found: tuple[Difference, ...]) -> Judged:
    if _apply_changes(subject, difference):
        return Judged(difference, DriftClass.REVERTED_BY_APPLY, _reverted(subject, difference))
    noise, rest = _noise(subject, difference)
    if noise:
        return Judged(difference, DriftClass.COMPUTED, noise)
    original = None if _set_in_code(subject, difference.steps) else twin(difference, _coded(subject, found))
    if original:
        return Judged(difference, DriftClass.COMPUTED, f"repeats {original.path}")
    return Judged(rest, DriftClass.OUTSIDE_CODE, _outside(subject, rest))


def _coded(subject: Subject, found: tuple[Difference, ...]) -> Iterator[Difference]:
    return (item for item in found if _set_in_code(subject, item.steps))


def _noise(subject: Subject, difference: Difference) -> tuple[str, Difference]:
    """Why a live value the plan leaves alone is no drift, or "" and what of the difference is."""
    order = _form(difference.state, difference.live, difference, ordered=False)
    if order:
        return order, difference
    mirror = mirrored(subject.instance, difference, subject.children)
    if mirror and mirror.rest is None:
        return f"mirrors {_some(mirror.children)}", difference
    if is_volatile(subject.instance.type, _place(difference.steps)):
        return "changes by itself", difference
    return "", mirror.rest if mirror and mirror.rest else difference


def _some(addresses: tuple[str, ...]) -> str:
    rest = len(addresses) - 2
    return f"{', '.join(addresses[:2])} and {rest} more" if rest > 0 else ", ".join(addresses)


def _apply_changes(subject: Subject, difference: Difference) -> bool:
    """Whether the next apply would write something else over the live value."""
    if _unplanned(subject):
        return _set_in_code(subject, difference.steps) and not _accepted(subject, difference)
    if unknown_only(difference.live, difference.planned):
        return difference.planned_differs and _set_in_code(subject, difference.steps)
    return _form(difference.live, difference.planned, difference, ordered=True) is None and difference.planned_differs


def _accepted(subject: Subject, difference: Difference) -> bool:
    """Without a plan for the instance: whether the code is seen to ignore or to agree with the live value."""
    node = _expression(subject, difference.steps)
    agrees = isinstance(node, dict) and "constant_value" in node and _constant_is(node, difference)
    return agrees or ignores(subject.block, difference.steps)


def _constant_is(node: Mapping[str, object], difference: Difference) -> bool:
    return same(node["constant_value"], difference.live)


def _reverted(subject: Subject, difference: Difference) -> str:
    if _unplanned(subject):
        return "set in code; the plan did not get to it"
    if unknown_only(difference.live, difference.planned):
        return "set in code, to a value known after apply"
    again = same(difference.state, difference.planned) or _form(
        difference.state, difference.planned, difference, ordered=True
    )
    return "" if again else "the code changed too"


def _outside(subject: Subject, difference: Difference) -> str:
    """Why the next apply leaves a drifted value as it is."""
    if subject.instance.actions == ("forget",):
        return "removed from code; apply forgets it"
    if ignores(subject.block, difference.steps):
        return "ignored by lifecycle.ignore_changes"
    if not _set_in_code(subject, difference.steps):
        return "not set in code"
    node = _expression(subject, difference.steps)
    if isinstance(node, dict) and "constant_value" in node and not _constant_is(node, difference):
        return "set in code, but apply keeps the live value"
    return "code already agrees, the state is behind"


def _code(subject: Subject, difference: Difference) -> Judged | None:
    """State and live agree and the plan differs: pending, unless nothing is meant by it."""
    expression = _expression(subject, difference.steps)
    if unknown_only(difference.live, difference.planned):
        if not references(expression) and not _in_source(subject, difference.steps, expression):
            return None
        return Judged(difference, DriftClass.PENDING, "known after apply")
    form = _form(difference.live, difference.planned, difference, ordered=True)
    if form:
        return Judged(difference, DriftClass.COMPUTED, form)
    if expression is None and is_volatile(subject.instance.type, _place(difference.steps)):
        return Judged(difference, DriftClass.COMPUTED, "changes by itself")
    return Judged(difference, DriftClass.PENDING)


def unknown_only(live: object, planned: object) -> bool:
    """Whether the planned value is the live one as far as it is known before apply."""
    if planned is Mark.UNKNOWN:
        return True
    if isinstance(live, dict) and isinstance(planned, dict):
        return live.keys() == planned.keys() and all(unknown_only(live[key], planned[key]) for key in live)
    if isinstance(live, list) and isinstance(planned, list):
        return len(live) == len(planned) and all(map(unknown_only, live, planned))
    return same(live, planned)


def _form(left: object, right: object, difference: Difference, *, ordered: bool) -> str | None:
    names = [step for step in difference.steps if isinstance(step, str)]
    return same_but_for_form(left, right, names[-1] if names else "", ordered=ordered)


def _place(steps: Steps) -> str:
    return ".".join(step for step in steps if isinstance(step, str))


def _unplanned(subject: Subject) -> bool:
    return subject.instance.planned is Mark.UNKNOWN


def _expression(subject: Subject, steps: Steps) -> object:
    return subject.configuration.expression(subject.instance.place, steps)


def _set_in_code(subject: Subject, steps: Steps) -> bool:
    expression = _expression(subject, steps)
    return expression is not None or _in_source(subject, steps, expression)


def _in_source(subject: Subject, steps: Steps, expression: object) -> bool:
    """Whether the source sets what the plan's configuration does not show, as a dynamic block."""
    if expression is not None and is_expression(expression):
        return False
    shown = _expression(subject, steps[:1]) is not None
    return subject.block is not None and not shown and str(steps[0]) in subject.block.sets
