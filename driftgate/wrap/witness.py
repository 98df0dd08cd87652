"""A process of our own group that does nothing but receive signals, so that we know what was sent to all of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from types import FrameType

GROUP_SECONDS = 0.05
"""A sender that goes from process to process, as systemd does, gets this long to reach the witness too."""

_ANSWER = 0
_HIGHEST_DESCRIPTOR = 4096


class Witness:
    """Forked when it is made, so make it before any thread is started. It ends with us, however we end."""

    def __init__(self, watched: Sequence[int]) -> None:
        self._reports, report = os.pipe()
        life, self._life = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            testify(watched, life, report)
        os.close(life)
        os.close(report)

    def saw(self) -> set[int] | None:
        """The watched signals that it was sent since the last call; None when it is dead."""
        time.sleep(GROUP_SECONDS)
        numbers = b""
        try:
            os.write(self._life, b"?")  # the answer comes after every signal that was pending before
            while not numbers.endswith(bytes([_ANSWER])):
                report = os.read(self._reports, _HIGHEST_DESCRIPTOR)
                if not report:
                    return None
                numbers += report
        except BrokenPipeError:
            return None
        return set(numbers) - {_ANSWER}

    def dismiss(self) -> None:
        """End it."""
        os.close(self._life)
        os.close(self._reports)
        os.waitpid(self._pid, 0)


def catch_nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler that only makes a signal caught: its number goes to the wakeup descriptor."""


def testify(watched: Sequence[int], life: int, report: int) -> None:
    """The witness's whole life: never returns. It keeps no descriptor of ours open, least of all a pipe's end."""
    try:
        first, last = sorted((life, report))
        os.closerange(0, first)
        os.closerange(first + 1, last)
        os.closerange(last + 1, _HIGHEST_DESCRIPTOR)
        os.set_blocking(report, False)
        for number in watched:
            signal.signal(number, catch_nothing)
        signal.set_wakeup_fd(report, warn_on_full_buffer=False)
        while os.read(life, 1):
            os.write(report, bytes([_ANSWER]))
    finally:
        os._exit(0)
