"""The signals of a wrapped run: which arrived, and whether the child has them already.

One interrupt stops terraform gracefully; a second makes it quit at once, state unsaved, lock held. ^C reaches the whole
process group, and so does what systemd, GitLab's runner and `timeout` send; `kill PID` reaches dg alone. Only that
may be passed on, and only once.
"""

from __future__ import annotations

import os
import select
import signal
import time
from types import TracebackType
from typing import Self

from driftgate.wrap.witness import Witness, catch_nothing

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
STOPPING = (signal.SIGINT, signal.SIGTERM)
SAME_REQUEST_SECONDS = 0.5
"""`timeout` signals its child and then the child's group; both are one request."""


class Signals:
    """While it is entered, FORWARDED and SIGCHLD do nothing but wake `wait`; `seen` are those of FORWARDED so far.

    Signals that dg inherited as ignored (nohup) stay ignored, for the child too. A process is forked for it, so enter
    it before any thread is started.
    """

    def __enter__(self) -> Self:
        self.seen: list[int] = []
        self._forwarded_at = 0.0
        self._watched = [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
        self._witness = Witness(self._watched)
        self._arrived, self._wakeup = os.pipe()
        os.set_blocking(self._wakeup, False)
        self._previous_wakeup = signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        # Caught, not blocked: an exec resets handlers, but a blocked mask would be the child's too.
        self._handlers = {number: signal.signal(number, catch_nothing) for number in (*self._watched, signal.SIGCHLD)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_wakeup)
        os.close(self._arrived)
        os.close(self._wakeup)
        self._witness.dismiss()

    def wait(self, seconds: float) -> list[int]:
        """The signals that arrived, within `seconds`; sooner, perhaps without any, when a child changed."""
        if not select.select([self._arrived], [], [], seconds)[0]:
            return []
        arrived = [number for number in os.read(self._arrived, 4096) if number in self._watched]
        self.seen += arrived
        return arrived

    def to_forward(self, arrived: list[int]) -> list[int]:
        """Those of `arrived` that the child was not sent: each once, and none that repeats a request just made."""
        if not arrived:
            return []
        group = self._witness.saw()
        missing = [number for number in dict.fromkeys(arrived) if not _reached_all(number, group)]
        previous, self._forwarded_at = self._forwarded_at, time.monotonic()
        return [] if self._forwarded_at - previous < SAME_REQUEST_SECONDS else missing

    @property
    def stops(self) -> int:
        """How many of the signals asked terraform to stop."""
        return sum(number in STOPPING for number in self.seen)


def die_by(number: int) -> int:
    """End this process by the signal that ended the child, so that its parent sees the same.

    Returns what a shell would make of it, where a process cannot do that to itself.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the child's core is the interesting one
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


def _reached_all(number: int, group: set[int] | None) -> bool:
    if group is not None:
        return number in group
    # The witness was killed. What a terminal sends to its foreground group is the likely case by far.
    return number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground()


def _in_foreground() -> bool:
    for descriptor in (0, 1, 2):
        try:
            return os.tcgetpgrp(descriptor) == os.getpgrp()
        except OSError:
            continue
    return False
