"""Splits the units of a repo for several machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def shard(items: Sequence[T], number: int, count: int) -> list[T]:
    """The `number`-th (from 1) of `count` parts. Neighbours, often alike in cost, are in different ones."""
    return list(items[number - 1 :: count])
