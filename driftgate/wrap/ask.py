"""Asks the person at the terminal, on stderr, while signals keep their meaning."""

from __future__ import annotations

import os
import select

from driftgate.wrap.bounded import HookInterruptedError
from driftgate.wrap.notice import tell
from driftgate.wrap.signals import Signals

_STDIN = 0
_GLANCE_SECONDS = 0.1


def asks(question: str, signals: Signals) -> bool:
    """Whether the answer on stdin is `yes`; the end of input, or no stdin at all, is a no.

    Raises HookInterruptedError at a signal.
    """
    tell(f"dg: {question}")
    return _line(signals).strip() == b"yes"


def _line(signals: Signals) -> bytes:
    """One line of stdin, read byte by byte: what follows belongs to whoever reads next."""
    line = b""
    try:
        while not line.endswith(b"\n"):
            if signals.wait(0):
                raise HookInterruptedError("interrupted")
            if not select.select([_STDIN], [], [], _GLANCE_SECONDS)[0]:
                continue
            byte = os.read(_STDIN, 1)
            if not byte:
                break
            line += byte
    except OSError:  # stdin is closed
        return b""
    return line
