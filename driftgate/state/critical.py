"""A short piece of work that ^C must not cut in two: the signal comes through when it is done."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back signals that ask this process to stop until the block is left; SIGKILL asks nobody.

    A blocked mask would be this thread's alone: the signal would reach another one, and Python raise it here all the
    same. So the handlers are held back; only the main thread has any to fear.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def later(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, later) for number in _ASKING if signal.getsignal(number) is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in dict.fromkeys(asked):
            os.kill(os.getpid(), late)
