"""Which signals are passed on: a real child, a real group, no terraform."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A child that writes down each signal it gets, and ends when told by a file.
CHILD = """
import os, signal, sys, time
log = open("log", "a", buffering=1)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, lambda number, frame: log.write(f"{signal.Signals(number).name}\\n"))
log.write("ready\\n")
while not os.path.exists("end"):
    time.sleep(0.02)
"""
PARENT = """
import os, sys
from driftgate.wrap.child import run_child
from driftgate.wrap.signals import Signals
with Signals() as signals:
    open("witness", "w").write(str(signals._witness._pid))
    code = run_child(sys.executable, [sys.executable, "-c", sys.argv[1]], env=os.environ, signals=signals)
print(code, signals.stops)
"""


class Run:
    """The parent in a session of its own, so that its group can be signalled."""

    def __init__(self, folder: Path, *prefix: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            (*prefix, sys.executable, "-c", PARENT, CHILD), cwd=folder, stdout=subprocess.PIPE, text=True,
            start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self.until(lambda: "ready" in self.log())

    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().split() if path.exists() else []

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def end(self) -> tuple[list[str], str]:
        """What the child got, and what the parent said."""
        time.sleep(0.8)  # for what should not come
        (self.folder / "end").touch()
        said, _ = self.process.communicate(timeout=60)
        return self.log()[1:], said.strip()


Act = Callable[[Run], object]
GROUP: Act = lambda run: os.killpg(run.process.pid, signal.SIGTERM)  # noqa: E731
ALONE: Act = lambda run: run.process.send_signal(signal.SIGTERM)  # noqa: E731


def one_by_one(run: Run) -> None:
    """As systemd ends a unit: every process of it, one after the other."""
    children = (
        int(pid) for pid in Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split()
    )
    for pid in (run.process.pid, *children):
        os.kill(pid, signal.SIGTERM)


def without_witness(run: Run) -> None:
    os.kill(int((run.folder / "witness").read_text()), signal.SIGKILL)
    time.sleep(0.1)
    ALONE(run)


@pytest.mark.parametrize(
    ("acts", "got", "stops"),
    [
        pytest.param([], [], 0, id="nothing"),
        pytest.param([ALONE], ["SIGTERM"], 1, id="to dg alone: passed on"),
        pytest.param([GROUP], ["SIGTERM"], 1, id="to the group: not passed on"),
        pytest.param([one_by_one], ["SIGTERM"], 1, id="to each process: not passed on"),
        pytest.param([lambda run: run.process.send_signal(signal.SIGINT)], ["SIGINT"], 1, id="kill -INT"),
        pytest.param([lambda run: run.process.send_signal(signal.SIGUSR1)], ["SIGUSR1"], 0, id="one that is no stop"),
        pytest.param([without_witness], ["SIGTERM"], 1, id="the witness was killed"),
    ],
)
def test_the_child_gets_each_signal_once(acts: Sequence[Act], got: list[str], stops: int, tmp_path: Path) -> None:
    run = Run(tmp_path)

    for act in acts:
        act(run)
        run.until(lambda: bool(run.log()[1:]))

    assert run.end() == (got, f"0 {stops}")


def test_two_requests_are_two(tmp_path: Path) -> None:
    run = Run(tmp_path)

    ALONE(run)
    run.until(lambda: len(run.log()) == 2)
    time.sleep(1)
    ALONE(run)
    run.until(lambda: len(run.log()) == 3)

    assert run.end() == (["SIGTERM", "SIGTERM"], "0 2")


def test_what_nohup_ignores_stays_ignored_for_the_child_too(tmp_path: Path) -> None:
    run = Run(tmp_path, "nohup")

    os.killpg(run.process.pid, signal.SIGHUP)

    assert run.end() == ([], "0 0")


def test_the_witness_ends_with_dg_however_that_ends(tmp_path: Path) -> None:
    run = Run(tmp_path)
    witness = int((tmp_path / "witness").read_text())

    run.process.kill()
    (tmp_path / "end").touch()
    run.process.communicate(timeout=60)

    def gone() -> bool:
        try:
            return "Z" in Path(f"/proc/{witness}/stat").read_text()
        except OSError:
            return True

    run.until(gone)
