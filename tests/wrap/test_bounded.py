from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from wrap.inside import FORKS

from driftgate.wrap.bounded import HookInterruptedError, HookTimeoutError, bounded
from driftgate.wrap.signals import Signals

pytestmark = FORKS


@pytest.fixture
def signals() -> Iterator[Signals]:
    with Signals() as found:
        yield found


def test_its_result(signals: Signals) -> None:
    assert bounded(lambda: 1, seconds=60, signals=signals) == 1


def test_its_error(signals: Signals) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bounded(fail, seconds=60, signals=signals)


def test_it_is_given_up_in_time(signals: Signals) -> None:
    end = threading.Event()

    with pytest.raises(HookTimeoutError, match=r"not done after 0\.2 s"):
        bounded(lambda: end.wait(60), seconds=0.2, signals=signals)

    end.set()


@pytest.mark.timeout(180)  # it hangs where it fails
def test_a_signal_ends_it(signals: Signals) -> None:
    end = threading.Event()

    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        end.wait(60)

    with pytest.raises(HookInterruptedError):
        bounded(interrupted, seconds=60, signals=signals)

    end.set()
    assert signals.seen == [signal.SIGINT]
