"""The proof: what a plan of a patched copy says decides; the plan is the seam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay
from remediate.test_accept import accepted, finding

from driftgate.finding import AttributeChange, DriftClass, Finding, Severity, UnitResult, UnitStatus
from driftgate.remediate.prove import prove, wishes

MAIN = 'resource "aws_x" "a" {\n  size = 1\n}\nresource "aws_x" "b" {\n  size = 1\n}\n'


def result(*findings: Finding, error: str | None = None) -> UnitResult:
    status = UnitStatus.ERROR if error else UnitStatus.OK
    return UnitResult(".", "default", status, error=error, findings=findings)


class Plans:
    """A scan that answers what it is told, and remembers the code that it saw."""

    def __init__(self, *answers: UnitResult) -> None:
        self.answers, self.seen = list(answers), []

    def __call__(self, root: Path, units: Sequence[str]) -> Sequence[UnitResult]:
        self.seen.append((root / "main.tf").read_text())
        return [self.answers.pop(0)]


DRIFT = [finding(".", f"aws_x.{name}", "size", 2) for name in "ab"]


def proved(root: Path, *answers: UnitResult) -> tuple[Any, Plans]:
    lay(root, {"main.tf": MAIN})
    plans = Plans(*answers)
    return prove(root, accepted(root, *DRIFT), [result(*DRIFT)], plans), plans


def test_one_plan_bears_all_of_it_out(tmp_path: Path) -> None:
    proven, plans = proved(tmp_path, result())

    assert (len(proven.proposal.accepted), proven.proposal.refused, proven.plans) == (2, (), 1)
    assert plans.seen == [MAIN.replace("1", "2")]
    assert (tmp_path / "main.tf").read_text() == MAIN, "the repo itself is as it was"


def test_what_the_plan_still_changes_is_left_out(tmp_path: Path) -> None:
    proven, plans = proved(tmp_path, result(DRIFT[0]), result())

    assert [item.target.finding.address for item in proven.proposal.accepted] == ["aws_x.b"]
    assert [r.reason for r in proven.proposal.refused] == ["with the patch the plan still changes size"]
    assert list(proven.proposal.after) == ["main.tf"]
    assert plans.seen[1].count("size = 2") == 1


def test_what_is_new_on_the_same_resource_is_its_doing(tmp_path: Path) -> None:
    new = finding(".", "aws_x.b", "name", "x", cls=DriftClass.PENDING)
    proven, _ = proved(tmp_path, result(new), result())

    assert [item.target.finding.address for item in proven.proposal.accepted] == ["aws_x.a"]
    assert [r.reason for r in proven.proposal.refused] == ["with the patch the plan would change aws_x.b name"]


def test_what_is_new_elsewhere_may_be_anyones(tmp_path: Path) -> None:
    new = finding(".", "aws_y.c", "name", "x", cls=DriftClass.PENDING)
    proven, _ = proved(tmp_path, result(new))

    assert (proven.proposal.accepted, len(proven.proposal.refused)) == ((), 2)
    assert proven.proposal.after == {}


def test_a_unit_that_does_not_plan_proves_nothing(tmp_path: Path) -> None:
    proven, _ = proved(tmp_path, result(error="no credentials"))

    assert [r.reason for r in proven.proposal.refused] == ["with the patch . does not plan: no credentials"] * 2


@pytest.mark.parametrize(
    ("cls", "wished"),
    [(DriftClass.REVERTED_BY_APPLY, True), (DriftClass.PENDING, True), (DriftClass.MISSING, True), (DriftClass.OUTSIDE_CODE, False), (DriftClass.COMPUTED, False)],
)  # fmt: skip
def test_wishes(cls: DriftClass, wished: bool) -> None:
    attribute = AttributeChange("size", cls, Severity.LOW, 1, 2, 1)
    found = wishes([result(Finding(".", "default", "aws_x.a", "aws_x", cls, Severity.LOW, (attribute,)))])

    assert found == ({(".", "default", "aws_x.a", "size")} if wished else set())
