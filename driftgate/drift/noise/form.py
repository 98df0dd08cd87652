"""Whether two values are the same but for their form, by the first equivalence of a table that says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from driftgate.attribute_path import same
from driftgate.drift.noise import empty, jsontext, numbers, ordering, zero
from driftgate.finding import Mark

Canonical = Callable[[object], object]

JSON_DOCUMENT = ("the same JSON document", jsontext.canonical)
NUMBER = ("the same number", numbers.canonical)
EMPTY = ("null and empty are the same", empty.canonical)
ZERO = ("unset and zero are the same", zero.canonical)
ORDER = ("only the order differs", ordering.canonical)

# JSON before empty: an empty document is not an absent one. Order last: it sorts what the others made.
EQUIVALENCES: tuple[tuple[str, Canonical], ...] = (JSON_DOCUMENT, NUMBER, EMPTY, ZERO, ORDER)
REWRITTEN = EQUIVALENCES[:-1]


def same_but_for_form(left: object, right: object, name: str, *, ordered: bool) -> str | None:
    """Why two different values of an attribute called `name` mean the same, None when they do not.

    With `ordered`, arrays in another order are different, as a plan that reorders a list means to.
    """
    if isinstance(left, Mark) or isinstance(right, Mark):
        return EMPTY[0] if Mark.ABSENT in (left, right) and any(map(_nothing, (left, right))) else None
    table = [row for row in (REWRITTEN if ordered else EQUIVALENCES) if row is not ZERO or zero.applies(name)]
    for reason, canonical in table:
        if same(canonical(left), canonical(right)):
            return reason
    both = (reduce(lambda value, row: row[1](value), table, value) for value in (left, right))
    return "the same in another form" if same(*both) else None


def _nothing(value: object) -> bool:
    """Whether an absent key can stand for this. Not for "": a tag without a value is a tag."""
    return value is None or value in ({}, [])
