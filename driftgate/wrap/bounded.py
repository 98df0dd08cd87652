"""Hooks may take only so long, and a signal ends them: whatever happens in them, the user's command goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from driftgate.errors import DriftgateError
from driftgate.wrap.signals import Signals

T = TypeVar("T")
_GLANCE_SECONDS = 0.05


class HookTimeoutError(DriftgateError):
    """A hook that took too long."""


class HookInterruptedError(DriftgateError):
    """A hook that a signal ended."""


def bounded(work: Callable[[], T], *, seconds: float, signals: Signals) -> T:
    """The result of `work`, done in a thread of its own.

    Raises HookTimeoutError after `seconds`, HookInterruptedError at the first signal; the thread is left to itself
    then. Raises what `work` raises.
    """
    job = _Job(work)
    threading.Thread(target=job.run, daemon=True).start()
    deadline = time.monotonic() + seconds
    while not job.done.wait(_GLANCE_SECONDS):
        if signals.wait(0):
            raise HookInterruptedError("interrupted")
        if time.monotonic() > deadline:
            raise HookTimeoutError(
                f"not done after {seconds:g} s", next_step="give it more with DG_WRAP_HOOK_TIMEOUT, in seconds"
            )
    if job.error is not None:
        raise job.error
    return job.results[0]


class _Job(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.done = threading.Event()
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self.work())
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()
