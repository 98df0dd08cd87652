from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.state.snapshot import Relation, SnapshotMeta


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        pytest.param(("l", 1), ("l", 1), Relation.EQUAL, id="equal"),
        pytest.param(("l", 2), ("l", 1), Relation.NEWER, id="newer"),
        pytest.param(("l", 1), ("l", 2), Relation.OLDER, id="older"),
        pytest.param(("l", 2), ("m", 1), Relation.UNRELATED, id="lineage differs, whatever the serial"),
        pytest.param(("", 2), ("l", 1), Relation.LEGACY, id="no lineage here"),
        pytest.param(("l", 2), ("", 1), Relation.LEGACY, id="no lineage there"),
        pytest.param(("", 1), ("", 1), Relation.LEGACY, id="no lineage at all"),
        pytest.param(("l", 2**64 - 1), ("l", 2**64 - 2), Relation.NEWER, id="largest serials"),
    ],
)
def test_relation(mine: tuple[str, int], theirs: tuple[str, int], expected: Relation) -> None:
    one, other = (SnapshotMeta(serial, lineage, "1.11.4") for lineage, serial in (mine, theirs))
    assert one.relation_to(other) is expected


OPPOSITE = {Relation.OLDER: Relation.NEWER, Relation.NEWER: Relation.OLDER}
METAS = st.builds(SnapshotMeta, st.integers(0, 3), st.sampled_from(["", "l", "m"]), st.just(""))


@given(METAS, METAS)
def test_relation_seen_from_the_other_side(one: SnapshotMeta, other: SnapshotMeta) -> None:
    relation = one.relation_to(other)
    assert other.relation_to(one) is OPPOSITE.get(relation, relation)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        pytest.param("1.11.4", "1.11.4", False, id="same"),
        pytest.param("1.9.8", "1.11.4", True, id="by number, not by text"),
        pytest.param("1.11.4", "1.9.8", False, id="newer"),
        pytest.param("1.12.0-beta1", "1.12.0", False, id="pre-release of the same"),
        pytest.param("1.12", "1.12.1", True, id="short"),
        pytest.param("", "1.12.1", False, id="unknown"),
        pytest.param("1.12.1", "nonsense", False, id="nonsense"),
    ],
)
def test_written_before(mine: str, theirs: str, expected: bool) -> None:
    assert SnapshotMeta(1, "l", mine).written_before(SnapshotMeta(1, "l", theirs)) is expected
