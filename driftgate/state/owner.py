"""Our own lock records: what they say of us, and whether the process that wrote one is still there."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from driftgate import __version__
from driftgate.backends.lock import LockInfo

LEFT_TAKEN = "dg state lock"
"""The operation of a lock that is to stay after its process has ended, until somebody gives it back."""
_PROCESS = re.compile(r"process (\d{1,9}) in (\S+)")  # no system has longer ones


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a lock's holder: `ended` None when nobody can tell; `why` says how it is known, or why not."""

    ended: bool | None = None
    why: str = ""


def our_lock(operation: str, *, actor: Mapping[str, object], now: datetime, lock_id: str, why: str = "") -> LockInfo:
    """The record of a lock that this process takes: by the `actor` of `safety.actor`, at `now`, for `operation`.

    Its `info` is the CI run's address, else the process, from which others can tell whether it has ended. `lock_id`
    is a fresh UUID, `why` the user's own words.
    """
    ci = actor.get("ci")
    run = ci.get("run") if isinstance(ci, Mapping) else None
    where = str(run) if run else f"process {os.getpid()} in {_namespace()}"
    created = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    info = f"{why}, {where}" if why else where
    return LockInfo(
        lock_id, operation, f"{actor['user']}@{actor['host']}", created, info=info, version=f"driftgate {__version__}"
    )


def process_fate(info: LockInfo, host: str) -> Fate:
    """Whether the process that wrote `info` is gone; only one of this `host`, in our PID namespace, can be seen."""
    found = _PROCESS.search(info.info)
    if found is None or info.who.rpartition("@")[2] != host or found[2] != _namespace():
        return Fate()
    with contextlib.suppress(PermissionError):
        try:
            os.kill(int(found[1]), 0)
        except ProcessLookupError:
            return Fate(True, f"its process {found[1]} has ended")
    return Fate(False, f"its process {found[1]} is running")


def _namespace() -> str:
    """What sets the process ids of two containers on one host apart."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "host"
