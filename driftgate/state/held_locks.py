"""Every held lock of many units, with what can be told about its holder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate import process
from driftgate.backends.base import Backend
from driftgate.backends.lock import LockInfo, LockInspector
from driftgate.errors import DriftgateError
from driftgate.state.owner import Fate
from driftgate.state.reader import ask_backend
from driftgate.threads import in_threads
from driftgate.unit import Unit


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held, and what became of its holder."""

    unit: Unit
    info: LockInfo
    fate: Fate


@dataclass(frozen=True, slots=True)
class Untold:
    """A unit whose lock could not be looked at, and why; `failed` when that is not the nature of its backend."""

    unit: Unit
    why: str
    next_step: str = ""
    failed: bool = False


def held_locks(
    units: Sequence[Unit],
    *,
    root: Path,
    env: Mapping[str, str],
    fate_of: Callable[[LockInfo], Fate],
    parallelism: int,
) -> tuple[list[Lock], list[Untold]]:
    """The locks held on the states of `units` of the repo at `root`, one for each state, and what could not be seen."""
    by_state = {unit.location.identity if unit.location else str(unit.path): unit for unit in reversed(units)}
    distinct = sorted(by_state.values(), key=lambda unit: str(unit.path))
    found = list(in_threads(lambda unit: _look(unit, root, env, fate_of), distinct, parallelism=parallelism))
    return [f for f in found if isinstance(f, Lock)], [f for f in found if isinstance(f, Untold)]


def _look(unit: Unit, root: Path, env: Mapping[str, str], fate_of: Callable[[LockInfo], Fate]) -> Lock | Untold | None:
    def holder(backend: Backend) -> LockInfo | Untold | None:
        if isinstance(backend, LockInspector):
            return backend.holder()
        locked = unit.location is not None and unit.location.lock is not None
        return Untold(unit, "its backend cannot tell who holds the lock" if locked else "its backend has no lock")

    try:
        info = ask_backend(unit, holder, root=root, env=env, run=process.run)
    except DriftgateError as error:
        return Untold(unit, error.message, error.next_step, failed=True)
    return Lock(unit, info, fate_of(info)) if isinstance(info, LockInfo) else info
