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
    proven, plans = proved(tmp_path, result(error="no credentials"), result(error="no credentials"))

    assert [r.reason for r in proven.proposal.refused] == ["with the patch . does not plan: no credentials"] * 2
    assert plans.seen[1] == MAIN, "it is looked at without the patches too"


def test_the_patch_that_breaks_its_unit_is_found_by_halves(tmp_path: Path) -> None:
    bad = result(error="bad size")
    proven, plans = proved(tmp_path, bad, result(*DRIFT), bad, result(DRIFT[0]))

    assert [item.target.finding.address for item in proven.proposal.accepted] == ["aws_x.b"]
    assert [r.reason for r in proven.proposal.refused] == ["with the patch . does not plan: bad size"]
    assert [text.count("size = 2") for text in plans.seen] == [2, 0, 1, 1]
    assert proven.plans == 4


def test_the_second_half_is_proved_on_top_of_the_first(tmp_path: Path) -> None:
    bad = result(error="not both")
    proven, plans = proved(tmp_path, bad, result(*DRIFT), result(DRIFT[1]), bad)

    assert [item.target.finding.address for item in proven.proposal.accepted] == ["aws_x.a"]
    assert [text.count("size = 2") for text in plans.seen] == [2, 0, 1, 2]


def test_what_was_borne_out_may_not_be_undone_by_the_rest(tmp_path: Path) -> None:
    bad = result(error="bad size")
    proven, _ = proved(tmp_path, bad, result(*DRIFT), result(DRIFT[1]), result(DRIFT[0]))

    assert [item.target.finding.address for item in proven.proposal.accepted] == ["aws_x.a"]
    assert [r.reason for r in proven.proposal.refused] == ["with the patch the plan would change aws_x.a size"]


def test_units_without_a_part_in_what_fails_are_planned_once(tmp_path: Path) -> None:
    code = 'resource "aws_x" "a" {\n  size = 1\n}\n'
    lay(tmp_path, {f"{unit}/main.tf": code for unit in "abc"})
    drift = [finding(unit, "aws_x.a", "size", 2) for unit in "abc"]
    proposal = accepted(tmp_path, *drift, units=("a", "b", "c"))
    planned: list[str] = []

    def scan(root: Path, units: Sequence[str]) -> list[UnitResult]:
        planned.extend(units)
        found = {"b": (drift[1],)}
        return [UnitResult(unit, "default", UnitStatus.OK, findings=found.get(unit, ())) for unit in units]

    before = [UnitResult(f.unit, "default", UnitStatus.OK, findings=(f,)) for f in drift]
    proven = prove(tmp_path, proposal, before, scan)
    assert [item.target.finding.unit for item in proven.proposal.accepted] == ["a", "c"]
    assert planned == ["a", "b", "c"]


def test_a_unit_that_no_plan_tells_of_is_not_proved(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": MAIN})
    proven = prove(tmp_path, accepted(tmp_path, DRIFT[0]), [result(*DRIFT)], lambda root, units: [])

    assert [r.reason for r in proven.proposal.refused] == ["with the patch . does not plan: it was not planned"]


@pytest.mark.parametrize(
    ("cls", "wished"),
    [(DriftClass.REVERTED_BY_APPLY, True), (DriftClass.PENDING, True), (DriftClass.MISSING, True), (DriftClass.OUTSIDE_CODE, False), (DriftClass.COMPUTED, False)],
)  # fmt: skip
def test_wishes(cls: DriftClass, wished: bool) -> None:
    attribute = AttributeChange("size", cls, Severity.LOW, 1, 2, 1)
    found = wishes([result(Finding(".", "default", "aws_x.a", "aws_x", cls, Severity.LOW, (attribute,)))])

    assert found == ({(".", "default", "aws_x.a", "size")} if wished else set())
