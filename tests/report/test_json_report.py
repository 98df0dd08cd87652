from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from report import samples
from report.strategies import reports

from driftgate.finding import DriftClass, Mark
from driftgate.report.json_report import document, schema, to_json

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_samples_validate(name: str) -> None:
    VALIDATOR.validate(json.loads(to_json(samples.SAMPLES[name]())))


@given(reports)
def test_any_report_validates_and_encodes(report: samples.Report) -> None:
    text = to_json(report)
    VALIDATOR.validate(json.loads(text))
    text.encode()
    assert not [c for c in text if (c < " " and c != "\n") or c in "\x7f\x9b\u202e\u2028"]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("format_version",), "2.0"),
        (("units", 0, "status"), "fine"),
        (("units", 0, "findings", 0, "class"), "other"),
        (("units", 0, "findings", 0, "fingerprint"), "short"),
        (("units", 0, "findings", 0, "attributes"), None),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: tuple[str | int, ...], wrong: object) -> None:
    tree = document(samples.mixed())
    place = tree
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = wrong  # type: ignore[index]
    assert not VALIDATOR.is_valid(tree)


def test_a_failed_unit_must_say_why() -> None:
    tree = document(samples.failed())
    tree["units"][0]["error"] = None
    assert not VALIDATOR.is_valid(tree)


def test_summary_counts_what_counts_for_the_exit_code() -> None:
    summary = document(samples.mixed())["summary"]
    assert summary["findings"] == 5
    assert summary["unread"] == 1
    assert summary["units"] == {"total": 4, "ok": 3, "error": 1}
    assert sum(summary["by_severity"].values()) == 5
    assert sum(summary["by_class"].values()) == 8
    assert set(summary["by_class"]) == {cls.value for cls in DriftClass}


def test_pending_and_computed_are_listed() -> None:
    network = next(unit for unit in document(samples.mixed())["units"] if unit["path"] == "live/network")
    classes = {finding["class"] for finding in network["findings"]}
    assert {"pending", "computed"} <= classes


def test_marks() -> None:
    network = next(unit for unit in document(samples.mixed())["units"] if unit["path"] == "live/network")
    by_path = {a["path"]: a for finding in network["findings"] for a in finding["attributes"]}
    assert "state" not in by_path["tags.CostCenter"]
    assert by_path["tags.CostCenter"]["planned"] == "42"
    assert by_path["last_modified"]["planned"] == "(known after apply)"


def test_odd_values_become_json() -> None:
    change = samples.changed("x", float("nan"), {"a": Mark.UNKNOWN, "b": Mark.ABSENT, 1: (1,)}, samples.Severity.LOW)
    finding = samples.replace(samples.BUCKET, attributes=(change,))
    tree = document(samples.report(samples.replace(samples.NETWORK, findings=(finding,))))
    attribute = tree["units"][0]["findings"][0]["attributes"][0]
    assert attribute["state"] is None
    assert attribute["live"] == {"a": "(known after apply)", "1": [1]}


def test_hidden_characters_are_escaped_and_not_lost() -> None:
    finding = samples.replace(samples.BUCKET, reason="a\u202eb\x9bc\ud800")
    text = to_json(samples.report(samples.replace(samples.NETWORK, findings=(finding,))))
    assert "\\u202e" in text
    assert json.loads(text)["units"][0]["findings"][0]["reason"] == finding.reason
