"""Holds a lock until it is killed: `python hold.py TYPE WORKSPACE UNIT CONFIG` in the environment of the site."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from contract.sites import new_lock

from driftgate import process
from driftgate.backends.lock import Locker
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

kind, workspace, folder, config = sys.argv[1:]
backend = open_backend(
    BackendConfig(kind, json.loads(config), workspace), unit_dir=Path(folder), env=os.environ, runner=process.run
)
assert isinstance(backend, Locker)
print(backend.lock(new_lock("killed")), flush=True)
sys.stdin.read()
