from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.finding import UnitResult
from driftgate.report.formats import FORMATS, to_text
from driftgate.report.json_read import ReportError, merged, read_report
from driftgate.report.json_report import document, to_json
from driftgate.safety.findings import redact_report
from driftgate.safety.redact import Redactor


def reread(report: samples.Report) -> samples.Report:
    return read_report(to_json(report).encode(), "drift.json")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", samples.SAMPLES)
def test_a_saved_report_renders_as_the_scan_did(name: str, format: str) -> None:
    report = redact_report(samples.SAMPLES[name](), Redactor())
    assert to_text(reread(report), format) == to_text(report, format)


@settings(deadline=None, max_examples=50)
@given(reports)
def test_reading_is_the_inverse_of_writing(report: samples.Report) -> None:
    report = replace(report, units=tuple(map(own_findings, report.units)))
    assert document(reread(report)) == document(report)


def own_findings(unit: UnitResult) -> UnitResult:
    """The unit with findings that name it, as every real one's do."""
    findings = tuple(replace(finding, unit=unit.path, workspace=unit.workspace) for finding in unit.findings)
    return replace(unit, findings=findings)


def broken(**changes: Any) -> bytes:
    return json.dumps({**document(samples.mixed()), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not JSON"),
        (b"[]", "is not a driftgate report"),
        (b'{"format_version": "1.0"}', "is not a driftgate report"),
        (broken(format_version="2.0"), "has format version 2.0, and this dg reads 1.x"),
        (broken(units=[{}]), "is not a whole driftgate report"),
        (broken(units=3), "is not a whole driftgate report"),
        (broken(units=["x"]), "is not a whole driftgate report"),
    ],
    ids=["empty", "array", "no units", "later version", "empty unit", "number", "text"],
)
def test_what_is_no_report_says_so(data: bytes, says: str) -> None:
    with pytest.raises(ReportError, match=says) as failed:
        read_report(data, "x.json")
    assert failed.value.next_step


def test_shards_join_to_the_whole_scan() -> None:
    whole = samples.mixed()
    shards = [replace(whole, units=whole.units[n::2]) for n in range(2)]
    assert merged(shards) == whole


def test_a_unit_in_two_shards_is_refused() -> None:
    with pytest.raises(ReportError, match="the unit live/edge"):
        merged([samples.clean(), samples.clean()])
