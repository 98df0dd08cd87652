"""Which backups may go. Pure but for `good`, which looks into one when its fate hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from driftgate.safety.backups.archive import Kept
from driftgate.safety.trail.log import timestamp
from driftgate.safety.trail.refer import References

State = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a backup goes, and why it stays or goes."""

    kept: Kept
    goes: bool
    reason: str


def decide(
    backups: Iterable[Kept],
    *,
    keep_last: int,
    keep_days: int,
    now: datetime,
    referenced: References,
    good: Callable[[Kept], bool],
) -> tuple[Decision, ...]:
    """What becomes of each backup, sorted by state, newest first.

    Of each state (identity and lineage) stay the newest `keep_last`, all that are younger than `keep_days` and the one
    before them (made when it was new, it may have stood for months until then), the newest one that is `good`, and of
    every serial that the audit log speaks of at least one copy that is `good`, or all of them where none is.
    """
    after = _days_before(now, keep_days)
    decisions: list[Decision] = []
    newest_first = sorted(backups, key=lambda kept: (kept.label.created, kept.name), reverse=True)
    for _, group in groupby(sorted(newest_first, key=_state), key=_state):
        decisions += _of_one_state(list(group), keep_last, after, referenced, good)
    return tuple(decisions)


def _days_before(now: datetime, days: int) -> str:
    """That moment as labels have it, "" for one before the calendar begins."""
    try:
        return timestamp(now - timedelta(days=days))
    except OverflowError:
        return ""


def _of_one_state(
    group: Sequence[Kept], keep_last: int, after: str, referenced: References, good: Callable[[Kept], bool]
) -> list[Decision]:
    stays: dict[str, str] = {}
    for position, kept in enumerate(group):
        if position < keep_last:
            stays[kept.name] = f"one of the newest {keep_last}"
        elif kept.label.created > after:
            stays[kept.name] = "young"
        elif position and group[position - 1].label.created > after:
            stays[kept.name] = "the one before the young"
        elif not kept.label.created:
            stays[kept.name] = "nobody knows how old it is"
    if len(stays) < len(group):
        last_good = next((kept for kept in group if good(kept)), None)
        for kept in [last_good] if last_good else group:
            stays.setdefault(kept.name, "the newest good one" if last_good else "no good one is left")
        _keep_proofs(stays, group, referenced, good)
    return [Decision(kept, kept.name not in stays, stays.get(kept.name, "older than that")) for kept in group]


def _keep_proofs(
    stays: dict[str, str], group: Sequence[Kept], referenced: References, good: Callable[[Kept], bool]
) -> None:
    """Add to `stays` what the audit log still speaks of."""
    named = {kept.label.subject.serial for kept in group if kept.id in referenced.backups}
    for serial in sorted({kept.label.subject.serial for kept in group} - {None}, key=lambda s: s or 0):
        subject = (*_state(group[0]), serial)
        if serial not in named and subject not in referenced.states:
            continue
        copies = [kept for kept in group if kept.label.subject.serial == serial]
        staying = [kept for kept in copies if kept.name in stays]
        proof = next((kept for kept in (*staying, *copies) if good(kept)), None)
        for kept in [proof] if proof else copies:
            stays.setdefault(kept.name, f"the audit log speaks of serial {serial}")


def _state(kept: Kept) -> State:
    return kept.label.subject.identity, kept.label.subject.lineage
