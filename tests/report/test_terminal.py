from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report import samples
from report.strategies import attributes

from driftgate.finding import DriftClass
from driftgate.report.build import view_of
from driftgate.report.terminal import change_lines, counted, facts, path_column
from driftgate.report.text import columns
from driftgate.report.view import AttributeRow, Group


def shown(was: object, now: object, reason: str = "") -> AttributeRow:
    finding = samples.replace(
        samples.BUCKET, attributes=(samples.changed("x", was, now, samples.Severity.LOW, reason),)
    )
    return view_of(samples.report(samples.replace(samples.NETWORK, findings=(finding,)))).rows[0].attributes[0]


@pytest.mark.parametrize(
    ("was", "now", "reason", "room", "lines"),
    [
        (1, 2, "", 40, (("1 → 2", "(reverted-by-apply)"),)),
        (1, 2, "why", 26, (("1 → 2", ""), ("", "(reverted-by-apply; why)"))),
        (1, 2, "a long reason", 24, (("1 → 2", ""), ("", "(reverted-by-apply; a"), ("", " long reason)"))),
        ("a" * 30, "b" * 30, "", 40, (
            (f'"{"a" * 30}"', ""), (f'→ "{"b" * 30}"', ""), ("", "(reverted-by-apply)"),
        )),
        ([], [1, 2], "", 40, (("+ 1", ""), ("+ 2", "(reverted-by-apply)"))),
    ],
)  # fmt: skip
def test_change_lines(was: object, now: object, reason: str, room: int, lines: object) -> None:
    assert change_lines(shown(was, now, reason), room) == lines


@given(attributes, st.integers(24, 120))
def test_values_never_run_out_of_their_room(change: object, room: int) -> None:
    finding = samples.replace(
        samples.BUCKET, attributes=(samples.replace(change, path="x", cls=DriftClass.OUTSIDE_CODE),)
    )
    row = view_of(samples.report(samples.replace(samples.NETWORK, findings=(finding,)))).rows[0].attributes[0]
    assert all(columns(plain) <= room for plain, _ in change_lines(row, room))


def test_few_reasons_are_told_and_the_rest_counted() -> None:
    groups = [Group(DriftClass.PENDING, "new code", 2, ("a",))]
    groups += [Group(DriftClass.COMPUTED, f"reason {n}", 9 - n, ("a",)) for n in range(6)]
    assert counted(groups) == (
        "2 pending changes (new code), 39 computed changes (9 reason 0, 8 reason 1, 7 reason 2, 6 reason 3, 9 other)"
    )
    assert counted([]) == ""


def test_facts_of_a_finding() -> None:
    rows = {row.address: facts(row) for row in view_of(samples.mixed()).rows}
    assert rows["aws_kms_key.main"] == "unread: access denied: kms:GetKeyRotationStatus"
    assert rows["aws_db_instance.orders"] == "apply would destroy and re-create it"
    assert (
        rows["aws_sqs_queue.jobs"] == "missing: the object is gone · live/app/queues.tf:1 · apply would create it again"
    )


@pytest.mark.parametrize(("paths", "column"), [([], 12), (["a"], 12), (["a" * 20, "b" * 40], 20)])
def test_the_column_of_names_ignores_the_very_long(paths: list[str], column: int) -> None:
    assert path_column(paths, 90) == column
