"""Who chooses the strategy for a finding: `--strategy`, the rules of the settings, else what fits its class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click

from driftgate.cli.settings import settings_in_force
from driftgate.finding import DriftClass, Finding
from driftgate.remediate.choice import Choice, Choose, Rule, by_default, by_rules
from driftgate.remediate.plan import may_accept
from driftgate.remediate.step import Facts
from driftgate.settings.schema import StrategyName, StrategyRule

STRATEGIES = get_args(StrategyName)


def chooser(flags: tuple[str, ...], otherwise: Choose = by_default) -> Choose:
    """The choice by `--strategy` (NAME, CLASS=NAME or ADDRESS=NAME), then by the settings' rules in their order, then
    `otherwise`. Of the flags those that name an address come first, then those that name a class.

    Raises UsageError for a strategy that there is not, DriftgateError for a rule whose unit has no meaning.
    """
    said = sorted(map(_flag, flags), key=lambda rule: (not rule.address, not rule.classes))
    return by_rules([*said, *_rules()], otherwise)


def for_patches(say: Callable[[str], None]) -> Callable[[Finding], bool]:
    """Which findings patches may accept: those that a rule of the settings closes in another way are said and left."""
    choose = chooser((), lambda finding: Choice(("accept",)))

    def accepts(finding: Finding) -> bool:
        chosen = may_accept(finding, Facts(), choose)
        if not chosen and finding.cls is DriftClass.REVERTED_BY_APPLY:
            choice = choose(finding)
            say(f"not ours {finding.unit}  {finding.address}  {choice.why}: {choice.strategies[0]}")
        return chosen

    return accepts


def _flag(text: str) -> Rule:
    """A rule of the command line: NAME, CLASS=NAME or ADDRESS=NAME."""
    where, _, name = text.rpartition("=")
    if name not in STRATEGIES:
        raise click.BadParameter(f"there is no strategy {name}: one of {', '.join(STRATEGIES)}")
    choice = Choice((name,), f"--strategy {text}")
    if where in list(DriftClass):
        return Rule(choice, classes=(where,))
    return Rule(choice, address=where)


def _rules() -> list[Rule]:
    loaded = settings_in_force()
    file = Path(loaded.origin.get("remediate.rules", "")).name
    return [_rule(row, f"rule {n} of {file}") for n, row in enumerate(loaded.settings.remediate.rules, start=1)]


def _rule(row: StrategyRule, why: str) -> Rule:
    return Rule(Choice(_many(row.strategy), why), row.unit, row.address, _many(row.drift_class), _many(row.severity))


def _many(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
