"""Signs that a run ended badly: a state that could not be saved, a lock left behind, a serial that did not move."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from driftgate.backends.lock import LockInfo, LockInspector, LooksByLocking
from driftgate.state.reader import unit_backend
from driftgate.wrap.account import Warned
from driftgate.wrap.look import Seen
from driftgate.wrap.target import Target


@dataclass(frozen=True, slots=True)
class Ending:
    """How the child ended: its return code (negative: a signal), how often it was asked to stop, when it began."""

    code: int
    stops: int
    begun: datetime

    @property
    def forced(self) -> bool:
        """Whether it had no time to end in good order."""
        return self.code < 0 or self.stops > 1

    @property
    def outcome(self) -> str:
        """As the audit log has it."""
        if self.code < 0:
            return f"signal {-self.code}"
        return f"exit {self.code}" if self.code else "ok"


def signs(target: Target, ending: Ending, before: Seen | None, after: Seen | None) -> Iterator[Warned]:
    """What is visible in the unit's folder and in the states; asks no backend."""
    if ending.code < 0:
        yield Warned(
            f"{target.unit.tool} was ended by {signal.Signals(-ending.code).name}: it saved nothing after that",
            f"look with `{target.unit.tool} plan` for what it left half done",
        )
    elif ending.stops > 1:
        yield Warned(
            f"{target.unit.tool} was interrupted {ending.stops} times: it may have quit before it saved everything",
            f"look with `{target.unit.tool} plan` for what it left half done",
        )
    errored = target.folder / "errored.tfstate"
    if errored.is_file() and errored.stat().st_mtime >= ending.begun.timestamp() - 1:
        yield Warned(
            f"{target.unit.tool} could not save the state; what it should have saved is in {errored}",
            f"when the backend answers again: `{target.unit.tool} state push errored.tfstate`",
        )
    if ending.forced and before is not None and after is not None and before.data == after.data:
        serial = "there is still no state" if after.state is None else f"it is still at serial {after.serial}"
        yield Warned(f"the state did not move ({serial}): what was made in this run is not in it")


def left_lock(target: Target, ending: Ending, env: Mapping[str, str]) -> Iterator[Warned]:
    """A lock that was taken while the child ran and is still held. Asks the backend; raises what it raises.

    A backend that looks by locking is asked only after a child that could not give its lock back.
    """
    if ending.code == 0:
        return
    backend = unit_backend(target.unit, root=target.root, env=env)
    if not isinstance(backend, LockInspector):
        if ending.forced:
            yield Warned(
                f"the lock may have been left behind: a `{target.unit.backend.type}` backend cannot be asked",
                f"if the next run finds the state locked: `{target.unit.tool} force-unlock` with the id that it shows",
            )
        return
    if isinstance(backend, LooksByLocking) and not ending.forced:
        return
    holder = backend.holder()
    if holder is not None and _taken_after(holder, ending.begun):
        yield Warned(
            f"the state is still locked by {holder.who or 'somebody'} for {holder.operation or 'something'}",
            f"if nobody else runs it: `{target.unit.tool} force-unlock {holder.id}`",
        )


def _taken_after(holder: LockInfo, begun: datetime) -> bool:
    """Whether it is our child's: the record has the time of the machine that took the lock, mostly this one."""
    try:
        created = datetime.fromisoformat(holder.created.replace(" UTC", "").replace(" +0000", "+00:00"))
    except ValueError:
        return False
    return created.tzinfo is not None and created >= begun
