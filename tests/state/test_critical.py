from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from driftgate.state.critical import uninterrupted


def ask() -> str:
    """Interrupt this process many times, so that the system would give it to every thread once."""
    for _ in range(50):
        os.kill(os.getpid(), signal.SIGINT)
    return "work"


@pytest.fixture
def another_thread() -> Iterator[None]:
    """A thread that signals may be delivered to."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()


def test_without_a_signal_nothing_happens() -> None:
    before = signal.getsignal(signal.SIGINT)
    with uninterrupted():
        pass

    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_comes_through_at_the_end(another_thread: None) -> None:
    done = []

    with pytest.raises(KeyboardInterrupt), uninterrupted():
        done.append(ask())

    assert done == ["work"]


def test_one_block_in_another_waits_for_the_outer(another_thread: None) -> None:
    done = []

    def work() -> str:
        with uninterrupted():
            ask()
        return "outer"

    with pytest.raises(KeyboardInterrupt), uninterrupted():
        done.append(work())

    assert done == ["outer"]


def test_what_the_work_raises_is_not_lost() -> None:
    with pytest.raises(ValueError), uninterrupted():
        raise ValueError


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminated_process_ends_when_the_work_is_done() -> None:
    code = (
        "import os, signal\nfrom driftgate.state.critical import uninterrupted\n"
        "with uninterrupted():\n    os.kill(os.getpid(), signal.SIGTERM)\n    print('done', flush=True)\nprint('never')\n"
    )
    ended = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "done\n")


def test_in_another_thread_it_changes_nothing() -> None:
    seen = []

    def work() -> None:
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [signal.getsignal(signal.SIGINT)]
