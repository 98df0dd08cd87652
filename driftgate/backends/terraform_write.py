"""Every backend that has no code of its own, written to through terraform: its lock, its `state push`.

terraform stores its own print of a state, under the serial that it was given + 1.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from driftgate.backends.base import Backend, BackendError, ConflictError, Payload, Surroundings
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.terraform import TerraformBackend, open_terraform
from driftgate.tfexec.binary import ToolError
from driftgate.tfexec.writes import (
    HeldElsewhereError,
    LockHolder,
    force_unlock,
    hold_lock,
    let_go,
    lock_record,
    state_push,
)
from driftgate.unit import BackendConfig


@dataclass(frozen=True, slots=True)
class WritingTerraformBackend(TerraformBackend):
    """A state of any `type`, locked and pushed by terraform."""

    _held: dict[str, LockHolder] = field(default_factory=dict, compare=False, repr=False)

    @property
    def reprints(self) -> bool:
        return True

    @property
    def conditional(self) -> bool:
        """terraform compares serial and lineage, some time before it stores."""
        return False

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        stored = self.get()
        if (stored.data if stored else None) != (replacing.data if replacing else None):
            raise ConflictError(
                f"{self._where} has changed since it was read; nothing was written", next_step="start again"
            )
        try:
            state_push(self.terraform, data, lock=lock_id not in self._held)
        except ToolError as error:
            raise self._failed("write", error) from None

    def lock(self, info: LockInfo) -> str:
        """The record is terraform's own, `OperationTypeInvalid`: others see that, and not our `info`."""
        if self._held:
            raise LockHeldError(self._where, None)
        try:
            self._held[info.id] = hold_lock(self.terraform)
        except HeldElsewhereError as held:
            raise LockHeldError(self._where, _info(held.record)) from None
        except ToolError as error:
            raise self._failed("lock", error) from None
        return info.id

    def unlock(self, lock_id: str) -> None:
        holder = self._held.pop(lock_id, None)
        if holder is None:
            raise BackendError(
                f"{self._where} is not locked under id {lock_id} by this process",
                next_step="see `terraform force-unlock`",
            )
        try:
            let_go(holder)
        except ToolError as error:
            raise self._failed("unlock", error) from None

    @property
    def ends_with_process(self) -> bool:
        """terraform holds it, and ends with us."""
        return True

    @property
    def looks_by_locking(self) -> bool:
        """terraform has no command that only looks."""
        return True

    def holder(self) -> LockInfo | None:
        """Who terraform says holds the lock that it is refused; a free one is taken for a moment.

        Of a type that records nobody terraform shows what it would have recorded itself. Raises BackendError then.
        """
        begun = datetime.now(UTC)
        try:
            record = None if self.is_absent() else lock_record(self.terraform)
        except ToolError as error:
            raise self._failed("look at the lock of", error) from None
        if record is None:
            return None
        found = _info(record)
        if found is None or _is_our_own(found, begun):
            raise BackendError(
                f"{self._where} is locked, and terraform cannot tell by whom",
                next_step="`terraform force-unlock` takes the id that whoever holds it was given",
            )
        return found

    def break_lock(self, lock_id: str) -> None:
        """By `terraform force-unlock`, which for some types compares no ids and for others does nothing: so we look."""
        holder = self.holder()
        if holder is None or holder.id != lock_id:
            raise BackendError(
                f"{self._where} is not locked under id {lock_id}" + (f" but {holder.id}" if holder else ""),
                next_step="`dg state locks` shows who holds it",
            )
        try:
            force_unlock(self.terraform, lock_id)
        except ToolError as error:
            raise self._failed("unlock", error) from None
        left = self.holder()
        if left is not None and left.id == lock_id:
            raise BackendError(
                f"{self._where} is still locked under id {lock_id}, though terraform says that it has unlocked it",
                next_step="end the process that holds the lock",
            )

    @property
    def _where(self) -> str:
        return f"the {self.type} state of {self.terraform.cwd}"

    def _failed(self, act: str, error: ToolError) -> BackendError:
        return BackendError(f"cannot {act} {self._where}: {error.message}", next_step=error.next_step)


def open_writing(backend: BackendConfig, around: Surroundings) -> Backend:
    """As `open_terraform`, to be written to as well."""
    found = cast(TerraformBackend, open_terraform(backend, around))
    return WritingTerraformBackend(found.terraform, found.type, found.workspace, found.notes)


def _is_our_own(record: LockInfo, begun: datetime) -> bool:
    """Whether it was made on this machine after we began to ask."""
    return record.who.endswith(f"@{platform.node()}") and record.created[:26] >= begun.isoformat()[:26]


def _info(record: dict[str, str]) -> LockInfo | None:
    """What terraform prints of a holder; its time is Go's (`2026-11-23 23:20:58.03 +0000 UTC`)."""
    if not record.get("ID"):
        return None
    day, _, rest = record.get("Created", "").partition(" ")
    time = f"{day}T{rest.partition(' ')[0]}Z" if rest.endswith("UTC") else record.get("Created", "")
    return LockInfo(
        record["ID"], record.get("Operation", ""), record.get("Who", ""), time,
        record.get("Path", ""), record.get("Info", ""), record.get("Version", ""),
    )  # fmt: skip
