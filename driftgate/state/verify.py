"""Whether a stored state is whole: each thing that can be wrong with it, looked at on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from driftgate.backends.base import Backend, Digested, Payload
from driftgate.backends.lock import LockInspector, LooksByLocking, by
from driftgate.state.file import StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.validate import problems


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `faults` are sentences on what is wrong, none when it is as it should be."""

    name: str
    said: str
    faults: tuple[str, ...] = ()
    mend: str = ""


def verify(backend: Backend, source: str) -> Iterator[Check]:
    """What was looked at, in order; a state that is none is looked at no further. Raises BackendError.

    Values are not compared with the cloud: that is what `dg drift scan` does.
    """
    stored = backend.get()
    yield Check("stored", f"{len(stored.data):,} bytes" if stored else "no state yet: nothing has been applied")
    yield from _digest(backend, stored)
    inspector = backend if isinstance(backend, LockInspector) and not isinstance(backend, LooksByLocking) else None
    holder = inspector.holder() if inspector else None
    if stored is not None and not stored.data and not holder:
        stored = backend.get()  # a first apply may have ended between the two looks
    # no bytes are what a first apply leaves in place for as long as it holds the lock; else a write was cut off
    if stored is not None and (stored.data or not holder):
        yield from _content(stored.data, source)
    if inspector:
        yield Check("lock", f"held{by(holder)}" if holder else "free")


def _digest(backend: Backend, stored: Payload | None) -> Iterator[Check]:
    if isinstance(backend, Digested):
        fault = backend.digest_fault(stored)
        yield Check("digest", "fits", (fault,) if fault else (), "dg state verify --mend --yes")


def _content(data: bytes, source: str) -> Iterator[Check]:
    try:
        state = parse_state(data, source)
    except StateError as error:
        yield Check("state", "", (error.message,), error.next_step)
        return
    yield Check("state", f"version {state.version}, serial {state.serial}, lineage {state.lineage or 'none'}")
    faults = (*_identity(state), *problems(state))
    count = sum(1 for _ in state.instances())
    yield Check("content", f"{count:,} objects", faults, "mend the document or take an older version of the state")


def _identity(state: StateFile) -> Iterator[str]:
    if not state.lineage:
        yield "it has no lineage: anything could be pushed over it"
