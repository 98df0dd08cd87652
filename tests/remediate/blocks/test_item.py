"""Blocks as they are offered: only those that leave HCL behind which both parsers take."""

from __future__ import annotations

import pytest
from remediate.blocks.test_same_object import gone

from driftgate.hcl.edit import Edit
from driftgate.remediate.blocks.item import BlockItem, both_accept
from driftgate.remediate.trace.wanted import Change


def item(source: str) -> BlockItem:
    return BlockItem(
        gone("box.a", unit=".", name="a"), "does", Change("main.tf", "x = 1\n", (Edit(6, 6, source),)), {}, ""
    )


def test_nothing_is_nothing() -> None:
    assert both_accept([]) == ([], [])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("moved {\n  from = a.b\n  to   = a.c\n}\n", "", id="both do"),
        pytest.param("moved {\n", "main.tf:", id="it is no HCL"),
        pytest.param("moved {\n  from = !!a.b\n}\n", "python-hcl2 does not accept the change", id="the other does not"),
    ],
)
def test_a_block_is_one_for_both_parsers(source: str, reason: str) -> None:
    kept, refused = both_accept([item(source)])

    assert len(kept) == (not reason)
    assert all(one.reason.startswith(reason) for one in refused)
