from __future__ import annotations

from typing import Any

import pytest
from remediate.test_plan import MISSING, OUTSIDE, REVERTED, UNMANAGED, finding

from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Finding, Severity
from driftgate.remediate.choice import Choice, Rule, by_default, by_rules
from driftgate.remediate.plan import STRATEGIES, may_accept, propose
from driftgate.remediate.step import Facts

CHOICE = Choice(("ignore",), "rule 1")


@pytest.mark.parametrize(("cls", "strategies"), [
    (DriftClass.COMPUTED, ()), (UNMANAGED, ()), (REVERTED, ("move", "revert")), (MISSING, ("revert",)), (OUTSIDE, ("accept",)),
])  # fmt: skip
def test_where_nobody_says_anything(cls: DriftClass, strategies: tuple[str, ...]) -> None:
    assert by_default(finding(cls=cls)) == Choice(strategies, "default")
    assert set(strategies) <= STRATEGIES.keys()


@pytest.mark.parametrize(("names", "fits"), [
    ({}, True),
    ({"unit": "live"}, True),
    ({"unit": "live/app"}, True),
    ({"unit": "live/*"}, True),
    ({"unit": "**/app/"}, True),
    ({"unit": "live/{app,net}"}, True),
    ({"unit": "app"}, False),
    ({"unit": "live/ap"}, False),
    ({"address": "module.db"}, True),
    ({"address": "module.db.aws_x.a"}, True),
    ({"address": "*aws_x*"}, True),
    ({"address": "aws_x.a"}, False),
    ({"address": "module.d"}, False),
    ({"classes": ("missing", "reverted-by-apply")}, True),
    ({"classes": ("missing",)}, False),
    ({"severities": ("low",)}, True),
    ({"severities": ("high", "critical")}, False),
    ({"unit": "live", "address": "module.db", "classes": ("reverted-by-apply",), "severities": ("low",)}, True),
    ({"unit": "live", "address": "module.db", "classes": ("missing",)}, False),
], ids=str)  # fmt: skip
def test_what_a_rule_fits(names: dict[str, Any], fits: bool) -> None:
    found = finding('module.db.aws_x.a["k"]', severity=Severity.LOW)
    assert Rule(CHOICE, **names).fits(found) is fits


def test_a_pattern_without_a_meaning_names_its_rule() -> None:
    with pytest.raises(DriftgateError, match="rule 1: "):
        Rule(CHOICE, unit="live/[z-a]")


def test_the_first_rule_that_fits_counts() -> None:
    rules = [Rule(CHOICE, unit="other"), Rule(Choice(("forget",), "rule 2")), Rule(CHOICE)]
    assert by_rules(rules)(finding()).why == "rule 2"
    assert by_rules(rules[:1])(finding()) == by_default(finding())


@pytest.mark.parametrize(("cls", "strategies", "chosen", "why"), [
    (REVERTED, ("forget", "ignore"), "ignore", "rule 1"),
    (REVERTED, ("accept", "revert"), "revert", "rule 1"),
    (OUTSIDE, ("revert",), None, "rule 1"),
    (OUTSIDE, (), None, "rule 1"),
], ids=["the first cannot", "no patch", "none can", "nothing chosen"])  # fmt: skip
def test_a_step_says_who_chose_it(cls: DriftClass, strategies: tuple[str, ...], chosen: str | None, why: str) -> None:
    plan = propose([finding(cls=cls)], Facts(), choose=lambda found: Choice(strategies, why))

    assert [(step.strategy, step.chosen_by) for step in plan.steps] == ([(chosen, why)] if chosen else [])
    assert [left.chosen_by for left in plan.left] == ([] if chosen else [why])


@pytest.mark.parametrize(("found", "strategies", "may"), [
    (finding(), ("accept",), True),
    (finding(), ("forget", "accept"), True),
    (finding(), ("revert", "accept"), False),
    (finding(), (), False),
    (finding(cls=OUTSIDE), ("accept",), False),
], ids=["chosen", "what comes before cannot", "what comes before can", "nothing chosen", "needs no patch"])  # fmt: skip
def test_when_a_patch_is_worth_making(found: Finding, strategies: tuple[str, ...], may: bool) -> None:
    assert may_accept(found, Facts(), lambda finding: Choice(strategies)) is may
