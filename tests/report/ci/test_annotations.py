from __future__ import annotations

import re

import pytest
from hypothesis import given
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.ci.annotations import LIMIT, workflow_commands

COMMAND = re.compile(r"::(error|warning|notice) (?:(?:file|line|title)=[^:,\r\n]*,?)+::[^\r\n]*")


def commands(report: samples.Report) -> list[str]:
    return [line for line in workflow_commands(view_of(report)).splitlines() if line.startswith("::")]


def test_a_clean_report_has_no_annotation() -> None:
    assert workflow_commands(view_of(samples.clean())) == "driftgate: No drift (2 units, 18 resources checked)\n"


def test_levels_and_places() -> None:
    found = commands(samples.mixed())
    assert [line.split(" ")[0] for line in found] == [
        "::error",
        "::warning",
        "::error",
        "::error",
        "::error",
        "::warning",
        "::warning",
    ]
    assert found[2].startswith("::error file=modules/web/main.tf,line=12,title=Drift%3A critical::module.web")


@pytest.mark.parametrize(("severity", "level"), [("info", "notice"), ("low", "warning"), ("high", "error")])
def test_level_of_a_severity(severity: str, level: str) -> None:
    finding = samples.replace(samples.BUCKET, severity=samples.Severity.parse(severity))
    assert commands(samples.report(samples.replace(samples.NETWORK, findings=(finding,))))[0].startswith(f"::{level} ")


def test_properties_and_data_are_escaped() -> None:
    finding = samples.replace(samples.QUEUE, source=samples.SourceRange("a:b,c%.tf", 1, 2), reason="50%\nsure")
    line = commands(samples.report(samples.replace(samples.APP, findings=(finding,))))[0]
    assert "file=a%3Ab%2Cc%25.tf,line=1" in line
    assert line.endswith("50%25 sure")


def test_at_most_ten_and_the_last_says_how_many_were_left_out() -> None:
    found = commands(samples.large(100))
    assert len(found) == LIMIT
    assert found[-1] == "::notice title=driftgate::91 more in the full report"


@given(reports)
def test_no_value_can_write_a_command(report: samples.Report) -> None:
    found = commands(report)
    assert len(found) <= LIMIT
    assert all(COMMAND.fullmatch(line) for line in found)
