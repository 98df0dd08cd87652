from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from report import samples
from report.strategies import reports

from driftgate.finding import AttributeChange, DriftClass, Mark, Severity, UnitStatus
from driftgate.report.build import view_of
from driftgate.report.view import plural


def test_a_clean_report() -> None:
    view = view_of(samples.clean())
    assert (view.verdict.level, str(view.verdict)) == ("clean", "No drift (2 units, 18 resources checked)")
    assert view.rows == view.failures == view.not_drift == ()
    assert all(unit.quiet and unit.status == "no drift" for unit in view.units)


def test_verdict_and_counts_of_a_mixed_report() -> None:
    view = view_of(samples.mixed())
    assert view.verdict.level == "critical"
    assert view.verdict.headline == "Drift: 1 critical · 2 high · 2 medium"
    assert view.verdict.detail == "in 2 of 4 units · 1 unit could not be read · 1 resource could not be read"
    assert view.by_severity == ((Severity.CRITICAL, 1), (Severity.HIGH, 2), (Severity.MEDIUM, 2))
    assert dict(view.by_class)[DriftClass.PENDING] == 1
    assert (view.unread, view.drifted_units, view.checked) == (1, 2, 58)


@pytest.mark.parametrize(
    ("report", "level", "headline"),
    [
        (samples.report(), "failed", "Nothing was checked"),
        (samples.failed(), "failed", "Could not check: 2 units could not be read"),
        (
            samples.report(samples.STORAGE, samples.BROKEN),
            "failed",
            "No drift in what could be read, but 1 unit could not be read",
        ),
        (
            samples.report(replace(samples.APP, findings=(samples.UNREAD,))),
            "failed",
            "No drift in what could be read, but 1 resource could not be read",
        ),
        (samples.pending_only(), "clean", "No drift"),
    ],
    ids=["no units", "all failed", "some failed", "unread", "pending only"],
)
def test_what_could_not_be_read_is_never_no_drift(report: samples.Report, level: str, headline: str) -> None:
    verdict = view_of(report).verdict
    assert (verdict.level, verdict.headline) == (level, headline)


def test_rows_are_ordered_unread_first_then_by_severity_unit_and_address() -> None:
    assert [(str(row.severity), row.address) for row in view_of(samples.mixed()).rows] == [
        ("none", "aws_kms_key.main"),
        ("critical", 'module.web.aws_security_group.web["blue"]'),
        ("high", "aws_sqs_queue.jobs"),
        ("high", "aws_iam_role_policy.reader"),
        ("medium", "aws_db_instance.orders"),
        ("medium", "aws_s3_bucket_versioning.logs"),
    ]


def test_count_keys_are_ordered_by_number_and_odd_addresses_last() -> None:
    findings = tuple(
        replace(samples.QUEUE, address=address) for address in ("aws_x.y[10]", "odd address", "aws_x.y[9]")
    )
    rows = view_of(samples.report(replace(samples.APP, findings=findings))).rows
    assert [row.address for row in rows] == ["aws_x.y[9]", "aws_x.y[10]", "odd address"]


def test_what_is_not_drift_is_grouped_by_class_and_reason() -> None:
    groups = view_of(samples.mixed()).not_drift
    assert [(group.cls.value, group.reason, group.count) for group in groups] == [
        ("pending", "tags in the code", 2),
        ("pending", "code not applied yet", 1),
        ("computed", "timestamp", 1),
    ]


def test_a_pending_finding_without_attributes_is_counted() -> None:
    created = replace(samples.SUBNET_PENDING, attributes=(), reason="new in the code")
    view = view_of(samples.report(replace(samples.NETWORK, findings=(created,), notes=())))
    assert [(group.reason, group.count) for group in view.not_drift] == [("new in the code", 1)]
    assert view.units[0].status == "no drift, 1 resource pending"


def test_a_failed_unit_keeps_what_could_be_read() -> None:
    half = replace(samples.APP, status=UnitStatus.ERROR, error="denied")
    view = view_of(samples.report(half))
    assert view.units[0].status == "could not be read, 2 findings, 1 unread"
    assert view.verdict.headline == "Drift: 1 high · 1 medium"
    assert len(view.rows) == 3


def test_pending_attributes_show_live_and_planned() -> None:
    row = view_of(samples.mixed()).units[2].rows[0]
    assert [(a.path, a.was, a.now) for a in row.also] == [("tags.CostCenter", "(absent)", '"42"')]


def test_values_with_marks_are_not_taken_apart() -> None:
    change = AttributeChange("x", DriftClass.OUTSIDE_CODE, Severity.LOW, Mark.ABSENT, [1], [1])
    finding = replace(samples.BUCKET, attributes=(change,))
    shown = view_of(samples.report(replace(samples.NETWORK, findings=(finding,)))).rows[0].attributes[0]
    assert (shown.was, shown.now, shown.parts) == ("(absent)", "[1]", ())


def test_what_is_true_of_the_whole_object_is_part_of_the_reason() -> None:
    gone = AttributeChange(
        "", DriftClass.MISSING, Severity.HIGH, {"a": 1}, Mark.ABSENT, {"a": 1}, reason="gone: no backups"
    )
    again = replace(
        samples.QUEUE, reason="gone; apply creates it again", attributes=(gone, replace(gone, reason="gone"))
    )
    row = view_of(samples.report(replace(samples.APP, findings=(again,)))).rows[0]
    assert row.reason == "gone; apply creates it again; gone: no backups"
    assert (row.attributes, row.next_apply) == ((), "")


def test_unmanaged_and_missing_have_their_marks() -> None:
    unmanaged = replace(samples.QUEUE, cls=DriftClass.UNMANAGED)
    rows = view_of(samples.report(replace(samples.APP, findings=(samples.QUEUE, unmanaged, samples.UNREAD)))).rows
    assert sorted(row.mark for row in rows) == ["+", "-", "?"]


@pytest.mark.parametrize(("count", "text"), [(0, "0 units"), (1, "1 unit"), (1234, "1,234 units")])
def test_plural(count: int, text: str) -> None:
    assert plural(count, "unit") == text


@given(reports)
def test_any_report_has_a_view_that_loses_no_finding(report: samples.Report) -> None:
    view = view_of(report)
    shown = [f for f in report.findings if f.cls.is_drift or f.cls is DriftClass.UNREAD]
    assert len(view.rows) == len(shown)
    assert sum(count for _, count in view.by_severity) == sum(f.cls.is_drift for f in report.findings)
    assert (view.verdict.headline == "No drift") == (bool(report.units) and not report.errors and not shown)
