"""Sends proven patches: a branch at the remote and one request for it, both brought up to date by the next run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.errors import DriftgateError
from driftgate.finding import Report, UnitStatus
from driftgate.remediate.commits import Tip, commit, same_changes, tip_of
from driftgate.report.fix_request import Proof
from driftgate.report.post.requests import Did, Request, Requests, Text, is_refused, keep, standing

if TYPE_CHECKING:
    from driftgate.remediate.clone import Clone


@dataclass(frozen=True, slots=True)
class Place:
    """Where it goes: `branch`, with the `tip` that it has at the remote, into `base`, which is the commit `base_sha`
    there."""

    base: str
    base_sha: str
    branch: str
    tip: Tip | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the request, where it is, whether the branch was pushed, and what else is to be said."""

    did: Did
    url: str = ""
    pushed: bool = False
    why: str = ""


def place_of(clone: Clone, base: str, branch: str) -> Place:
    """The two branches as the remote has them now. Raises PushError, and DriftgateError where there is no `base`."""
    tips = clone.tips(base, branch)
    if base not in tips:
        raise DriftgateError(
            f"the remote {clone.name} has no branch {base}", next_step="push it, or name the branch with --base"
        )
    return Place(base, tips[base], branch, tip_of(clone, tips[branch]) if branch in tips else None)


def send(clone: Clone, requests: Requests, place: Place, proof: Proof, text: Text, report: Report, *,
         draft: bool) -> Sent:  # fmt: skip
    """Push the commits and keep the request. What people did is not undone: their commits are not overwritten, what
    they closed stays closed. Raises PostError, PushError, and DriftgateError for a branch that is not ours any more."""
    request = standing(requests, place.branch)
    if not proof.commits:
        return _nothing_left(clone, requests, request, place, proof, text, report)
    if is_refused(request, text):
        assert request is not None
        return Sent(Did.NOT_WANTED, request.url)
    if place.tip is not None and not place.tip.ours:
        raise DriftgateError(
            f"{place.branch} has a commit that dg did not make, which is not overwritten: {place.tip.said}",
            next_step="merge or close what it is for and delete the branch, or name another one with --branch",
        )
    unread = _unread(place.tip, report, clone.root)
    if unread and request is not None and request.is_open:
        return Sent(Did.LEFT, request.url, why=f"it fixes {', '.join(unread)} too, which this run did not read")
    sha = commit(clone, place.base_sha, proof.commits)
    pushed = place.tip is None or not same_changes(clone, place.tip, place.base_sha, sha)
    if pushed:
        clone.push(place.branch, sha, expected=place.tip.sha if place.tip else "")
    did, request = keep(requests, request, place.branch, place.base, text, draft=draft)
    return Sent(did, request.url, pushed)


def _nothing_left(clone: Clone, requests: Requests, request: Request | None, place: Place, proof: Proof, text: Text,
                  report: Report) -> Sent:  # fmt: skip
    """Close the request of a run before, where what it fixes is no drift any more, and remove the branch."""
    if request is None or not request.is_open or request.marker is None:
        return Sent(Did.NONE)
    if place.tip is not None and not place.tip.ours:
        return Sent(
            Did.LEFT, request.url, why=f"nothing is left to fix, but it has a commit of people: {place.tip.said}"
        )
    units = place.tip.units if place.tip is not None else ()
    unread = _unread(place.tip, report, clone.root)
    if unread or report.errors:
        return Sent(Did.LEFT, request.url, why=f"{', '.join(unread) or 'not every unit'} was not read")
    still = sorted({item.target.finding.unit for item in proof.left} & set(units))
    if still:
        return Sent(Did.LEFT, request.url, why=f"{', '.join(still)} drifts still, but no patch can be proved now")
    requests.edit(request, request.title, text.body, close=True)
    if place.tip is not None:
        clone.push(place.branch, "", expected=place.tip.sha)
    return Sent(Did.CLOSED, request.url)


def _unread(tip: Tip | None, report: Report, root: Path) -> list[str]:
    """The units that the branch has a fix for and this run has not read: their fixes would be lost."""
    read = {unit.path for unit in report.units if unit.status is UnitStatus.OK}
    return [unit for unit in (tip.units if tip else ()) if unit not in read and (root / unit).is_dir()]
