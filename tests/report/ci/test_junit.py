from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import xmlschema
from hypothesis import given, settings
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.ci.junit import junit

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[2] / "schemas/junit-10.xsd")


def suites(report: samples.Report) -> dict[str, Xml.Element]:
    return {suite.attrib["name"]: suite for suite in Xml.fromstring(junit(view_of(report)))}


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_samples_keep_the_published_schema(name: str) -> None:
    SCHEMA.validate(junit(view_of(samples.SAMPLES[name]())))


@settings(deadline=None, max_examples=30)
@given(reports)
def test_any_report_keeps_the_published_schema(report: samples.Report) -> None:
    SCHEMA.validate(junit(view_of(report)))


def test_a_clean_unit_passes_one_case() -> None:
    suite = suites(samples.clean())["live/storage"]
    assert {key: suite.attrib[key] for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "1", "failures": "0", "errors": "0", "skipped": "0",
    }  # fmt: skip
    assert suite[0].attrib["name"] == "no drift in 9 resources"


def test_drift_fails_unread_errs_pending_is_skipped() -> None:
    found = suites(samples.mixed())
    assert [case[0].tag for case in found["live/app@prod"]] == ["error", "failure", "failure"]
    assert [case[0].tag for case in found["live/network"]] == ["failure", "failure", "failure", "skipped", "skipped"]
    assert [(case.attrib["name"], case[0].tag) for case in found["live/dns"]] == [("could not be read", "error")]
    failure = found["live/network"][0][0]
    assert failure.attrib["type"] == "reverted-by-apply, critical"
    assert "opens port 22 to the world" in failure.attrib["message"]
    assert failure.text is not None
    assert failure.text.endswith("modules/web/main.tf:12")
