"""Several processes on one state, each adding to its serial under the lock: none may be lost, none counted twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.backend import state
from contract.interop import Unit
from contract.sites import Site, new_lock

from driftgate import process
from driftgate.backends.base import Payload
from driftgate.backends.lock import acquire
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

PROCESSES, ROUNDS = 4, 25
TERRAFORMS, APPLIES = 2, 5
TIMEOUT = 240.0


def race(backend: BackendConfig, env: Mapping[str, str]) -> int:
    """Begin the state and let PROCESSES loose on it; the serial at the end, one more than there were writes."""
    take_turns(backend, env, 1)
    with _processes(backend, env, PROCESSES, 0.0):
        pass
    return _serial(_open(backend, env).get())


def race_beside_terraform(site: Site) -> int:
    """The same, with the real terraform in the place of TERRAFORMS of the processes, each applying APPLIES times."""
    backend = BackendConfig(site.type, site.config)
    take_turns(backend, site.env, 1)
    units = []
    for number in range(TERRAFORMS):
        folder = site.folder / f"unit-{number}"
        folder.mkdir()
        units.append(Unit(replace(site, folder=folder)))
    # terraform tries again only after 1, 2, 4, … seconds: ours leave it room between their turns
    with _processes(backend, site.env, PROCESSES - TERRAFORMS, 0.2), ThreadPoolExecutor(TERRAFORMS) as pool:
        for done in [pool.submit(_apply_often, unit) for unit in units]:
            done.result()
    return _serial(_open(backend, site.env).get())


def take_turns(backend: BackendConfig, env: Mapping[str, str], rounds: int, pause: float = 0.0) -> None:
    """Add to the serial `rounds` times, with a `pause` of so many seconds on average between two turns."""
    opened = _open(backend, env)
    for _ in range(rounds):
        lock_id = acquire(opened, new_lock("race"), timeout=TIMEOUT, sleep=_shortly)
        try:
            before = opened.get()
            opened.put(_successor(before), replacing=before, lock_id=lock_id)
        finally:
            opened.unlock(lock_id)
        time.sleep(random.uniform(0, 2 * pause))


@contextmanager
def _processes(backend: BackendConfig, env: Mapping[str, str], number: int, pause: float) -> Iterator[None]:
    """So many processes that take turns; they have ended well when the block is left."""
    told = json.dumps([backend.type, dict(backend.config), backend.workspace, dict(env), pause])
    children = [
        subprocess.Popen(
            [sys.executable, __file__, told],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(number)
    ]  # fmt: skip
    try:
        yield
        for child in children:
            _, said = child.communicate(timeout=TIMEOUT)
            assert child.returncode == 0, said
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.communicate()


def _apply_often(unit: Unit) -> None:
    """Each apply until it is done: terraform gives up at once when the store does not say who was quicker."""
    deadline = time.monotonic() + TIMEOUT
    for number in range(APPLIES):
        arguments = ("-auto-approve", "-input=false", "-no-color", "-lock-timeout=100s")
        while (done := unit.run("apply", *arguments, f"-var=v={unit.folder.name}-{number}")).returncode:
            assert "Error acquiring the state lock" in done.stdout, done.stdout
            assert time.monotonic() < deadline, done.stdout


def _successor(payload: Payload | None) -> bytes:
    if payload is None or not payload.data:
        return state(1)
    document = json.loads(payload.data)
    document["serial"] += 1
    return json.dumps(document).encode()


def _serial(payload: Payload | None) -> int:
    return int(json.loads(payload.data)["serial"]) if payload else 0


def _open(backend: BackendConfig, env: Mapping[str, str]) -> Any:
    return open_backend(backend, unit_dir=Path(), env=env, runner=process.run)


def _shortly(seconds: float) -> None:
    time.sleep(random.uniform(0.001, 0.03))


if __name__ == "__main__":
    kind, config, workspace, environment, between = json.loads(sys.argv[1])
    take_turns(BackendConfig(kind, config, workspace), environment, ROUNDS, between)
