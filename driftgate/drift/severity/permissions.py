"""How grave it is that a policy grants more, or denies less, than before."""

from __future__ import annotations

from collections.abc import Callable

from driftgate.drift.severity.facts import Leaves
from driftgate.drift.severity.policy_document import Permission, Policy, gained, includes, read_policy
from driftgate.drift.severity.rule import Rule, Verdict, by_leaf, gravest_verdict
from driftgate.finding import Severity

# Actions that hand out further rights or secrets.
_ESCALATING = (
    "iam:passrole",
    "iam:createaccesskey",
    "iam:createpolicyversion",
    "iam:attachuserpolicy",
    "iam:attachrolepolicy",
    "iam:putuserpolicy",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
    "sts:assumerole",
    "kms:decrypt",
    "secretsmanager:getsecretvalue",
    "ssm:getparameters",
)
# Conditions that tie a public principal to somebody known.
_TYING = ("sourceaccount", "sourcearn", "sourceowner", "principalorg", "principalaccount", "principalarn", "sourcevpc")
_MFA = "multifactorauth"


def policy_rule(types: str, paths: str, *, trust: bool = False) -> Rule:
    """A rule for attributes that hold policy JSON; with `trust`, for who may assume a role."""
    grade = _grade_trust if trust else _grade

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = _read_all(old), _read_all(new)
        return None if was is None or now is None else _compare(was, now, grade)

    more = (
        "principal gained: critical for everybody, else high"
        if trust
        else "everybody gained: critical (high to medium under a condition), `*` on `*`: critical, "
        "other wildcards and rights that give rights: high, else medium"
    )
    return by_leaf(types, paths, compare, f"{more}; a deny or MFA condition lost: high; narrowed: low; same: info")


def _read_all(documents: Leaves) -> Policy | None:
    """All the documents as one policy; none at all is the empty policy, one that cannot be read is None."""
    policies = [read_policy(document) for document in documents]
    known = [policy for policy in policies if policy is not None]
    if len(known) < len(policies):
        return None
    nothing: frozenset[Permission] = frozenset()
    return Policy(nothing.union(*(p.allows for p in known)), nothing.union(*(p.denies for p in known)))


def _compare(was: Policy, now: Policy, grade: Callable[[Permission], Verdict]) -> Verdict | None:
    more, fewer = gained(now.allows, was.allows), gained(was.allows, now.allows)
    denied = gained(was.denies, now.denies)
    verdicts = [grade(p) for p in more]
    if denied or _without_mfa(more, was):
        mfa = not denied or any(_MFA in p.condition.lower() for p in denied)
        verdicts.append((Severity.HIGH, "MFA condition removed" if mfa else "deny removed"))
    if verdicts:
        return gravest_verdict(verdicts)
    if fewer or gained(now.denies, was.denies):
        return Severity.LOW, "narrowed: fewer permissions"
    return Severity.INFO, "same permissions"


def _without_mfa(more: list[Permission], was: Policy) -> bool:
    """Whether a permission that needed MFA no longer does."""
    needed = {(p.principal, p.action, p.resource) for p in was.allows if _MFA in p.condition.lower()}
    return any((p.principal, p.action, p.resource) in needed and _MFA not in p.condition.lower() for p in more)


def _grade(permission: Permission) -> Verdict:
    if permission.principal == "*":
        return _grade_public(permission.condition)
    everywhere = permission.resource == "*"
    if permission.action == "*":
        return (Severity.CRITICAL, "gained * on *") if everywhere else (Severity.HIGH, "gained every action")
    if permission.action.endswith(":*"):
        return Severity.HIGH if everywhere else Severity.MEDIUM, "gained every action of a service"
    if everywhere and any(includes(permission.action, action) for action in _ESCALATING):
        return Severity.HIGH, "gained a right that gives rights"
    return Severity.MEDIUM, "gained permissions"


def _grade_trust(permission: Permission) -> Verdict:
    if permission.principal == "*":
        return _grade_public(permission.condition)
    return Severity.HIGH, "trusts another principal"


def _grade_public(condition: str) -> Verdict:
    if not condition:
        return Severity.CRITICAL, "opened to everybody"
    tied = any(word in condition.lower() for word in _TYING)
    return Severity.MEDIUM if tied else Severity.HIGH, "opened to everybody under a condition"
