"""Every difference between code, state and cloud is found and rightly classed, and nothing else is reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from acceptance.cloud_lab import Lab, Scan, counted, dg
from acceptance.tamper_cases import CASES, DATA, SEVERITIES, SILENT_EDITS, Case

from driftgate.report.json_report import schema

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(tampered: Scan, case: Case) -> None:
    finding = _finding(tampered, case)
    seen = _attribute(finding, case) if case.path else finding

    assert case.cls == seen["class"]
    assert case.reason in seen.get("reason", "")
    assert SEVERITIES.index(case.at_least) <= SEVERITIES.index(seen["severity"]) <= SEVERITIES.index(case.at_most), (
        f"severity {seen['severity']}, expected {case.at_least} to {case.at_most}"
    )
    assert SEVERITIES.index(seen["severity"]) <= SEVERITIES.index(finding["severity"])


def test_reports_nothing_else(tampered: Scan) -> None:
    expected: dict[tuple[str, str], list[str]] = {(case.unit, case.address): [] for case in CASES}
    for case in CASES:
        expected[case.unit, case.address] += [case.path, *case.also]
    others = [
        (unit["path"], finding["address"], attribute["path"], attribute["class"])
        for unit in tampered.run.json["units"]
        for finding in counted(unit)
        for attribute in finding["attributes"] or [{"path": "", "class": finding["class"]}]
        if attribute["class"] not in ("computed", "pending")
        and not any(_at(attribute["path"], path) for path in expected.get((unit["path"], finding["address"]), ()))
    ]

    assert others == []


def test_every_unit_was_read_and_findings_are_told_by_the_exit_code(tampered: Scan) -> None:
    assert [(unit["path"], unit["status"]) for unit in tampered.run.json["units"]] == [
        (unit, "ok") for unit in tampered.units
    ]
    assert tampered.run.code == 2


def test_the_scan_leaves_no_trace(tampered: Scan) -> None:
    assert tampered.tree[0] == tampered.tree[1]
    assert tampered.bucket[0] == tampered.bucket[1]
    assert tampered.leftovers == []


def test_the_report_keeps_to_its_schema(clean: dict[str, Scan], tampered: Scan) -> None:
    for scan in (*clean.values(), tampered):
        jsonschema.validate(scan.run.json, schema())


def test_fingerprints_tell_findings_apart(tampered: Scan) -> None:
    fingerprints = [finding["fingerprint"] for unit in tampered.run.json["units"] for finding in unit["findings"]]

    assert len(set(fingerprints)) == len(fingerprints)


def test_findings_say_where_the_resource_stands_in_the_code(tampered: Scan, lab: Lab) -> None:
    source = _finding(tampered, next(case for case in CASES if case.id == "kms-rotation-off"))["source"]
    lines = (lab.repo / source["file"]).read_text().splitlines()

    assert lines[source["line"] - 1] == 'resource "aws_kms_key" "main" {'


def test_a_saved_plan_is_judged_as_the_cloud_was(tampered: Scan, lab: Lab, plan_json: Path) -> None:
    saved = dg("drift", "scan", "-o", "json", "--plan-json", f"{DATA}={plan_json}", cwd=lab.repo, env=lab.env)

    assert _keys(saved.unit(DATA)) == _keys(tampered.run.unit(DATA))
    assert saved.code == 2


@pytest.mark.parametrize(("threshold", "code"), [("none", 0), ("low", 2), ("high", 2)])
def test_fail_on_decides_the_exit_code(lab: Lab, plan_json: Path, threshold: str, code: int) -> None:
    done = dg("drift", "scan", "--fail-on", threshold, "--plan-json", f"{DATA}={plan_json}", cwd=lab.repo, env=lab.env)

    assert done.code == code


def test_the_table_covers_what_it_should() -> None:
    assert len(CASES) >= 30
    assert len({case.address.rpartition("module.")[2].split(".")[-2] for case in CASES}) >= 16
    assert len({case.id for case in CASES}) == len(CASES)
    assert SILENT_EDITS


def _finding(scan: Scan, case: Case) -> dict[str, Any]:
    found = [f for f in scan.run.unit(case.unit)["findings"] if f["address"] == case.address]
    assert found, f"{case.address} is not reported"
    return found[0]


def _attribute(finding: dict[str, Any], case: Case) -> dict[str, Any]:
    """The attribute at the case's path or, for a block, the gravest one under it."""
    at_path = [a for a in finding["attributes"] if _at(a["path"], case.path)]
    assert at_path, f"{case.path} is not among {[a['path'] for a in finding['attributes']]}"
    of_class = [a for a in at_path if a["class"] == case.cls] or at_path
    return max(of_class, key=lambda a: SEVERITIES.index(a["severity"]))


def _at(path: str, expected: str) -> bool:
    return path == expected or (expected != "" and path.startswith((f"{expected}.", f"{expected}[")))


def _keys(unit: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(f["address"], f["class"], f["severity"], f["fingerprint"]) for f in unit["findings"]]
