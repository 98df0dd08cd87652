from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.finding import DriftClass, Finding, Severity, UnitResult, UnitStatus
from driftgate.tfexec.plan import parse_plan
from driftgate.wrap.drift_check import drifted, judge, lines
from driftgate.wrap.options import Options
from driftgate.wrap.target import Target, target_of
from driftgate.wrap.terraform_argv import TerraformCommand

PLANS = Path(__file__).parents[1] / "fixtures/plans"


@pytest.fixture
def target(repo: Path) -> Target:
    return target_of(TerraformCommand("", "apply", []), Options([]), tool="terraform", cwd=repo, env={})


def finding(name: str, cls: DriftClass, severity: Severity) -> Finding:
    return Finding("live", "default", name, "aws_x", cls, severity)


def result(*findings: Finding, status: UnitStatus = UnitStatus.OK) -> UnitResult:
    return UnitResult(
        "live", "default", status, "it is locked" if status is UnitStatus.ERROR else None, findings=findings, checked=9
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(result(), ["no drift in 9 resources"], id="none"),
        pytest.param(result(finding("a.b", DriftClass.PENDING, Severity.INFO)), ["no drift in 9 resources"], id="only code that moved"),
        pytest.param(result(status=UnitStatus.ERROR), ["drift could not be checked: it is locked"], id="not read"),
        pytest.param(
            result(finding("a.b", DriftClass.MISSING, Severity.HIGH)),
            ["1 of 9 resources drifted since the last apply", "  high a.b: missing"], id="drift",
        ),
    ],
)  # fmt: skip
def test_what_is_said(found: UnitResult, said: list[str]) -> None:
    assert lines(found) == said


def test_the_gravest_first_and_not_too_many() -> None:
    many = [finding(f"a.b{n}", DriftClass.MISSING, Severity.LOW) for n in range(7)]
    said = lines(result(*many, finding("z.z", DriftClass.MISSING, Severity.CRITICAL)))

    assert said[1] == "  critical z.z: missing"
    assert said[-1] == "  … and 3 more: dg drift scan live"


@pytest.mark.parametrize(("plan", "any_drift"), [("untouched.json", False), ("tampered.json", True)])
def test_drift_in_a_plan_that_is_there(target: Target, plan: str, any_drift: bool) -> None:
    found = judge(target, {}, parse_plan((PLANS / plan).read_bytes()))

    assert bool(drifted(found)) == any_drift
