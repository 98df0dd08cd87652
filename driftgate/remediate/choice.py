"""Which strategies a finding is to be closed by, and who says so: a flag, a rule of the settings, an answer, nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.drift.ignore import covering
from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Finding
from driftgate.graph.select import path_pattern

BY_DEFAULT = "default"
DEFAULTS: Mapping[DriftClass, tuple[str, ...]] = {
    DriftClass.REVERTED_BY_APPLY: ("move", "revert"),
    DriftClass.MISSING: ("revert",),
    DriftClass.OUTSIDE_CODE: ("accept",),
    DriftClass.PENDING: ("move",),
}
"""What is chosen where nobody says otherwise; a class that is not here needs a person."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The strategies for a finding, the first that can close it counts; `why` says who chose them."""

    strategies: tuple[str, ...]
    why: str = BY_DEFAULT


Choose = Callable[[Finding], Choice]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is chosen for every finding that is all of what the rule names; "" and () name nothing."""

    choice: Choice
    unit: str = ""
    address: str = ""
    classes: Collection[str] = ()
    severities: Collection[str] = ()
    _unit: re.Pattern[str] | None = field(init=False, repr=False)
    _address: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises DriftgateError for a pattern of units that has no meaning."""
        try:
            object.__setattr__(self, "_unit", path_pattern(self.unit) if self.unit else None)
        except DriftgateError as error:
            raise DriftgateError(f"{self.choice.why}: {error.message}", next_step="correct its unit") from None
        object.__setattr__(self, "_address", covering(self.address) if self.address else None)

    def fits(self, finding: Finding) -> bool:
        return (
            (self._unit is None or self._unit.fullmatch(finding.unit) is not None)
            and (self._address is None or self._address.match(finding.address) is not None)
            and (not self.classes or finding.cls.value in self.classes)
            and (not self.severities or str(finding.severity) in self.severities)
        )


def by_default(finding: Finding) -> Choice:
    """What is chosen where nobody says anything."""
    return Choice(DEFAULTS.get(finding.cls, ()))


def by_rules(rules: Sequence[Rule], otherwise: Choose = by_default) -> Choose:
    """The choice of the first rule that fits."""

    def choose(finding: Finding) -> Choice:
        return next((rule.choice for rule in rules if rule.fits(finding)), None) or otherwise(finding)

    return choose
