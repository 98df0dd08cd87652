from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.ci.codequality import code_quality

# What GitLab documents of its report format.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 32},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


def issues(report: samples.Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(code_quality(view_of(report)))
    return found


def test_a_clean_report_is_an_empty_array() -> None:
    assert issues(samples.clean()) == []


@settings(deadline=None, max_examples=30)
@given(reports)
def test_any_report_keeps_the_format_and_each_fingerprint_stands_once(report: samples.Report) -> None:
    found = issues(report)
    jsonschema.validate(found, SCHEMA)
    assert len({issue["fingerprint"] for issue in found}) == len(found)


def test_failures_first_then_by_severity_on_the_resource_block() -> None:
    found = issues(samples.mixed())
    assert [(i["severity"], i["location"]["path"], i["location"]["lines"]["begin"]) for i in found] == [
        ("blocker", "live/dns/main.tf", 1),
        ("major", "live/app/main.tf", 1),
        ("blocker", "modules/web/main.tf", 12),
        ("critical", "live/app/queues.tf", 1),
        ("critical", "live/network/iam.tf", 3),
        ("major", "live/app/main.tf", 1),
        ("major", "live/network/logs.tf", 8),
    ]


def test_a_repeated_finding_is_not_lost() -> None:
    unit = samples.replace(samples.NETWORK, findings=(samples.BUCKET, samples.BUCKET))
    assert len({issue["fingerprint"] for issue in issues(samples.report(unit))}) == 2
