from __future__ import annotations

import pytest

from driftgate.backends.base import Payload
from driftgate.backends.remembered import Remembered, again


def test_nothing_was_read_yet() -> None:
    assert Remembered().get("a") is None


def test_the_last_is_held_until_there_is_nothing() -> None:
    held = Remembered()
    held.put("a", Payload(b"1", "x"))
    held.put("a", Payload(b"2", "y"))

    assert held.get("a") == Payload(b"2", "y")
    held.put("a", None)
    assert held.get("a") is None


@pytest.mark.parametrize("payload", [Payload(b"1"), Payload(b"12345", "x")], ids=["no token", "too large"])
def test_what_cannot_be_asked_about_is_not_held(payload: Payload) -> None:
    held = Remembered(most_bytes=4)
    held.put("a", Payload(b"0", "w"))
    held.put("a", payload)

    assert held.get("a") is None


def test_what_was_unused_for_longest_goes_first() -> None:
    held = Remembered(most_bytes=4)
    for place in "abcd":
        held.put(place, Payload(b"1", place))
    held.get("a")
    held.put("e", Payload(b"12", "e"))

    assert [place for place in "abcde" if held.get(place)] == ["a", "d", "e"]


def test_the_store_is_asked_each_time_with_what_its_place_had() -> None:
    asked: list[Payload | None] = []
    answers = iter([Payload(b"1", "x"), None, Payload(b"2", "y"), None])

    def read(known: Payload | None) -> Payload | None:
        asked.append(known)
        return next(answers)

    found = [again(("test", who), read) for who in ("ann", "bob", "ann", "ann")]

    assert asked == [None, None, Payload(b"1", "x"), Payload(b"2", "y")]
    assert found == [Payload(b"1", "x"), None, Payload(b"2", "y"), None]


def test_a_read_that_fails_keeps_what_was_known() -> None:
    def fails(known: Payload | None) -> Payload | None:
        raise OSError("no answer")

    again("fails", lambda known: Payload(b"1", "x"))
    with pytest.raises(OSError, match="no answer"):
        again("fails", fails)

    assert again("fails", lambda known: known) == Payload(b"1", "x")
