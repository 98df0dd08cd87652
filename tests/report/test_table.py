from __future__ import annotations

import pytest

from driftgate.report.table import table
from driftgate.report.text import columns

ROWS = [("1", "live/app", "ok"), ("10", "live/network/with/a/rather/long/path/to/it", "failed: no")]


@pytest.mark.parametrize(
    ("rows", "width", "expected"),
    [
        pytest.param([], 80, "", id="no rows"),
        pytest.param(ROWS[:1], 80, "#  UNIT      END\n1  live/app  ok", id="one"),
        pytest.param(
            ROWS,
            80,
            "#   UNIT                                        END\n"
            "1   live/app                                    ok\n"
            "10  live/network/with/a/rather/long/path/to/it  failed: no",
            id="room for all",
        ),
        pytest.param([("1", "a\x1b[31m\nb", "ok")], 80, "#  UNIT  END\n1  a b   ok", id="no control characters"),
    ],
)
def test_table(rows: list[tuple[str, str, str]], width: int, expected: str) -> None:
    found = table(("#", "UNIT", "END"), rows, width=width, flexible=1)

    assert found == expected


def test_the_flexible_column_gives_way_in_its_middle() -> None:
    found = table(("#", "UNIT", "END"), ROWS, width=42, flexible=1).splitlines()

    assert max(map(columns, found)) <= 42
    assert found[2].startswith("10  live/net")
    assert found[2].endswith("to/it  failed: no")


def test_a_last_column_without_end_is_clipped() -> None:
    found = table(("A", "B"), [("x", "y" * 200)], width=50, flexible=0)

    assert [columns(line) for line in found.splitlines()] == [4, 50]
