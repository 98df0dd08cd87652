"""Adds to a state's serial through the writer: `python racer.py TYPE FOLDER CONFIG TIMES` in the site's environment."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

from contract.sites import new_lock
from state.guards import MemoryAudit, MemoryBackups

from driftgate import process
from driftgate.backends.lock import LockHeldError
from driftgate.backends.registry import open_backend
from driftgate.safety.backup import Subject
from driftgate.state.edit import with_serial
from driftgate.state.file import StateFile
from driftgate.state.writer import Guards, Intent, Place, write
from driftgate.unit import BackendConfig

kind, folder, config, times, seconds = sys.argv[1:]
deadline = time.monotonic() + int(seconds)


def next_serial(current: StateFile | None) -> bytes:
    assert current is not None
    return with_serial(current.data, current.serial + 1)


for _ in range(int(times)):
    while True:
        backend = open_backend(
            BackendConfig(kind, json.loads(config)), unit_dir=Path(folder), env=os.environ, runner=process.run
        )
        guards = Guards(MemoryBackups(), MemoryAudit(), new_lock("race"))
        try:
            write(Place(backend, Subject("race"), "the state"), Intent("race", next_serial), guards)
            break
        except LockHeldError as error:
            if time.monotonic() > deadline:
                sys.exit(f"the lock stayed held: {error.message}")
            time.sleep(random.uniform(0.005, 0.05))
