"""A severity rule, and the few shapes most rules have: a switch, a limit, a rank, a list, a plain change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from driftgate.drift.severity.facts import Facts, Leaves, touches
from driftgate.drift.severity.reading import numbers, switch
from driftgate.finding import DriftClass, Severity

Verdict = tuple[Severity, str]
Compare = Callable[[Leaves, Leaves], Verdict | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Judges changes at `paths` (no indices) of resources of `types`, both globs, with spaces between.

    `judge` gives None where the rule has nothing to say. `says` is its line in docs/severity.md.
    """

    types: str
    paths: str
    judge: Callable[[Facts], Verdict | None]
    says: str


def gravest_verdict(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """The first of the gravest verdicts, None when there is none."""
    return max((v for v in verdicts if v is not None), key=lambda v: v[0], default=None)


def by_leaf(types: str, paths: str, compare: Compare, says: str) -> Rule:
    """A rule that compares the values at each of its paths, state against live."""

    globs = paths.split()

    def judge(facts: Facts) -> Verdict | None:
        return gravest_verdict(compare(*facts.leaves(path)) for path in globs if touches(facts.place, path))

    return Rule(types, paths, judge, says)


def guard(types: str, paths: str, off: Severity, what: str) -> Rule:
    """A switch that protects: off is `off`, on is info. A block that went away counts as off."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = [switch(v) for v in old], [switch(v) for v in new]
        if True in was and (not now or _count(now, False) > _count(was, False)):
            return off, f"{what} switched off"
        if True in now and (not was or _count(now, False) < _count(was, False)):
            return Severity.INFO, f"{what} switched on"
        return None

    return by_leaf(types, paths, compare, f"{what} off: {off}; on: info")


def risk(types: str, paths: str, on: Severity, what: str) -> Rule:
    """A switch that exposes: on is `on`, off is low."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = (_count([switch(v) for v in values], True) for values in (old, new))
        if now > was:
            return on, f"{what} switched on"
        return (Severity.LOW, f"{what} switched off") if now < was else None

    return by_leaf(types, paths, compare, f"{what} on: {on}; off: low")


def floor(types: str, paths: str, less: Severity, what: str, *, zero_is_forever: bool = False) -> Rule:
    """A number that protects: less of it (or none) is `less`, more is info."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = _least(old, zero_is_forever), _least(new, zero_is_forever)
        if now == was:
            return None
        if was is not None and (now is None or now < was):
            return less, f"{what} shortened" if now else f"{what} removed"
        return Severity.INFO, f"{what} extended"

    return by_leaf(types, paths, compare, f"{what} less: {less}; more: info")


def ceiling(types: str, paths: str, more: Severity, what: str) -> Rule:
    """A number that limits: more of it (or no limit) is `more`, less is info."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = max(numbers(old), default=None), max(numbers(new), default=None)
        if now == was:
            return None
        if was is not None and (now is None or now > was):
            return more, f"{what} raised"
        return Severity.INFO, f"{what} lowered"

    return by_leaf(types, paths, compare, f"{what} more: {more}; less: info")


def ranked(types: str, paths: str, order: str, weaker: Severity, what: str) -> Rule:
    """A word of an order, weakest first: a weaker one is `weaker`, a stronger one info. Unknown words say nothing."""
    ranks = {word: rank for rank, word in enumerate(order.lower().split())}
    return by_rank(types, paths, lambda word: ranks.get(word.lower()), weaker, what)


def by_rank(types: str, paths: str, rank: Callable[[str], int | None], weaker: Severity, what: str) -> Rule:
    """As `ranked`, with the strength of a word computed by `rank` (higher is stronger, None is unknown)."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = ([rank(v[:80]) for v in side if isinstance(v, str)] for side in (old, new))
        before, after = _weakest(was), _weakest(now)
        if before is None or after is None or before == after:
            return None
        return (weaker, f"{what} weakened") if after < before else (Severity.INFO, f"{what} strengthened")

    return by_leaf(types, paths, compare, f"{what} weaker: {weaker}; stronger: info")


def members(types: str, paths: str, added: Severity, removed: Severity, what: str) -> Rule:
    """A list of names: one added is `added`, else one removed is `removed`."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = ({v for v in values if isinstance(v, str)} for values in (old, new))
        verdicts = (
            (added, f"{what} added") if now - was else None,
            (removed, f"{what} removed") if was - now else None,
        )
        return gravest_verdict(verdicts)

    return by_leaf(types, paths, compare, f"{what} added: {added}; removed: {removed}")


def kept(types: str, paths: str, removed: Severity, replaced: Severity, what: str) -> Rule:
    """The name of something that protects: gone is `removed`, another one `replaced`, a first one info."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = ({v for v in values if isinstance(v, str)} for values in (old, new))
        if was == now:
            return None
        if was and not now:
            return removed, f"{what} removed"
        return (replaced, f"{what} replaced") if was else (Severity.INFO, f"{what} set")

    return by_leaf(types, paths, compare, f"{what} removed: {removed}; replaced: {replaced}; set: info")


def changed(types: str, paths: str, severity: Severity, what: str) -> Rule:
    """Any change, no direction; a step lower when the code does not set it, since then nobody asked for a value."""

    globs = paths.split()

    def judge(facts: Facts) -> Verdict | None:
        if facts.cls is DriftClass.UNMANAGED or all(_same(*facts.leaves(path)) for path in globs):
            return None
        outside = facts.cls is DriftClass.OUTSIDE_CODE and severity > Severity.LOW
        return Severity(severity - 1) if outside else severity, f"{what} changed"

    return Rule(types, paths, judge, f"{what} changed: {severity}")


def _weakest(ranks: list[int | None]) -> int | None:
    known = [rank for rank in ranks if rank is not None]
    return min(known) if known and len(known) == len(ranks) else None


def _count(switches: list[bool | None], value: bool) -> int:
    return sum(s is value for s in switches)


def _least(values: Leaves, zero_is_forever: bool) -> int | float | None:
    found = numbers(values)
    return min((float("inf") if n == 0 and zero_is_forever else n for n in found), default=None)


def _same(old: Leaves, new: Leaves) -> bool:
    return old == new
