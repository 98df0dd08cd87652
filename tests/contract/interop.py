"""Real terraform and our client on one state: each sees the other's lock, writes and workspaces."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from contract.sites import CANNOT, WHO, Site, new_lock, skip_if_it_cannot
from contract.writable import NOBODY, stored, write
from terraform_cli import needs_terraform

from driftgate.backends import lock
from driftgate.backends.lock import LockHeldError, LockInspector
from driftgate.state.parse import parse_state

PATIENCE = 120.0
SOURCE = """
variable "v" {
  default = "one"
}
variable "gate" {
  default = ""
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "gate" {
  count            = var.gate == "" ? 0 : 1
  triggers_replace = [var.gate]
  provisioner "local-exec" {
    command = "touch ${var.gate}/started; while [ ! -e ${var.gate}/go ]; do sleep 0.05; done"
  }
}
output "o" {
  value = var.v
}
"""


class Unit:
    """An initialised root module whose state is at `site`, driven by the real terraform."""

    def __init__(self, site: Site) -> None:
        self.site, self.folder = site, site.folder
        self.env = {**os.environ, **site.env, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        (self.folder / "main.tf").write_text(f"terraform {{\n{site.block}}}\n{SOURCE}")
        self.must("init", "-input=false")

    def run(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """terraform, whatever it ends with; stdout and stderr together, as lines without their frame."""
        done = subprocess.run(
            ["terraform", *args], cwd=self.folder, env={**self.env, **env}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        done.stdout = re.sub(r"\x1b\[[0-9;]*m|[│╷╵]", "", done.stdout)
        return done

    def must(self, *args: str, **env: str) -> str:
        done = self.run(*args, **env)
        assert done.returncode == 0, f"terraform {' '.join(args)}: {done.stdout}"
        return done.stdout

    def apply(self, value: str, **env: str) -> None:
        self.must("apply", "-auto-approve", "-input=false", "-no-color", f"-var=v={value}", **env)

    def output(self, **env: str) -> Any:
        return json.loads(self.must("output", "-json", **env))["o"]["value"]

    @contextmanager
    def start(self, *args: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        """terraform in the background, and the file with what it says; killed at the end if it still runs."""
        said = self.folder / f"said-{time.monotonic_ns()}"
        with said.open("wb") as out:
            running = subprocess.Popen(
                ["terraform", *args], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            yield running, said
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()

    @contextmanager
    def applying(self, value: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], None]]]:
        """An apply that is in the middle of its work, and what makes it finish."""
        gate = self.folder / f"gate-{time.monotonic_ns()}"
        gate.mkdir()
        arguments = ("apply", "-auto-approve", "-input=false", "-no-color", f"-var=v={value}", f"-var=gate={gate}")
        with self.start(*arguments) as (running, said):
            until((gate / "started").exists, running, said)

            def finish() -> None:
                (gate / "go").touch()
                assert running.wait(PATIENCE) == 0, said.read_text()

            yield running, finish


def until(condition: Callable[[], object], running: subprocess.Popen[bytes], said: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert running.poll() is None, said.read_text()
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.05)


@contextmanager
def our_process_holding(site: Site) -> Iterator[subprocess.Popen[str]]:
    """Another process of ours that holds the lock, to be killed."""
    paths = os.pathsep.join(p for p in sys.path if p)
    argv = [sys.executable, str(Path(__file__).with_name("hold.py")), site.type, "default", str(site.folder)]
    holding = subprocess.Popen(
        [*argv, json.dumps(site.config)], env={**os.environ, **site.env, "PYTHONPATH": paths},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holding.stdin is not None
    assert holding.stdout is not None
    try:
        assert holding.stdout.readline().strip()
        yield holding
    finally:
        holding.kill()
        holding.wait()
        holding.stdin.close()
        holding.stdout.close()


def changed(data: bytes, output: str) -> bytes:
    """The next version of a state, with another value of the output `o`."""
    document = json.loads(data)
    document["serial"] += 1
    document["outputs"]["o"]["value"] = output
    return (json.dumps(document, indent=2) + "\n").encode()


@needs_terraform
class InteropContract:
    @pytest.fixture
    def unit(self, site: Site) -> Unit:
        return Unit(site)

    def test_each_reads_and_continues_what_the_other_wrote(self, unit: Unit, site: Site) -> None:
        unit.apply("terraform")
        backend = site.open()
        before = parse_state(stored(backend) or b"")
        write(backend, changed(before.data, "driftgate"))
        seen = unit.output()
        unit.apply("terraform again")
        after = parse_state(stored(site.open()) or b"")

        assert seen == "driftgate"
        assert unit.output() == "terraform again"
        assert after.lineage == before.lineage
        assert after.serial > before.serial + 1
        assert "No changes" in unit.must("plan", "-no-color", "-var=v=terraform again")

    def test_our_lock_stops_terraform(self, unit: Unit, site: Site) -> None:
        unit.apply("one")
        backend = site.open()
        with lock.locked(backend, new_lock("driftgate-contract")) as lock_id:
            stopped = unit.run("apply", "-auto-approve", "-no-color", "-var=v=two")
            still = unit.output()

        assert stopped.returncode == 1, stopped.stdout
        assert "Error acquiring the state lock" in stopped.stdout
        assert still == "one"
        unit.apply("two")
        skip_if_it_cannot(site, "terraform names our lock")
        assert f"ID:        {lock_id}" in stopped.stdout
        assert "Operation: driftgate-contract" in stopped.stdout
        assert f"Who:       {WHO}" in stopped.stdout

    def test_terraform_waits_for_our_lock(self, unit: Unit, site: Site) -> None:
        skip_if_it_cannot(site, "terraform waits for our lock")
        backend = site.open()
        lock_id = backend.lock(new_lock())
        with unit.start("plan", "-no-color", f"-lock-timeout={int(PATIENCE)}s") as (running, said):
            until(lambda: "Acquiring state lock" in said.read_text(), running, said)
            backend.unlock(lock_id)
            ended = running.wait(PATIENCE)

        assert ended == 0, said.read_text()

    def test_terraforms_lock_stops_us(self, unit: Unit, site: Site) -> None:
        backend = site.open()
        with unit.applying("held") as (_, finish):
            with pytest.raises(LockHeldError) as caught:
                backend.lock(new_lock())
            holder = backend.holder() if isinstance(backend, LockInspector) else None
            finish()
        backend.unlock(backend.lock(new_lock()))

        assert unit.output() == "held"
        skip_if_it_cannot(site, "LockInspector")
        assert holder is not None
        assert holder.id
        skip_if_it_cannot(site, "we name terraform's lock")
        assert caught.value.holder == holder
        assert holder.operation == "OperationTypeApply"
        assert "@" in holder.who
        assert holder.created

    def test_terraform_breaks_our_lock(self, unit: Unit, site: Site) -> None:
        skip_if_it_cannot(site, "terraform breaks our lock")
        backend = site.open()
        lock_id = backend.lock(new_lock())
        if (site.row, "terraform refuses a wrong id") not in CANNOT:
            wrong = unit.run("force-unlock", "-force", "-no-color", NOBODY if "-" in lock_id else "1")
            assert wrong.returncode == 1, wrong.stdout
        with pytest.raises(LockHeldError):
            backend.lock(new_lock())
        unit.must("force-unlock", "-force", "-no-color", lock_id)

        backend.unlock(lock.acquire(backend, new_lock(), timeout=PATIENCE))
        unit.apply("after")

    def test_the_lock_of_a_killed_terraform(self, unit: Unit, site: Site) -> None:
        backend = site.open()
        with unit.applying("killed") as (running, _):
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        _free(site, backend)

        unit.apply("after")
        assert unit.output() == "after"

    def test_the_lock_of_our_killed_process(self, unit: Unit, site: Site) -> None:
        backend = site.open()
        with our_process_holding(site) as holding:
            stopped = unit.run("plan", "-no-color")
            holding.kill()
            holding.wait()
        _free(site, backend)

        assert stopped.returncode == 1, stopped.stdout
        unit.apply("after")

    def test_workspaces_of_both(self, unit: Unit, site: Site) -> None:
        skip_if_it_cannot(site, "Workspaces", "Deletable")
        unit.must("workspace", "new", "-no-color", "theirs")
        unit.apply("in theirs", TF_WORKSPACE="theirs")
        theirs = site.open("theirs")
        ours = site.open("ours")
        write(ours, changed(stored(theirs) or b"", "in ours"))
        listed = unit.must("workspace", "list", "-no-color").replace("*", " ").split()
        seen = unit.output(TF_WORKSPACE="ours")
        with lock.locked(ours, new_lock()) as lock_id:
            ours.delete(lock_id=lock_id)

        assert parse_state(stored(theirs) or b"").outputs
        assert {"theirs", "ours"} <= set(listed)
        assert seen == "in ours"
        assert "theirs" in site.open().workspaces()
        assert "ours" not in site.open().workspaces()
        assert "ours" not in unit.must("workspace", "list", "-no-color").replace("*", " ").split()

    def test_versions_that_terraform_wrote(self, unit: Unit, site: Site) -> None:
        skip_if_it_cannot(site, "Versioned")
        backend = site.open()
        for value in ("one", "two"):
            unit.apply(value)
        states = [parse_state(backend.get_version(version.id)) for version in backend.versions()]
        serials = [found.serial for found in states if found.outputs]

        assert len(serials) >= 2
        assert serials == sorted(serials, reverse=True)
        assert serials[0] == parse_state(stored(backend) or b"").serial


def _free(site: Site, backend: Any) -> None:
    """Break the lock that a killed process has left, where it does leave one."""
    if (site.row, "lock outlives its holder") in CANNOT:
        deadline = time.monotonic() + PATIENCE
        while isinstance(backend, LockInspector) and backend.holder() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return
    with pytest.raises(LockHeldError) as caught:
        backend.lock(new_lock())
    holder = caught.value.holder
    assert holder is not None
    assert not isinstance(backend, LockInspector) or backend.holder() == holder
    backend.break_lock(holder.id)
    backend.unlock(lock.acquire(backend, new_lock(), timeout=PATIENCE))
