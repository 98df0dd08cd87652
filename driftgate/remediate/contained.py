"""Whether changes reach nothing but what they are for: what else a literal feeds, and what several do together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from driftgate.address import Address
from driftgate.attribute_path import Steps, spell
from driftgate.hcl.edit import Edit
from driftgate.remediate.effects import Effects, OpenSite, Place, UnitKey, effects_of
from driftgate.remediate.overlay import overlay
from driftgate.remediate.patch import patched
from driftgate.remediate.proposal import Accepted
from driftgate.remediate.trace.resource import TAGS, resource_change
from driftgate.remediate.trace.site import CannotTraceError, Site


def reached(
    root: Path,
    accepted: Sequence[Accepted],
    texts: Mapping[str, str],
    others: Sequence[UnitKey],
    open_site: OpenSite,
) -> dict[int, list[str]]:
    """By the number of each change that reaches more than what it is for, what that is: `unit: address.attribute`.

    `texts` are the files with all of the changes, `others` all units of the repo. Changes that share an edit are for
    what all of them are for.
    """
    before = effects_of(root, {item.change.path for item in accepted}, others, open_site)
    every = list(range(len(accepted)))
    with _changed(root, texts, open_site) as (copy, opened):
        after = effects_of(copy, set(before.readers), before.units, opened)
        if not _besides(accepted, every, after.differing(before)) and _as_live(copy, accepted, opened):
            return {}
    found: dict[int, list[str]] = {}
    for groups in _rounds(_groups(accepted), accepted, before):
        found |= _each(root, accepted, groups, before, open_site)
    return found


def _each(
    root: Path, accepted: Sequence[Accepted], groups: Sequence[list[int]], before: Effects, open_site: OpenSite
) -> Iterator[tuple[int, list[str]]]:
    """What each of the groups, of which no two are read by one unit, reaches besides what it is for."""
    together = [i for group in groups for i in group]
    units = [unit for unit in before.units if any(unit in _readers(accepted, group, before) for group in groups)]
    texts = patched(accepted[i].change for i in together)
    with _changed(root, texts, open_site) as (copy, opened):
        differing = effects_of(copy, set(texts), units, opened).differing(before)
    for group in groups:
        own = {unit for unit, _ in _readers(accepted, group, before)}
        besides = _besides(accepted, group, [place for place in differing if place[0] in own])
        if besides:
            yield from ((i, besides) for i in group)


@contextmanager
def _changed(root: Path, texts: Mapping[str, str], open_site: OpenSite) -> Iterator[tuple[Path, OpenSite]]:
    """The repo with other texts of some files, and what opens each unit of it once."""
    sites: dict[UnitKey, Site] = {}

    def opened(root: Path, unit: str, workspace: str) -> Site:
        if (unit, workspace) not in sites:
            sites[unit, workspace] = open_site(root, unit, workspace)
        return sites[unit, workspace]

    with overlay(root, texts) as copy:
        yield copy, opened


def _besides(accepted: Sequence[Accepted], which: Sequence[int], places: Sequence[Place]) -> list[str]:
    """Those of the places that none of these changes is for."""
    wanted: dict[tuple[str, str], list[Steps]] = {}
    for i in which:
        unit, address, steps = accepted[i].target.key
        heads = TAGS if steps[0] in TAGS else (steps[0],)
        wanted.setdefault((unit, address), []).extend((head, *steps[1:]) for head in heads)
    return [
        f"{unit}: {address}.{spell(steps)}" if steps else f"{unit}: {address}"
        for unit, address, steps in places
        if not any(_overlap(steps, own) for own in wanted.get((unit, address), ()))
    ]


def _overlap(left: Steps, right: Steps) -> bool:
    """Whether one is inside the other, or both are the same."""
    return all(a == b for a, b in zip(left, right, strict=False))


def _as_live(copy: Path, accepted: Sequence[Accepted], open_site: OpenSite) -> bool:
    """Whether all changes together still give each of the attributes what is live."""
    for item in accepted:
        _, address, steps = item.target.key
        live, planned = item.target.attribute.live, item.target.attribute.planned
        try:
            site = open_site(copy, *item.target.unit)
            if resource_change(site, Address.parse(address), steps, live, planned).edits:
                return False
        except CannotTraceError:
            continue  # what is gone from the code cannot be traced any more
    return True


def _groups(accepted: Sequence[Accepted]) -> list[list[int]]:
    """The changes by number, those that share an edit together."""
    groups: dict[str, list[tuple[set[Edit], list[int]]]] = {}
    for i, item in enumerate(accepted):
        edits, numbers = set(item.change.edits), [i]
        apart = []
        for known in groups.get(item.change.path, ()):
            if edits & known[0]:
                edits, numbers = edits | known[0], [*known[1], *numbers]
            else:
                apart.append(known)
        groups[item.change.path] = [*apart, (edits, numbers)]
    return [numbers for found in groups.values() for _, numbers in found]


def _rounds(groups: Sequence[list[int]], accepted: Sequence[Accepted], before: Effects) -> Iterator[list[list[int]]]:
    """The groups so that no two of a round are read by one unit: they are looked at in one copy of the repo."""
    waiting = list(groups)
    while waiting:
        taken: set[UnitKey] = set()
        chosen: list[list[int]] = []
        later: list[list[int]] = []
        for group in waiting:
            readers = _readers(accepted, group, before)
            (later if readers & taken else chosen).append(group)
            taken |= readers
        yield chosen
        waiting = later


def _readers(accepted: Sequence[Accepted], group: Sequence[int], before: Effects) -> set[UnitKey]:
    return {unit for i in group for unit in before.readers.get(accepted[i].change.path, ())}
