from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.safety.audit import Event
from driftgate.safety.signing import generate_key
from driftgate.safety.trail.checkpoint import Checkpoint, make_checkpoint, parse_checkpoints
from driftgate.safety.trail.record import Circumstances, Head, line_of, new_record
from driftgate.safety.trail.verify import Damage, verify

KEY, OTHER = generate_key(), generate_key()
Lines = list[bytes]


def chain(count: int, head: Head | None = None, word: str = "act") -> Lines:
    head, made = head or Head(), []
    for _ in range(count):
        record = new_record(
            Event(f"{word} {head.seq + 1}"), Circumstances(), after=head, time="2026-11-26T00:00:00.000Z"
        )
        head = Head(record["seq"], record["hash"])
        made.append(line_of(record))
    return made


def head_of(lines: Sequence[bytes]) -> Head:
    last = json.loads(lines[-1])
    return Head(last["seq"], last["hash"])


LOG = chain(9)


def replaced(lines: Lines, index: int, line: bytes) -> Lines:
    return [*lines[:index], line, *lines[index + 1 :]]


def rehashed(lines: Lines, index: int) -> Lines:
    """The record at `index` altered by somebody who made its hash good again."""
    return replaced(lines, index, chain(1, head_of(lines[:index]), word="evil")[0])


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_whole_log(count: int) -> None:
    verdict = verify(chain(count))

    assert (verdict.records, verdict.problem, verdict.notes, verdict.signed) == (count, None, (), 0)
    assert (verdict.last.seq if verdict.last else 0) == count


@pytest.mark.parametrize(
    ("spoil", "damage", "seq", "line"),
    [
        pytest.param(lambda x: replaced(x, 4, x[4].replace(b"act 5", b"act 6")), Damage.ALTERED, 5, 5, id="a word altered"),
        pytest.param(lambda x: replaced(x, 4, x[4].replace(b",", b", ", 1)), Damage.ALTERED, 5, 5, id="a space added"),
        pytest.param(lambda x: replaced(x, 0, b"{}\n"), Damage.ALTERED, 1, 1, id="the first emptied"),
        pytest.param(lambda x: replaced(x, 8, x[8][:20] + b"\n"), Damage.ALTERED, 9, 9, id="the last cut short"),
        pytest.param(lambda x: replaced(replaced(x, 3, b"x\n"), 4, b"y\n"), Damage.ALTERED, 4, 4, id="two altered"),
        pytest.param(lambda x: rehashed(x, 4), Damage.ALTERED, 5, 5, id="altered and its hash made good"),
        pytest.param(lambda x: [*x[:4], b"garbage\n", *x[4:]], Damage.ALTERED, 5, 5, id="a foreign line"),
        pytest.param(lambda x: [*x, b"garbage\n"], Damage.ALTERED, 10, 10, id="a foreign line at the end"),
        pytest.param(lambda x: [*x[:4], b"\n", *x[4:]], Damage.ALTERED, 5, 5, id="an empty line"),
        pytest.param(lambda x: x[1:], Damage.MISSING, 1, 1, id="the first missing"),
        pytest.param(lambda x: [*x[:4], *x[5:]], Damage.MISSING, 5, 5, id="one missing"),
        pytest.param(lambda x: [*x[:4], *x[7:]], Damage.MISSING, 5, 5, id="three missing"),
        pytest.param(lambda x: [*x[:4], x[5], x[4], *x[6:]], Damage.REORDERED, 5, 6, id="two swapped"),
        pytest.param(lambda x: [*x[:2], *x[3:], x[2]], Damage.REORDERED, 3, 9, id="one moved to the end"),
        pytest.param(lambda x: list(reversed(x)), Damage.REORDERED, 1, 9, id="backwards"),
        pytest.param(lambda x: [*x[:4], x[3], *x[4:]], Damage.REPEATED, 4, 5, id="one twice"),
        pytest.param(lambda x: [*x, *x], Damage.REPEATED, 1, 10, id="all twice"),
        pytest.param(lambda x: [*x, *chain(2, word="other")], Damage.FORGED, 1, 10, id="another log behind"),
    ],
)  # fmt: skip
def test_the_first_damage_is_found_and_named(
    spoil: Callable[[Lines], Lines], damage: Damage, seq: int, line: int
) -> None:
    verdict = verify(spoil(LOG))

    assert verdict.problem
    assert (verdict.problem.damage, verdict.problem.seq, verdict.problem.line) == (damage, seq, line)
    assert f"record {seq}" in verdict.problem.message or f"records {seq} to" in verdict.problem.message


def test_three_missing_records_are_all_named() -> None:
    verdict = verify([*LOG[:4], *LOG[7:]])

    assert verdict.problem
    assert verdict.problem.message.startswith("records 5 to 7 are missing: in line 5 follows record 8 (act 8, 2026-")


