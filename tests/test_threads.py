from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from driftgate.threads import in_threads


def test_nothing_to_do_gives_nothing() -> None:
    assert list(in_threads(str, [], parallelism=4)) == []


@pytest.mark.parametrize("parallelism", [0, 1, 3, 50])
def test_results_come_in_the_order_of_the_items(parallelism: int) -> None:
    assert list(in_threads(lambda n: n * n, range(20), parallelism=parallelism)) == [n * n for n in range(20)]


def test_so_many_are_under_way_at_once() -> None:
    together = threading.Barrier(3, timeout=30)

    assert len(list(in_threads(lambda _: together.wait(), range(3), parallelism=3))) == 3


def test_an_error_comes_through_and_nothing_further_is_begun() -> None:
    begun, told = [], threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        assert number < 2 or told.wait(30)
        return 1 // (number - 1)

    results = in_threads(work, range(100), parallelism=1)

    assert next(results) == -1
    with pytest.raises(ZeroDivisionError):
        list(results)
    told.set()
    assert begun in ([0, 1], [0, 1, 2])


def test_a_timeout_of_the_work_itself_is_an_error_like_any() -> None:
    def work(_: int) -> None:
        raise TimeoutError("the store")

    with pytest.raises(TimeoutError, match="the store"):
        list(in_threads(work, range(2), parallelism=2))


_GIVEN_TO_ANOTHER = """
import os, pathlib, signal, sys, threading, time
from driftgate import process
from driftgate.threads import in_threads

def interrupted():
    time.sleep(0.5)  # by then the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

def in_a_scan():
    def work(number):
        interrupted()
        time.sleep(60)
    list(in_threads(work, range(1), parallelism=1))

def beside_a_child(run):
    threading.Thread(target=lambda: (interrupted(), time.sleep(60)), daemon=True).start()
    run(("sleep", "60"), cwd=pathlib.Path("/"), env=dict(os.environ))

try:
    CASE
except KeyboardInterrupt:
    print("heard", flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize(
    "case",
    [
        pytest.param("in_a_scan()", id="threads"),
        pytest.param("beside_a_child(process.run)", id="run"),
        pytest.param("beside_a_child(lambda *a, **k: process.run(*a, **k, on_line=print))", id="run with lines"),
        pytest.param(
            "beside_a_child(lambda *a, **k: process.run_apart(*a, **k, output=open(os.devnull, 'wb')))", id="run_apart"
        ),
    ],
)
@pytest.mark.timeout(50)
def test_an_interrupt_that_another_thread_was_given_is_heard(case: str) -> None:
    done = subprocess.run(
        (sys.executable, "-c", _GIVEN_TO_ANOTHER.replace("CASE", case)), capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_a_signal_to_the_main_thread_is_heard_too() -> None:
    code = """
import os, time
from driftgate.threads import in_threads

def work(number):
    print("up", flush=True)
    time.sleep(60)

try:
    list(in_threads(work, range(1), parallelism=1))
except KeyboardInterrupt:
    print("heard", flush=True)
    os._exit(0)
"""
    child = subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"

    child.send_signal(signal.SIGINT)

    assert child.communicate(timeout=30)[0] == "heard\n"
