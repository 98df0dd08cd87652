from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.ci.checks import ANNOTATIONS, check_annotations, conclusion

LEVELS = {"notice", "warning", "failure"}


@pytest.mark.parametrize(
    ("report", "failed", "expected"),
    [
        (samples.clean(), False, "success"),
        (samples.mixed(), False, "neutral"),
        (samples.mixed(), True, "failure"),
        (samples.failed(), True, "failure"),
    ],
)
def test_conclusion(report: samples.Report, failed: bool, expected: str) -> None:
    assert conclusion(view_of(report), failed=failed) == expected


def test_nothing_found_annotates_nothing() -> None:
    assert check_annotations(view_of(samples.clean())) == []


def test_failures_first_then_the_gravest_on_its_block() -> None:
    found = check_annotations(view_of(samples.mixed()))
    assert found[0]["title"] == "live/dns could not be read"
    assert (found[0]["path"], found[0]["annotation_level"]) == ("live/dns/main.tf", "failure")
    group = next(one for one in found if "aws_security_group" in one["message"])
    assert (group["path"], group["start_line"], group["end_line"]) == ("modules/web/main.tf", 12, 31)
    assert (group["annotation_level"], group["title"]) == ("failure", "Drift: critical")
    assert check_annotations(view_of(samples.report(replace(samples.NETWORK, findings=(samples.BUCKET,)))))[0]["path"]


def test_at_most_five_hundred() -> None:
    assert len(check_annotations(view_of(samples.large()))) == ANNOTATIONS


@settings(deadline=None, max_examples=30)
@given(reports)
def test_any_report_keeps_the_rules_of_the_api(report: samples.Report) -> None:
    for one in check_annotations(view_of(report)):
        assert one["annotation_level"] in LEVELS
        assert 1 <= one["start_line"] <= one["end_line"]
        assert one["path"]
        assert one["message"]
        assert len(one["title"]) <= 255
