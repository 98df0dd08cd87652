from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from driftgate.remediate.execute.document import DocumentError, DocumentStep
from driftgate.remediate.execute.group import groups


def step(number: int, strategy: str = "revert", unit: str = "app", **more: object) -> DocumentStep:
    tree = {"workspace": "default", "severity": "low", "fingerprint": "f", "address": f"aws_x.a{number}"}
    return msgspec.convert({**tree, "number": number, "strategy": strategy, "unit": unit, **more}, DocumentStep)


def test_no_steps_are_no_groups() -> None:
    assert list(groups([])) == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step(1), step(2), step(3)], [(1, 2, 3)], id="reverts of one unit"),
        pytest.param([step(1), step(2, unit="net")], [(1,), (2,)], id="two units"),
        pytest.param([step(1), step(2, workspace="prod")], [(1,), (2,)], id="two workspaces of one unit"),
        pytest.param([step(1), step(2, "accept"), step(3)], [(1,), (2,), (3,)], id="never past another way"),
        pytest.param([step(1, "accept"), step(2, "accept")], [(1, 2)], id="recorded together"),
        pytest.param([step(1, "accept", patch="x"), step(2, "accept", patch="y")], [(1,), (2,)], id="patches"),
        pytest.param([step(1, "ignore"), step(2, "ignore")], [(1,), (2,)], id="lines of a file"),
        pytest.param([step(1, "forget"), step(2, "forget")], [(1, 2)], id="forgotten together"),
        pytest.param([step(1, "forget"), step(2, "forget", patch="x")], [(1,), (2,)], id="one of them with a patch"),
    ],
)
def test_what_is_taken_together(steps: Sequence[DocumentStep], expected: list[tuple[int, ...]]) -> None:
    assert [group.numbers for group in groups(steps)] == expected


def test_a_group_says_what_it_is() -> None:
    (one,) = groups([step(4)])
    (many,) = groups([step(1), step(2), step(5), step(7), step(8, address="aws_x.a1")])

    assert (str(one), one.title) == ("step 4", "4. revert aws_x.a4")
    assert (str(many), many.title) == ("steps 1-2, 5, 7-8", "1-2, 5, 7-8. revert 5 objects of app")
    assert many.addresses == ("aws_x.a1", "aws_x.a2", "aws_x.a5", "aws_x.a7")


def test_a_strategy_that_nobody_knows_is_in_no_group() -> None:
    with pytest.raises(DocumentError, match="step 1: `rm -rf` is none of"):
        list(groups([step(1, "rm -rf")]))
