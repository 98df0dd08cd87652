from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.json_report import document
from driftgate.report.lines import COLUMNS, to_csv, to_ndjson


def rows(report: samples.Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(view_of(report)))))


def test_a_clean_report_is_a_header() -> None:
    assert to_csv(view_of(samples.clean())) == ",".join(COLUMNS) + "\n"


def test_a_line_for_each_attribute_and_for_each_failure() -> None:
    found = rows(samples.mixed())
    assert [(row["unit"], row["class"], row["attribute"]) for row in found] == [
        ("live/app", "unread", ""),
        ("live/app", "missing", ""),
        ("live/app", "reverted-by-apply", "backup_retention_period"),
        ("live/app", "reverted-by-apply", "password"),
        ("live/app", "outside-code", "ca_cert_identifier"),
        ("live/dns", "unread", ""),
        ("live/network", "reverted-by-apply", "ingress"),
        ("live/network", "reverted-by-apply", "tags.Owner"),
        ("live/network", "reverted-by-apply", "policy"),
        ("live/network", "reverted-by-apply", "versioning_configuration[0].status"),
    ]
    assert found[2]["was"] == "7"
    assert found[6]["file"] == "modules/web/main.tf"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(start: str) -> None:
    finding = replace(samples.QUEUE, address=f"{start}cmd|' /C calc'!A0", reason=f"{start}1+1")
    row = rows(samples.report(replace(samples.APP, findings=(finding,))))[0]
    assert row["address"].startswith(f"'{start}")
    assert row["reason"].startswith(f"'{start}")


@settings(deadline=None, max_examples=50)
@given(reports)
def test_any_report_keeps_its_columns_and_lines(report: samples.Report) -> None:
    assert all(None not in row and None not in row.values() for row in rows(report))
    lines = [json.loads(line) for line in to_ndjson(report).split("\n")[:-1]]
    tree = document(report)
    assert [line["record"] for line in lines].count("finding") == sum(len(unit["findings"]) for unit in tree["units"])
    assert lines[0]["summary"] == tree["summary"]
    assert all(line["format_version"] == tree["format_version"] for line in lines)
