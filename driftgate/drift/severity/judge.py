"""Severity of one attribute change: the gravest of the rules that match, else the default of its class."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from driftgate.drift.severity import compute, encryption, iam, network, protection, storage, tags
from driftgate.drift.severity.facts import Facts, touches
from driftgate.drift.severity.missing import judge_missing
from driftgate.drift.severity.rule import Rule, Verdict, gravest_verdict
from driftgate.finding import DriftClass, Mark, Severity

FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Network", network.RULES),
    ("Storage", storage.RULES),
    ("IAM", iam.RULES),
    ("Encryption", encryption.RULES),
    ("Protection", protection.RULES),
    ("Compute", compute.RULES),
    ("Tags and descriptions", tags.RULES),
)

DEFAULTS: dict[DriftClass, Verdict] = {
    DriftClass.REVERTED_BY_APPLY: (Severity.MEDIUM, "the next apply puts it back"),
    DriftClass.OUTSIDE_CODE: (Severity.LOW, "the code does not set it"),
    DriftClass.MISSING: (Severity.HIGH, "gone from the cloud"),
    DriftClass.UNMANAGED: (Severity.MEDIUM, "in the cloud, in no state"),
    DriftClass.UNREAD: (Severity.NONE, "could not be read"),
    DriftClass.PENDING: (Severity.NONE, "only the code moved"),
    DriftClass.IGNORED: (Severity.NONE, "ignored by .driftignore"),
    DriftClass.COMPUTED: (Severity.NONE, "computed by the provider"),
}

_CHANGED = (DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE)


def judge(facts: Facts) -> tuple[Severity, str]:
    """How much the change from `facts.state` to `facts.live` matters, and why in a few words.

    The reason names ports, networks and wildcards, never any other value. Never raises, whatever the values are.
    """
    default = DEFAULTS[facts.cls]
    if facts.cls is DriftClass.MISSING:
        return judge_missing(facts.type) or default
    if facts.cls is DriftClass.UNMANAGED:
        return gravest_verdict((default, _by_rules(facts))) or default
    if facts.cls not in _CHANGED or Mark.UNKNOWN in (facts.state, facts.live):
        return default
    if facts.state == facts.live:
        return Severity.INFO, "no change"
    return _by_rules(facts) or default


def _by_rules(facts: Facts) -> Verdict | None:
    return gravest_verdict(rule.judge(facts) for rule in _rules_at(facts.type, facts.place))


@lru_cache(maxsize=8192)
def _rules_at(type_: str, place: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in _rules_of(type_) if any(touches(place, path) for path in rule.paths.split()))


@lru_cache(maxsize=1024)
def _rules_of(type_: str) -> tuple[Rule, ...]:
    every = (rule for _, rules in FAMILIES for rule in rules)
    return tuple(rule for rule in every if any(fnmatchcase(type_, glob) for glob in rule.types.split()))
