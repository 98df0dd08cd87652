"""How much a difference matters, judged by its direction. Pure: rules in literal tables, one file per family."""

from __future__ import annotations

from driftgate.drift.severity.facts import Facts
from driftgate.drift.severity.judge import judge

__all__ = ["Facts", "judge"]
