"""What may be said of an error: its text and its traceback without what was learnt to be secret on the way to it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from driftgate.safety.redact import Redactor


def masked(text: str, error: BaseException) -> str:
    """`text` without any secret that a Redactor on the way of `error` knew, and without what looks like a key.

    The commands keep what they learn in their own Redactors, and the handler stands above them all: the frames that the
    error left behind are the one place that still has them.
    """
    known = Redactor()
    for raised in _chain(error):
        for frame, _ in traceback.walk_tb(raised.__traceback__):
            for value in frame.f_locals.values():
                if isinstance(value, Redactor):
                    known.update(value)
    return known.text(text)


def notes_of(error: BaseException) -> list[str]:
    """What else went wrong on the way of `error`, a line each: a lock that stayed, a failure not recorded."""
    return [f"  {note}" for raised in _chain(error) for note in getattr(raised, "__notes__", ())]


def masked_traceback(error: BaseException) -> str:
    """The traceback of `error` and of what it came from, masked."""
    return masked("".join(traceback.format_exception(error)), error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it came from, each once."""
    met: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in met:
        met.add(id(following))
        yield following
        following = following.__cause__ or following.__context__
