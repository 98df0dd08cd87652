"""Findings to a plan: for each the strategy asked for or fitting best, in an order that respects dependencies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from driftgate.address import Address
from driftgate.finding import DriftClass, Finding
from driftgate.remediate.choice import Choose, by_default
from driftgate.remediate.step import Draft, Facts, Left, RemediationPlan, Risk, Step
from driftgate.remediate.strategies.accept import accept
from driftgate.remediate.strategies.adopt import adopt
from driftgate.remediate.strategies.forget import forget
from driftgate.remediate.strategies.ignore import ignore
from driftgate.remediate.strategies.move import move
from driftgate.remediate.strategies.revert import revert

Strategy = Callable[[Finding, Facts], Draft | str]
STRATEGIES: Mapping[str, Strategy] = {
    "revert": revert,
    "accept": accept,
    "adopt": adopt,
    "move": move,
    "forget": forget,
    "ignore": ignore,
}
Dependencies = Mapping[str, Mapping[str, frozenset[str]]]
"""By unit and resource (no keys, of modules neither): the resources that it depends on, as the state has it."""

Kind = tuple[str, bool]
"""The strategy, and whether it has a patch."""
RECORDS: Kind = ("accept", False)


def propose(
    findings: Iterable[Finding],
    facts: Facts,
    *,
    choose: Choose = by_default,
    dependencies: Dependencies | None = None,
    units: Sequence[str] = (),
) -> RemediationPlan:
    """A step for every finding that a strategy of its choice can close; the rest is left, with why.

    `units` is the order of an apply; units that it does not name come last, by name.
    """
    prepared = {fingerprint for found in facts.prepared.values() for fingerprint in found}
    wanted = [finding for finding in findings if finding.cls.is_drift or finding.fingerprint in prepared]
    steps: list[Step] = []
    left: list[Left] = []
    for finding in wanted:
        answers = {name: answer(finding, facts) for name, answer in STRATEGIES.items()}
        choice = choose(finding)
        chosen = next((name for name in choice.strategies if isinstance(answers[name], Draft)), None)
        if chosen is None:
            left.append(Left(finding, _reasons(answers), choice.why))
        else:
            steps.append(_step(finding, chosen, choice.why, answers, dependencies or {}))
    return RemediationPlan(tuple(_ordered(steps, dependencies or {}, units)), tuple(left))


def may_accept(finding: Finding, facts: Facts, choose: Choose) -> bool:
    """Whether a patch of the code may close the finding: it is chosen, and nothing that comes before it can."""
    if finding.cls is not DriftClass.REVERTED_BY_APPLY:
        return False
    for name in choose(finding).strategies:
        if name == "accept" or isinstance(STRATEGIES[name](finding, facts), Draft):
            return name == "accept"
    return False


def _step(
    finding: Finding, chosen: str, why: str, answers: Mapping[str, Draft | str], dependencies: Dependencies
) -> Step:
    draft = answers[chosen]
    assert isinstance(draft, Draft)
    others = tuple(
        (name, answer if isinstance(answer, str) else f"possible too: --strategy {name}")
        for name, answer in answers.items()
        if name != chosen
    )
    return Step(finding, chosen, draft, Risk(_impact(finding, dependencies), draft.destroys), others, why)


def _reasons(answers: Mapping[str, Draft | str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, answer if isinstance(answer, str) else f"possible: --strategy {name}")
        for name, answer in answers.items()
    )


def _impact(finding: Finding, dependencies: Dependencies) -> tuple[str, ...]:
    """Everything that depends on the finding's resource, directly or not."""
    unit = dependencies.get(finding.unit, {})
    found: set[str] = set()
    waiting = [_resource(finding)]
    while waiting:
        current = waiting.pop()
        new = {name for name, needs in unit.items() if current in needs} - found
        found |= new
        waiting.extend(new)
    return tuple(sorted(found))


def _ordered(steps: Sequence[Step], dependencies: Dependencies, units: Sequence[str]) -> list[Step]:
    """By unit, one that others wait for first; inside a unit what others depend on first, steps of one kind side by
    side where that allows it (they are taken together), else by address."""
    by_unit: dict[str, list[Step]] = {}
    for step in steps:
        by_unit.setdefault(step.finding.unit, []).append(step)
    place = {unit: number for number, unit in enumerate(units)}
    order = sorted(by_unit, key=lambda unit: (place.get(unit, len(place)), unit))
    return [step for unit in order for step in _inside(by_unit[unit], dependencies.get(unit, {}))]


def _inside(steps: Sequence[Step], needs: Mapping[str, frozenset[str]]) -> list[Step]:
    """What only records what is live comes last: a step before it may change what its object mirrors."""
    last = [step for step in steps if _kind(step) == RECORDS]
    return _by_need([step for step in steps if _kind(step) != RECORDS], needs) + _by_need(last, needs)


def _by_need(steps: Sequence[Step], needs: Mapping[str, frozenset[str]]) -> list[Step]:
    by_resource: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda step: _sort_key(step.finding)):
        by_resource.setdefault(_resource(step.finding), []).append(step)
    sorter = TopologicalSorter({name: needs.get(name, frozenset()) & by_resource.keys() for name in by_resource})
    sorter.prepare()
    place = {name: number for number, name in enumerate(by_resource)}
    kinds = {name: set(map(_kind, steps)) for name, steps in by_resource.items()}
    ready: set[str] = set()
    found: list[Step] = []
    while sorter.is_active():
        ready.update(sorter.get_ready())
        kind = _kind(found[-1]) if found else ("", False)
        name = min(ready, key=lambda name: (kind not in kinds[name], place[name]))
        ready.remove(name)
        sorter.done(name)
        found += sorted(by_resource[name], key=lambda step: (_kind(step) != kind, _kind(step)))
    return found


def _kind(step: Step) -> Kind:
    """Steps of one kind are taken in the same way."""
    return step.strategy, bool(step.draft.patch)


def _resource(finding: Finding) -> str:
    try:
        return str(Address.parse(finding.address.partition(" (deposed")[0]).config_resource)
    except ValueError:
        return finding.address


def _sort_key(finding: Finding) -> tuple[object, ...]:
    try:
        return (0, *Address.parse(finding.address).sort_key)
    except ValueError:
        return (1, finding.address)
