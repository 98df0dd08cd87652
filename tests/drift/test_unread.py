from __future__ import annotations

from driftgate.drift.unread import unread_findings
from driftgate.finding import DriftClass, Severity


def test_nothing_unread() -> None:
    assert unread_findings([], unit="u", workspace="w") == []


def test_one_finding_per_address_with_every_reason_once() -> None:
    pairs = [("module.m", "no provider"), ("aws_vpc.b", "denied"), ("aws_vpc.b", "denied"), ("aws_vpc.b", "timed out")]
    found = unread_findings(pairs, unit="u", workspace="w")

    assert [(item.address, item.type, item.reason) for item in found] == [
        ("aws_vpc.b", "aws_vpc", "denied; timed out"),
        ("module.m", "", "no provider"),
    ]
    assert {(item.unit, item.workspace, item.cls) for item in found} == {("u", "w", DriftClass.UNREAD)}
    assert {item.severity for item in found} == {Severity.NONE}
