from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.cli.failure import masked, masked_traceback
from driftgate.safety.redact import Redactor

SECRET = "hunter2-hunter2"


def reading(*, learnt: bool) -> None:
    redactor = Redactor()
    if learnt:
        redactor.add(SECRET)
    raise ValueError(f"not a number: {SECRET}")


def wrapping() -> None:
    try:
        reading(learnt=True)
    except ValueError as error:
        raise RuntimeError(f"no number in {SECRET}") from error


def caught(fail: Callable[[], None]) -> BaseException:
    with pytest.raises(Exception, match="number") as failed:
        fail()
    return failed.value


def test_what_nobody_learnt_stays() -> None:
    assert masked(f"x {SECRET}", caught(lambda: reading(learnt=False))) == f"x {SECRET}"


@pytest.mark.parametrize("fail", [lambda: reading(learnt=True), wrapping], ids=["raised", "raised from"])
def test_what_was_learnt_on_the_way_is_masked(fail: Callable[[], None]) -> None:
    error = caught(fail)
    assert masked(f"x {SECRET}", error) == "x (sensitive)"
    told = masked_traceback(error)
    assert SECRET not in told
    assert "ValueError: not a number: (sensitive)" in told
    assert ("RuntimeError: no number in (sensitive)" in told) is (fail is wrapping)


def test_a_chain_that_bites_its_tail() -> None:
    error, other = ValueError("a"), ValueError("b")
    error.__cause__, other.__cause__ = other, error
    assert masked("plain", error) == "plain"
