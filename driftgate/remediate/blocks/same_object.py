"""Which of the objects that a plan creates are those that it destroys: everything known about both is equal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from driftgate.attribute_path import same
from driftgate.finding import Finding, Mark
from driftgate.remediate.blocks.item import NoBlock


@dataclass(frozen=True, slots=True)
class Pair:
    """What is destroyed as `old` and created as `new`."""

    old: Finding
    new: Finding


def pairs(findings: Iterable[Finding]) -> tuple[list[Pair], list[NoBlock]]:
    """Objects that are to have a new address, one to one; those that could be several are named, not guessed."""
    every = list(findings)
    gone = [f for f in every if f.actions == ("delete",) and "(deposed" not in f.address]
    come = [f for f in every if f.actions == ("create",)]
    likely = {i: [k for k, new in enumerate(come) if _alike(old, new)] for i, old in enumerate(gone)}
    found: list[Pair] = []
    unclear: list[NoBlock] = []
    for i, candidates in likely.items():
        rivals = [other for other, theirs in likely.items() if set(theirs) & set(candidates)]
        if len(candidates) == len(rivals) == 1:
            found.append(Pair(gone[i], come[candidates[0]]))
        elif candidates:
            unclear.append(NoBlock(gone[i], _unclear([come[k] for k in candidates], [gone[k] for k in rivals])))
    return found, unclear


def _unclear(candidates: Sequence[Finding], rivals: Sequence[Finding]) -> str:
    new, old = (", ".join(finding.address for finding in some) for some in (candidates, rivals))
    return f"{old} could each be {new}" if len(rivals) > 1 else f"it could be any of {new}"


def _alike(old: Finding, new: Finding) -> bool:
    if (old.unit, old.workspace, old.type) != (new.unit, new.workspace, new.type):
        return False
    live, planned = whole(old, "live"), whole(new, "planned")
    return live is not None and planned is not None and same_object(live, planned)


def whole(finding: Finding, side: str) -> Mapping[str, Any] | None:
    """The object as it is `live`, or as it is `planned`; None where the finding does not tell."""
    found = next((getattr(a, side) for a in finding.attributes if a.path == ""), None)
    return found if isinstance(found, Mapping) else None


def same_object(live: Mapping[str, Any], planned: Mapping[str, Any]) -> bool:
    """Whether every known argument of the planned object is that of the live one, and there is one that says something.

    What is known only after apply may be anything.
    """
    said = [name for name, value in planned.items() if not _is_hollow(value) and value is not Mark.UNKNOWN]
    return bool(said) and all(_equal(live.get(name), value) for name, value in planned.items())


def _equal(live: Any, planned: Any) -> bool:
    if planned is Mark.UNKNOWN or (_is_hollow(live) and _is_hollow(planned)):
        return True
    if isinstance(live, Mapping) and isinstance(planned, Mapping):
        return all(_equal(live.get(key), planned.get(key)) for key in {*live, *planned})
    if isinstance(live, list) and isinstance(planned, list):
        return all(_equal(*both) for both in zip_longest(live, planned))
    return same(live, planned) or _same_json(live, planned)


def _same_json(live: Any, planned: Any) -> bool:
    """Policies are text, spelled in many ways."""
    if not all(isinstance(text, str) and text[:1] in ("{", "[") for text in (live, planned)):
        return False
    try:
        return same(json.loads(live), json.loads(planned))
    except ValueError:
        return False


def _is_hollow(value: Any) -> bool:
    """Nothing is said: null, false, and empty text, lists and objects, of which providers make each other."""
    return value is None or value is False or value in ("", [], {})
