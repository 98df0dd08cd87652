"""What the request of `dg remediate pr` says, and how it stays under the platform's size by whole rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate import __version__
from driftgate.remediate.commits import UnitCommit
from driftgate.remediate.proposal import Accepted, Refused
from driftgate.report.comment import BUDGET
from driftgate.report.marker import Marker, remembered, short
from driftgate.report.post.requests import KIND, Text
from driftgate.report.text import clean, clip, clip_middle
from driftgate.report.view import plural

Links = Sequence[tuple[str, str]]
Redact = Callable[[str], str]

_TRIES = ((100, 30, 20_000, 50), (50, 20, 2_000, 30), (40, 10, 0, 10), (10, 3, 0, 3), (0, 0, 0, 0))
"""Units, rows of each, characters of each patch, entries of what is left."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The commits, how many plans proved them, and what is left to people."""

    commits: tuple[UnitCommit, ...]
    plans: int
    left: tuple[Refused, ...]


def request_text(
    proof: Proof, name: str, redact: Redact, *, run: int = 0, links: Links = (), template_dirs: tuple[Path, ...] = ()
) -> Text:
    """The request for these commits; `name` tells the requests of different branches apart. `run` and `links` are of
    the CI run, and no news. Never over the bytes that a body may have: raises TemplateFailed where a user's own
    template leaves no room."""
    from driftgate.report.render import TemplateFailed, render

    items = [item for commit in proof.commits for item in commit.items]
    title = _title(proof.commits, len(items))
    for units, rows, patch, left in _TRIES:
        shown = _shown(proof, len(items), units, rows, patch, left)

        def body(links: Links, shown: dict[str, Any] = shown) -> str:
            return redact(render("fix_request.md.j2", template_dirs=template_dirs, links=links, **shown))

        said = "".join([title, body(()), *(commit.patch for commit in proof.commits)])
        marker = _marker(name, run, said, items)
        text = f"{marker}\n{body(links)}"
        if len(text.encode()) <= BUDGET:
            return Text(redact(title), text, marker)
    raise TemplateFailed(
        f"the request without a single row is over {BUDGET:,} bytes", next_step="shorten your own fix_request.md.j2"
    )


def done_text(name: str, *, run: int = 0, links: Links = ()) -> Text:
    """The last words of a request that nothing is left of. It keeps its title."""
    from driftgate.report.render import render

    marker = _marker(name, run, "", ())
    return Text("", f"{marker}\n{render('fix_request_done.md.j2', links=links, version=__version__)}", marker)


def _marker(name: str, run: int, said: str, items: Iterable[Accepted]) -> Marker:
    seen = remembered((short(item.target.finding.fingerprint), "") for item in items)
    return Marker(KIND, name, run, hashlib.sha256(said.encode()).hexdigest()[:16], seen)


def _title(commits: Sequence[UnitCommit], count: int) -> str:
    where = f" of {clean(commits[0].name)}" if len(commits) == 1 else f" of {plural(len(commits), 'unit')}"
    return clip(f"Accept what is live in {plural(count, 'attribute')}{where}", 200)


def _shown(proof: Proof, count: int, units: int, rows: int, patch: int, left: int) -> dict[str, Any]:
    where = "" if len(proof.commits) == 1 else f" in {plural(len(proof.commits), 'unit')}"
    return {
        "headline": f"{plural(count, 'attribute')}{where} {'is' if count == 1 else 'are'} not as the code says.",
        "units": [_unit(commit, rows, patch) for commit in proof.commits[:units]],
        "units_left": max(0, len(proof.commits) - units),
        "plans": proof.plans,
        "left": [_left(item) for item in proof.left[:left]],
        "left_more": max(0, len(proof.left) - left),
        "plural": plural,
        "version": __version__,
    }


def _unit(commit: UnitCommit, rows: int, patch: int) -> dict[str, Any]:
    return {
        "name": clip_middle(commit.name, 120),
        "rows": [_row(item) for item in commit.items[:rows]],
        "left": max(0, len(commit.items) - rows),
        "patch": commit.patch if len(commit.patch) <= patch else "",
    }


def _row(item: Accepted) -> dict[str, Any]:
    target = item.target
    return {
        "severity": str(target.attribute.severity),
        "address": clip_middle(target.finding.address, 120),
        "attribute": clip_middle(target.attribute.path, 120),
        "trail": [clip_middle(place, 120) for place in reversed(item.change.trail)],
    }


def _left(item: Refused) -> dict[str, str]:
    target = item.target
    return {
        "unit": clip_middle(target.finding.unit, 120),
        "address": clip_middle(target.finding.address, 120),
        "attribute": clip_middle(target.attribute.path, 120),
        "reason": clip(item.reason, 300),
        "next_step": clip(item.next_step, 300),
    }
