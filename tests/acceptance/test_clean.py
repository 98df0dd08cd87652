"""An untouched repo is clean, however it is scanned, and a scan leaves no trace."""

from __future__ import annotations

import pytest
from acceptance.cloud_lab import Scan, counted

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]
SCANS = ("initialised", "clone", "clone-workspace", "clone-without-lock-file")


@pytest.mark.parametrize("name", SCANS)
def test_reports_no_drift(clean: dict[str, Scan], name: str) -> None:
    scan = clean[name]
    false_positives = {
        finding["address"]: [(a["path"], a["class"]) for a in finding["attributes"]]
        for unit in scan.run.json["units"]
        for finding in counted(unit)
    }

    assert false_positives == {}
    assert [(unit["path"], unit["status"], unit["error"]) for unit in scan.run.json["units"]] == [
        (unit, "ok", None) for unit in scan.units
    ]
    assert scan.run.code == 0, scan.run.said


@pytest.mark.parametrize("name", SCANS)
def test_leaves_the_tree_as_it_was(clean: dict[str, Scan], name: str) -> None:
    before, after = clean[name].tree

    assert after == before
    assert clean[name].leftovers == []


@pytest.mark.parametrize("name", SCANS)
def test_writes_nothing_to_the_state_bucket_and_takes_no_lock(clean: dict[str, Scan], name: str) -> None:
    """The bucket is versioned: a lock taken and given back would stand in its history."""
    before, after = clean[name].bucket

    assert after == before


def test_finds_the_workspace_that_is_selected(clean: dict[str, Scan]) -> None:
    workspaces = {unit["path"]: unit["workspace"] for unit in clean["initialised"].run.json["units"]}

    assert workspaces == {
        "live/access": "default",
        "live/app": "default",
        "live/data": "default",
        "live/jobs": "prod",
        "live/network": "default",
    }
