from __future__ import annotations

from dataclasses import replace

import pytest

from driftgate.finding import AttributeChange, DriftClass, Finding, Severity, gravest


def change(path: str, cls: DriftClass = DriftClass.REVERTED_BY_APPLY, live: object = 1) -> AttributeChange:
    return AttributeChange(path, cls, Severity.LOW, None, live, None)


FINDING = Finding(
    "live/app", "default", "a.b", "a", DriftClass.REVERTED_BY_APPLY, Severity.LOW, (change("x"), change("y"))
)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(replace(FINDING), id="equal"),
        pytest.param(replace(FINDING, attributes=(change("y"), change("x"))), id="other order"),
        pytest.param(replace(FINDING, attributes=(change("x", live="secret"), change("y"))), id="other value"),
        pytest.param(replace(FINDING, severity=Severity.HIGH, reason="why"), id="other judgement"),
        pytest.param(
            replace(FINDING, attributes=(change("x"), change("y"), change("z", DriftClass.COMPUTED))), id="more noise"
        ),
    ],
)
def test_the_fingerprint_holds_over_runs(same: Finding) -> None:
    assert same.fingerprint == FINDING.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(FINDING, unit="live/db"), id="unit"),
        pytest.param(replace(FINDING, workspace="prod"), id="workspace"),
        pytest.param(replace(FINDING, address="a.c"), id="address"),
        pytest.param(replace(FINDING, attributes=(change("x"),)), id="attributes"),
        pytest.param(replace(FINDING, cls=DriftClass.OUTSIDE_CODE, attributes=()), id="class"),
    ],
)
def test_another_finding_has_another_fingerprint(other: Finding) -> None:
    assert other.fingerprint != FINDING.fingerprint


def test_severities_are_ordered_and_spelled_as_in_every_output() -> None:
    assert [str(s) for s in sorted(Severity)] == ["none", "info", "low", "medium", "high", "critical"]
    assert Severity.parse("high") is Severity.HIGH
    assert gravest([]) is Severity.NONE
    assert gravest([Severity.LOW, Severity.CRITICAL]) is Severity.CRITICAL


def test_only_drift_counts() -> None:
    assert {c.value for c in DriftClass if not c.is_drift} == {"computed", "ignored", "pending", "unread"}
