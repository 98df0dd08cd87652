"""Runs the real tool as if dg were not there: same terminal, descriptors, process group, folder and signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from driftgate import process
from driftgate.wrap.signals import Signals

_POLL_SECONDS = 0.5  # a lost SIGCHLD would cost no more


def run_child(
    program: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    signals: Signals,
    meanwhile: Callable[[], None] = lambda: None,
) -> int:
    """Run `program` as `argv` to its end, however many signals that takes; its return code, negative for a signal.

    `meanwhile` is called once it has started; signals wait for it, so it must be short. Raises OSError when it cannot
    be started.
    """
    child = process.attach(argv, program=program, env=env)
    meanwhile()
    while child.poll() is None:
        for number in signals.to_forward(signals.wait(_POLL_SECONDS)):
            if child.poll() is None:
                child.send_signal(number)
    signals.wait(0)  # the last one may have ended it before we looked
    assert child.returncode is not None
    return child.returncode
