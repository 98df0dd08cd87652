"""The proof of blocks: the plan of a patched copy decides; the plan is the seam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from remediate.blocks.test_same_object import come, gone
from remediate.repos import lay

from driftgate.finding import AttributeChange, DriftClass, Finding, Severity, UnitResult, UnitStatus
from driftgate.hcl.edit import Edit
from driftgate.remediate.blocks.item import BlockItem
from driftgate.remediate.blocks.prove import act_of, confirmed
from driftgate.remediate.trace.wanted import Change

Answer = Callable[[str], UnitResult]


def item(name: str, act: str = "no-op") -> BlockItem:
    change = Change("main.tf", "\n", (Edit(1, 1, f"# {name}\n"),))
    return BlockItem(gone(f"box.{name}", unit=".", name=name), "does", change, {f"box.{name}": act}, "undo")


def result(*findings: Finding, error: str | None = None) -> UnitResult:
    return UnitResult(".", "default", UnitStatus.ERROR if error else UnitStatus.OK, error, findings=findings)


def changed(address: str, *actions: str) -> Finding:
    whole = AttributeChange("", DriftClass.PENDING, Severity.NONE, 1, 1, 2)
    return Finding(".", "default", address, "box", DriftClass.PENDING, Severity.NONE, (whole,), actions)


def proved(root: Path, items: Sequence[BlockItem], answer: Answer) -> tuple[list[str], list[str], int]:
    """What holds, the reasons of the rest, and the number of plans."""
    lay(root, {"main.tf": "\n"})
    seen = []

    def scan(copy: Path, units: Sequence[str]) -> list[UnitResult]:
        seen.append((copy / "main.tf").read_text())
        return [answer(seen[-1])]

    kept, refused = confirmed(root, items, [result(gone("box.a", unit=".", name="a"))], scan)
    assert (root / "main.tf").read_text() == "\n"
    return [one.finding.address for one in kept], [one.reason for one in refused], len(seen)


def test_nothing_is_no_plan(tmp_path: Path) -> None:
    assert proved(tmp_path, [], lambda text: result()) == ([], [], 0)


def test_one_plan_bears_all_out(tmp_path: Path) -> None:
    assert proved(tmp_path, [item("a"), item("b")], lambda text: result()) == (["box.a", "box.b"], [], 1)


def test_a_move_may_still_be_a_move(tmp_path: Path) -> None:
    assert proved(tmp_path, [item("a")], lambda text: result(changed("box.a", "no-op")))[0] == ["box.a"]


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        pytest.param([changed("box.a", "delete")], "with the block the plan would delete box.a", id="destroyed"),
        pytest.param([changed("box.a", "delete", "create")], "the plan would replace box.a", id="replaced"),
        pytest.param([changed("box.a", "update")], "with the block the plan would update box.a", id="changed"),
        pytest.param([come("box.z", unit=".", name="z")], "the plan would change box.z", id="something-new"),
    ],
)
def test_what_the_plan_does_not_bear_out_is_refused(tmp_path: Path, findings: list[Finding], reason: str) -> None:
    kept, reasons, _ = proved(tmp_path, [item("a")], lambda text: result(*findings))

    assert kept == []
    assert reason in reasons[0]


def test_what_was_to_be_forgotten_has_to_be(tmp_path: Path) -> None:
    forgotten = result(changed("box.a", "forget"))

    assert proved(tmp_path, [item("a", "forget")], lambda text: forgotten)[0] == ["box.a"]
    assert proved(tmp_path, [item("a", "forget")], lambda text: result())[1] == [
        "with the block the plan would still have box.a"
    ]


def test_the_one_that_does_not_plan_is_found_by_halves(tmp_path: Path) -> None:
    def answer(text: str) -> UnitResult:
        return result(error="no") if "# c" in text else result()

    kept, reasons, _ = proved(tmp_path, [item(name) for name in "abcd"], answer)
    assert kept == ["box.a", "box.b", "box.d"]
    assert reasons == ["with the block . does not plan: no"]


def test_halves_are_proved_together(tmp_path: Path) -> None:
    def answer(text: str) -> UnitResult:
        return result(error="not both") if "# a" in text and "# b" in text else result()

    assert proved(tmp_path, [item("a"), item("b")], answer)[:2] == (
        ["box.a"], ["with the block . does not plan: not both"],
    )  # fmt: skip


def test_what_a_plan_does_in_a_word() -> None:
    assert [act_of(f) for f in (None, changed("a"), changed("a", "read"), changed("a", "create", "delete"))] == [
        "no-op", "no-op", "no-op", "replace",
    ]  # fmt: skip
