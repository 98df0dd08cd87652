"""A service that refuses: its resources are unread, all others are judged, and the exit code says so."""

from __future__ import annotations

import re

import pytest
from acceptance.cloud_lab import Lab, Run, Scan, dg
from acceptance.denying_server import denying_server
from acceptance.tamper_cases import JOBS

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]


@pytest.fixture(scope="module")
def refused(lab: Lab, tampered: Scan) -> Run:
    """A scan of the tampered jobs unit by somebody who may read logs and the state, but not SNS."""
    with denying_server("AccessDenied") as endpoint:
        env = lab.env | {"AWS_ENDPOINT_URL_SNS": endpoint}
        return dg("drift", "scan", "-o", "json", JOBS, cwd=lab.repo, env=env)


def test_what_was_refused_is_unread_with_its_reason(refused: Run) -> None:
    unread = {f["address"]: f["reason"] for f in refused.unit(JOBS)["findings"] if f["class"] == "unread"}

    assert "aws_sns_topic.done" in unread
    assert all(re.search(r"denied", reason, re.IGNORECASE) for reason in unread.values())


def test_what_could_be_read_is_judged_all_the_same(refused: Run) -> None:
    found = {f["address"]: f["class"] for f in refused.unit(JOBS)["findings"]}

    assert found["aws_cloudwatch_log_group.yearly"] == "reverted-by-apply"


def test_the_unit_is_an_error_not_clean(refused: Run) -> None:
    unit = refused.unit(JOBS)

    assert refused.code == 1
    assert unit["status"] == "error"
    assert re.search(r"denied", unit["error"], re.IGNORECASE)
    assert unit["next_step"]