def test_a_fragment_that_no_record_attests_is_damage() -> None:
    torn = new_record(Event("act"), Circumstances(), after=Head(head_of(LOG).seq, head_of(LOG).hash, b"half"), time="t")

    assert verify([*LOG, b"half\n", line_of(torn)]).problem is None
    assert verify([*LOG, b"Half\n", line_of(torn)]).problem is not None
    assert verify([*LOG, line_of(torn)]).problem is not None


@settings(deadline=None)
@given(st.data())
def test_no_change_of_a_byte_goes_unseen(data: st.DataObject) -> None:
    whole = b"".join(LOG[:-1])
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[place]))
    spoiled = (whole[:place] + bytes([byte]) + whole[place + 1 :] + LOG[-1]).splitlines(keepends=True)

    assert verify(spoiled).problem is not None


@settings(deadline=None)
@given(st.permutations(range(6)))
def test_no_other_order_goes_unseen(order: list[int]) -> None:
    problem = verify([LOG[index] for index in order]).problem
    first = next((n for n, index in enumerate(order) if n != index), None)

    assert (problem is None) == (first is None)
    if problem and first is not None:
        assert (problem.damage, problem.seq) == (Damage.REORDERED, first + 1)


@settings(deadline=None)
@given(st.sets(st.integers(0, 7), min_size=1))
def test_no_missing_record_goes_unseen(gone: set[int]) -> None:
    problem = verify([line for index, line in enumerate(LOG) if index not in gone]).problem

    assert problem
    assert (problem.damage, problem.seq) == (Damage.MISSING, min(gone) + 1)


def checkpoint(upto: int, lines: Lines = LOG, key: object = KEY) -> Checkpoint:
    return make_checkpoint(head_of(lines[:upto]), key, "2026-11-26T01:00:00.000Z")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "checkpoints", "damage", "seq"),
    [
        pytest.param(LOG, [], None, 0, id="no checkpoint"),
        pytest.param(LOG, [checkpoint(3), checkpoint(9)], None, 0, id="all hold"),
        pytest.param(LOG[:7], [checkpoint(3), checkpoint(9)], Damage.MISSING, 8, id="the end cut off"),
        pytest.param([], [checkpoint(9)], Damage.MISSING, 1, id="all gone"),
        pytest.param(
            [*LOG[:4], *chain(5, head_of(LOG[:4]), "evil")], [checkpoint(3), checkpoint(9)], Damage.ALTERED, 9,
            id="rewritten from one record on",
        ),
        pytest.param(chain(9, word="evil"), [checkpoint(3), checkpoint(9)], Damage.ALTERED, 3, id="all rewritten"),
        pytest.param(LOG, [checkpoint(9, key=OTHER)], Damage.FORGED, 9, id="signed by another"),
        pytest.param([*LOG[:4], *LOG[5:]], [checkpoint(9)], Damage.MISSING, 5, id="the chain's damage comes first"),
    ],
)  # fmt: skip
def test_checkpoints(lines: Lines, checkpoints: list[Checkpoint], damage: Damage | None, seq: int) -> None:
    verdict = verify(lines, checkpoints, [KEY.public])

    assert (verdict.problem.damage, verdict.problem.seq) == (damage, seq) if verdict.problem else damage is None
    if damage is None:
        assert verdict.signed == max((c.seq for c in checkpoints), default=0)


@pytest.mark.parametrize("lines", [[], [b"half a rec"]], ids=["nothing", "a fragment"])
def test_a_log_without_records_that_had_some_is_damage_without_a_key_too(lines: Lines) -> None:
    problem = verify(lines, [checkpoint(3), checkpoint(9)]).problem

    assert problem
    assert (problem.damage, problem.seq) == (Damage.MISSING, 1)
    assert problem.message.startswith("records 1 to 9 are missing")
    assert verify(LOG[:7], [checkpoint(9)]).problem is None  # who signed it is not known: the chain alone is judged


def test_a_signature_covers_every_field() -> None:
    good = checkpoint(9)
    changed = [
        Checkpoint(8, good.hash, good.time, good.key, good.signature),
        Checkpoint(9, "0" * 64, good.time, good.key, good.signature),
        Checkpoint(9, good.hash, "2020", good.key, good.signature),
        Checkpoint(9, good.hash, good.time, "0" * 16, good.signature),
    ]

    assert good.signed_by([OTHER.public, KEY.public])
    assert [c for c in changed if c.signed_by([KEY.public])] == []


def test_checkpoints_come_back_from_their_lines() -> None:
    good = checkpoint(9)

    assert parse_checkpoints(b"nonsense\n" + good.to_line() + b'{"seq": 1}\n\n') == ([good], 2)
