"""Where statements are kept, written once each, and what they come to for one plan at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from driftgate.safety.approvals.statement import ApprovalError, Bound, Kind, Statement, parse_statement
from driftgate.safety.backups.store import Store
from driftgate.safety.signing import VerifyKey

FOLDER = "approvals/v1"


class State(StrEnum):
    """How it stands with a plan."""

    NONE = "not requested"
    REQUESTED = "requested"
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Standing:
    """`why` says it in a sentence. Only GRANTED lets the plan be applied."""

    state: State
    why: str
    request: Statement | None = None
    answer: Statement | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """The statements in `store`. Grants count from `approvers`, requests from `requesters` and them."""

    store: Store
    approvers: list[VerifyKey]
    requesters: list[VerifyKey]

    def write(self, statement: Statement) -> bool:
        """Keep it for good; False when the same was said of this plan before. Raises BackupError."""
        return self.store.put_new(_name(statement.bound.id, statement.kind), statement.to_bytes())

    def find(self, plan: str, kind: Kind) -> Statement | None:
        """What was said of the plan with this id. Raises BackupError."""
        data = self.store.get(_name(plan, kind))
        return None if data is None else parse_statement(data)

    def plans(self) -> Iterator[str]:
        """The ids of all plans that approval was requested for, sorted."""
        ending = f".{Kind.REQUEST}.json"
        names = (name for name in self.store.names() if name.startswith(f"{FOLDER}/") and name.endswith(ending))
        yield from sorted(name.removeprefix(f"{FOLDER}/").removesuffix(ending) for name in names)

    def standing(self, plan: str, now: datetime) -> Standing:
        """How it stands with the plan of this id, for whatever it is bound to. Raises BackupError."""
        request = self.find(plan, Kind.REQUEST)
        if request is None:
            return Standing(State.NONE, "no approval was requested for this plan")
        asked_by = request.signed_by([*self.requesters, *self.approvers])
        if asked_by is None or request.kind is not Kind.REQUEST or request.bound.id != plan:
            return Standing(
                State.INVALID, "the request is not signed by a key that may ask ([gate] requesters)", request
            )
        used = self.store.get(_name(plan, Kind.USE))
        if used is not None:
            return Standing(State.USED, _used(parse_statement(used)), request)
        denial = self.find(plan, Kind.DENIAL)
        if denial is not None and denial.bound == request.bound and denial.signed_by(self.approvers):
            return Standing(
                State.DENIED, f"denied by {denial.by}: {denial.reason or 'no reason given'}", request, denial
            )
        return self._granted(request, asked_by, now)

    def _granted(self, request: Statement, asked_by: VerifyKey, now: datetime) -> Standing:
        grant = self.find(request.bound.id, Kind.GRANT)
        if grant is None:
            if now >= request.expires:
                return Standing(State.EXPIRED, f"the request expired at {request.expires:%Y-%m-%d %H:%M} UTC", request)
            return Standing(State.REQUESTED, f"requested by {request.by}, not granted yet", request)
        granted_by = grant.signed_by(self.approvers)
        if granted_by is None or grant.kind is not Kind.GRANT:
            return Standing(State.INVALID, "no approver ([gate] approvers) signed the grant", request, grant)
        if granted_by == asked_by or grant.by == request.by:
            return Standing(State.INVALID, f"{grant.by} granted a request of their own", request, grant)
        if grant.bound != request.bound:
            return Standing(State.INVALID, "the grant is for another plan or state than the request", request, grant)
        if now >= min(grant.expires, request.expires):
            return Standing(
                State.EXPIRED, f"the approval expired at {grant.expires:%Y-%m-%d %H:%M} UTC", request, grant
            )
        return Standing(State.GRANTED, f"approved by {grant.by}", request, grant)

    def consume(self, bound: Bound, by: str, now: datetime) -> Standing:
        """Use up the approval for exactly `bound`. Raises ApprovalError when there is none, or somebody was quicker."""
        found = self.check(bound, now)
        if found.state is State.GRANTED and not self.write(Statement(Kind.USE, bound, by, now, now)):
            found = self.standing(bound.id, now)
        if found.state is not State.GRANTED:
            raise ApprovalError(f"this plan is not approved: {found.why}", next_step=f"dg approve list; id {bound.id}")
        return found

    def check(self, bound: Bound, now: datetime) -> Standing:
        """How it stands with exactly `bound`: an approval for another state or another version of it is none."""
        found = self.standing(bound.id, now)
        if found.request is not None and found.request.bound != bound:
            return Standing(
                State.INVALID,
                "it was approved for another state, or another version of it",
                found.request,
                found.answer,
            )
        return found


def _used(use: Statement | None) -> str:
    return f"already used by {use.by} at {use.created:%Y-%m-%d %H:%M} UTC" if use else "already used"


def _name(plan: str, kind: Kind) -> str:
    return f"{FOLDER}/{plan}.{kind}.json"
