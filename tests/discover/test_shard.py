from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftgate.discover.shard import shard


def test_one_shard_is_all() -> None:
    assert shard("abc", 1, 1) == ["a", "b", "c"]


@given(st.lists(st.integers(), unique=True), st.integers(1, 9))
def test_every_item_is_in_exactly_one_and_none_has_much_more(items: list[int], count: int) -> None:
    parts = [shard(items, number, count) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == sorted(items)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
