from __future__ import annotations

import pytest
from graph.units import units

from driftgate.errors import DriftgateError
from driftgate.graph.select import Selection, select

UNITS = units(
    {"live/dev/net": [], "live/dev/app": ["live/dev/net"], "live/prod/net": [], "live/prod/app": ["live/prod/net"]}
)
READS = {"live/dev/net": {"root.hcl", "dev.hcl"}, "live/prod/net": {"root.hcl"}}

SELECTIONS = {
    "all": (Selection(), ["live/dev/net", "live/dev/app", "live/prod/net", "live/prod/app"]),
    "a folder": (Selection(include=("live/dev",)), ["live/dev/net", "live/dev/app"]),
    "the root": (Selection(include=(".",)), ["live/dev/net", "live/dev/app", "live/prod/net", "live/prod/app"]),
    "as a shell completes it": (Selection(include=("./live/dev/",)), ["live/dev/net", "live/dev/app"]),
    "a pattern": (Selection(include=("live/*/net",)), ["live/dev/net", "live/prod/net"]),
    "alternatives": (Selection(include=("**/{app,nothing}",)), ["live/dev/app", "live/prod/app"]),
    "several": (Selection(include=("live/dev/net", "live/prod/net")), ["live/dev/net", "live/prod/net"]),
    "but not": (Selection(include=("live/dev",), exclude=("**/net",)), ["live/dev/app"]),
    "reading a file": (Selection(reading=("dev.hcl",)), ["live/dev/net"]),
    "reading one of two": (Selection(reading=("dev.hcl", "root.hcl")), ["live/dev/net", "live/prod/net"]),
    "with dependents": (Selection(reading=("dev.hcl",), with_dependents=True), ["live/dev/net", "live/dev/app"]),
    "exclude has the last word": (
        Selection(include=("live/dev/net",), exclude=("**/app",), with_dependents=True),
        ["live/dev/net"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "paths"), SELECTIONS.values(), ids=SELECTIONS)
def test_select(wanted: Selection, paths: list[str]) -> None:
    assert [str(u.path) for u in select(UNITS, wanted, lambda unit: READS.get(str(unit.path), ()))] == paths


def test_among_limits_where_it_begins_but_not_the_dependents() -> None:
    found = select(UNITS, Selection(with_dependents=True), lambda unit: (), among=UNITS[:1])

    assert [str(unit.path) for unit in found] == ["live/dev/net", "live/dev/app"]


@pytest.mark.parametrize(
    "wanted", [Selection(include=("nope",)), Selection(exclude=("live/de",))], ids=["include", "exclude"]
)
def test_a_pattern_that_meets_nothing_is_an_error(wanted: Selection) -> None:
    with pytest.raises(DriftgateError, match="no unit matches"):
        select(UNITS, wanted, lambda unit: ())


def test_a_pattern_without_a_meaning_is_an_error() -> None:
    with pytest.raises(DriftgateError, match=r'"live/\[z-a\]" is not a valid pattern: bad character range'):
        select(UNITS, Selection(include=("live/[z-a]",)), lambda unit: ())
