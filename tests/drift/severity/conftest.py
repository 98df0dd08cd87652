"""How the severity tables are judged: one changed attribute, in the words of the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.drift.severity import Facts, judge
from driftgate.finding import DriftClass, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]


@pytest.fixture
def judged() -> Judged:
    """Judges `path` of a resource of `type_` going from `state` to `live`, where the next apply would undo it."""

    def verdict(type_: str, path: str, state: object, live: object) -> tuple[Severity, str]:
        return judge(Facts(type_, path, DriftClass.REVERTED_BY_APPLY, state, live, state, {}, {}))

    return verdict
