"""One ^C in the middle of a slow apply, real terraform, real terminal: the lock is free and the state whole, each time."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from state_server import States, serve_states
from terraform_cli import needs_terraform, terraform
from wrap.terminal import CTRL_C, Act, Ended, When, on_terminal

pytestmark = [pytest.mark.acceptance, pytest.mark.every_time, needs_terraform]

RUNS = 24
AT_A_TIME = 6
# An interrupt ends provisioners, which taints their resources: each that began must yet be in the state.
SOURCE = """
resource "terraform_data" "x" {
  count = 3
  input = count.index
  provisioner "local-exec" {
    command = "touch begun-${count.index}; sleep ${0.3 + count.index / 2}"
  }
}
"""
DG = (sys.executable, "-m", "driftgate")
APPLY = ("terraform", "apply", "-auto-approve", "-input=false", "-no-color")


@pytest.fixture(scope="module")
def states() -> Iterator[States]:
    with serve_states(save_seconds=0.8) as found:
        yield found


class Lab:
    """A unit on the slow backend, initialised; it knows when its apply is in the middle."""

    def __init__(self, states: States, folder: Path, name: str) -> None:
        self.states, self.folder, self.name = states, folder / name, name
        self.folder.mkdir(parents=True)
        (self.folder / "main.tf").write_text(states.backend(name) + SOURCE)
        terraform(self.folder, "init", "-input=false", "-no-color")

    def creating(self) -> bool:
        return len(self.begun()) == 3

    def saving(self) -> bool:
        return self.states.saving.get(f"/{self.name}", 0) > 0

    def run(self, argv: tuple[str, ...], *steps: When) -> Ended:
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        return on_terminal(argv, cwd=self.folder, env=env, stderr=self.folder / "stderr", script=steps)

    def begun(self) -> list[int]:
        return [number for number in range(3) if (self.folder / f"begun-{number}").exists()]

    def recorded(self) -> list[int]:
        state = self.states.state(self.name)
        found = [r["instances"] for r in (state["resources"] if state else [])]
        return sorted(i["index_key"] for instances in found for i in instances)


def press(session_keys: bytes) -> Act:
    return lambda session: session.type(session_keys)


def whole(lab: Lab) -> None:
    assert not lab.states.locked(lab.name)
    assert lab.recorded() == lab.begun()


def test_a_single_interrupt_never_costs_the_state_or_the_lock(states: States, tmp_path: Path) -> None:
    def interrupted(number: int) -> tuple[Lab, Ended]:
        lab = Lab(states, tmp_path, f"run{number}")
        ready: Callable[[], bool] = lab.creating if number % 2 else lab.saving
        return lab, lab.run((*DG, *APPLY), When(ready, press(CTRL_C)))

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = list(pool.map(interrupted, range(RUNS)))

    assert len(runs) == RUNS >= 20
    for lab, ended in runs:
        whole(lab)
        assert lab.begun(), "the interrupt came before the middle"
        assert b"Two interrupts" not in ended.screen + ended.stderr
        assert b"Interrupt received" in ended.screen + ended.stderr or ended.code == 0
        assert ended.code in (0, 1)


def to_all(number: int) -> Act:
    return lambda session: session.kill_group(number)


def to_dg(number: int) -> Act:
    return lambda session: session.kill(number)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(to_dg(signal.SIGINT), id="kill -INT dg"),
        pytest.param(to_dg(signal.SIGTERM), id="kill dg"),
        pytest.param(to_all(signal.SIGINT), id="kill -INT the group"),
        pytest.param(to_all(signal.SIGTERM), id="kill the group, as gitlab-runner does"),
        pytest.param(lambda s: (s.kill(signal.SIGTERM), s.kill_group(signal.SIGTERM)), id="both, as timeout(1) does"),
    ],
)
def test_a_kill_is_one_graceful_stop_whoever_it_was_sent_to(
    states: States, tmp_path: Path, act: Act, request: pytest.FixtureRequest
) -> None:
    lab = Lab(states, tmp_path, f"kill{abs(hash(request.node.name))}")

    ended = lab.run((*DG, *APPLY), When(lab.creating, act))

    whole(lab)
    assert b"Interrupt received" in ended.screen + ended.stderr
    assert b"Two interrupts" not in ended.screen + ended.stderr
    assert ended.code == 1
