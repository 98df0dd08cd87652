"""No secret of the state, the code or the cloud reaches any output."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from acceptance.cloud_lab import Lab, Scan, dg
from acceptance.tamper_cases import ACCESS, DATA, LIVE_PASSWORD, LIVE_WEBHOOK, STATE_CANARIES

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]
CANARIES = (*STATE_CANARIES, LIVE_PASSWORD, LIVE_WEBHOOK.rpartition("/")[2])
FORMATS = ("table", "json", "markdown", "html", "github")


def test_the_canaries_are_where_they_could_leak(plan_json: Path) -> None:
    text = plan_json.read_text()

    assert [canary for canary in CANARIES if canary not in text] == []


@pytest.mark.parametrize("around", ["", "a", "ab", "abc"])
def test_the_search_sees_through_base64(around: str) -> None:
    hidden = base64.b64encode(f"{around}{CANARIES[0]} and more".encode()).decode()

    assert _leaks(f"data: {hidden}", CANARIES) == [CANARIES[0]]


def test_none_in_the_scan_of_the_live_cloud(tampered: Scan, lab: Lab) -> None:
    access_key = lab.aws.attributes(ACCESS, "aws_iam_access_key.ci")["secret"]

    assert access_key
    assert _leaks(tampered.run.said, (*CANARIES, access_key)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_none_in_any_format(lab: Lab, plan_json: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "report"
    arguments = ("drift", "scan", "-o", name, "--plan-json", f"{DATA}={plan_json}")
    shown = dg(*arguments, cwd=lab.repo, env=lab.env)
    filed = dg(*arguments, "--out", str(out), cwd=lab.repo, env=lab.env)

    assert (shown.code, filed.code) == (2, 2), filed.said
    assert "aws_kms_key.backup" in shown.stdout
    assert "aws_kms_key.backup" in out.read_text()
    assert _leaks(shown.said + filed.said + out.read_text(), CANARIES) == []


def test_none_in_a_failed_run(lab: Lab, plan_json: Path, tmp_path: Path) -> None:
    """A plan that cannot be parsed is quoted nowhere."""
    cut = tmp_path / "cut.json"
    cut.write_text(plan_json.read_text()[:-1000])
    done = dg("drift", "scan", "--plan-json", f"{DATA}={cut}", cwd=lab.repo, env={**lab.env, "DG_DEBUG": "1"})

    assert done.code == 1
    assert _leaks(done.said, CANARIES) == []


def _leaks(text: str, secrets: tuple[str, ...]) -> list[str]:
    return [secret for secret in secrets if any(form in text for form in _forms(secret))]


def _forms(secret: str) -> set[str]:
    """The secret as it is, and what is the same of its base64 form whatever stands around it."""
    shifted = (base64.b64encode(b" " * shift + secret.encode()).decode() for shift in range(3))
    return {secret, *(text[4:-4] for text in shifted)}
