from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.ci.sarif import RESULTS, RUNS, sarif

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/sarif-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def made(report: samples.Report) -> Any:
    return json.loads(sarif(view_of(report)))


def results(document: Any) -> list[Any]:
    return [result for run in document["runs"] for result in run["results"]]


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_samples_keep_the_published_schema(name: str) -> None:
    VALIDATOR.validate(made(samples.SAMPLES[name]()))


@settings(deadline=None, max_examples=30)
@given(reports)
def test_any_report_keeps_the_published_schema(report: samples.Report) -> None:
    VALIDATOR.validate(made(report))


def test_a_clean_unit_has_an_empty_run_that_closes_its_alerts() -> None:
    document = made(samples.clean())
    assert [(run["automationDetails"]["id"], run["results"]) for run in document["runs"]] == [
        ("driftgate/live/edge/", []),
        ("driftgate/live/storage/", []),
        ("driftgate/not-read/", []),
    ]


def test_a_unit_that_was_not_read_has_no_run_of_its_own() -> None:
    runs = {run["automationDetails"]["id"]: run for run in made(samples.mixed())["runs"]}
    assert list(runs) == [
        "driftgate/live/app@prod/",
        "driftgate/live/network/",
        "driftgate/live/storage/",
        "driftgate/not-read/",
    ]
    unread = runs["driftgate/not-read/"]
    assert unread["invocations"][0]["executionSuccessful"] is False
    assert unread["results"][0]["message"]["text"].startswith(
        'live/dns could not be read: S3 bucket "acme-tfstate-old"'
    )


def test_a_finding_stands_on_its_resource_block() -> None:
    found = next(r for r in results(made(samples.mixed())) if "aws_security_group" in r["message"]["text"])
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "modules/web/main.tf", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 12, "endLine": 31}
    fingerprint = samples.SECURITY_GROUP.fingerprint
    assert found["partialFingerprints"] == {"primaryLocationLineHash": f"{fingerprint}:1", "driftgate/v1": fingerprint}


def test_rules_carry_the_score_and_results_point_at_them() -> None:
    for run in made(samples.mixed())["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    rules = {rule["id"]: rule for run in made(samples.mixed())["runs"] for rule in run["tool"]["driver"]["rules"]}
    assert rules["reverted-by-apply/critical"]["properties"]["security-severity"] == "9.5"
    assert "security-severity" not in rules["unread"]["properties"]
    assert all(len(rule["properties"]["tags"]) <= 20 for rule in rules.values())


def test_at_most_five_thousand_results_and_the_rest_is_said() -> None:
    document = made(samples.large(5_050))
    assert len(results(document)) == RESULTS
    texts = [
        n["message"]["text"] for run in document["runs"] for n in run["invocations"][0]["toolExecutionNotifications"]
    ]
    assert texts[0] == "50 findings of lesser severity left out: code scanning keeps 5,000"


def test_at_most_twenty_runs() -> None:
    many = samples.report(*(replace(samples.STORAGE, path=f"live/{n}") for n in range(60)))
    assert [run["automationDetails"]["id"] for run in made(many)["runs"]] == [
        "driftgate/all-units/",
        "driftgate/not-read/",
    ]
    few = samples.report(*(replace(samples.STORAGE, path=f"live/{n}") for n in range(19)))
    assert len(made(few)["runs"]) == RUNS
