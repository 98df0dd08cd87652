"""The log's file: appended to by one process at a time, synced before anybody is told that it was."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.safety.audit import AuditError, Event
from driftgate.safety.private_files import private_folder, sync_folder, write_all
from driftgate.safety.redact import Redactor
from driftgate.safety.trail.checkpoint import Checkpoint, add_checkpoint
from driftgate.safety.trail.record import Circumstances, Head, line_of, new_record, parse

if TYPE_CHECKING:
    from driftgate.safety.signing import SigningKey

WAIT_SECONDS = 30.0
_BLOCK = 64 * 1024
_FARTHEST = 16 * 1024 * 1024


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AuditLog:
    """An `Audit` in the file at `path`. With a `signing_key` every `checkpoint_every`th record is signed.

    `redactor` knows secrets beyond those that look it; `now` gives the time with its zone.
    """

    path: Path
    around: Circumstances = field(default_factory=Circumstances)
    now: Callable[[], datetime] = utc_now
    redactor: Redactor = field(default_factory=Redactor)
    signing_key: SigningKey | None = None
    checkpoint_every: int = 100

    def append(self, event: Event) -> None:
        """Record the event for good: it is on the disk when this returns. Raises AuditError."""
        masked = replace(
            event,
            outcome=self.redactor.text(event.outcome),
            details=self.redactor.value("", dict(event.details)),
        )
        around = replace(self.around, reason=self.redactor.text(self.around.reason))
        try:
            with _locked(self.path) as descriptor:
                head = find_head(descriptor, self.path)
                record = new_record(masked, around, after=head, time=timestamp(self.now()))
                _extend(descriptor, line_of(record), self.path)
                if self.signing_key and record["seq"] % self.checkpoint_every == 0:
                    add_checkpoint(self.path, Head(record["seq"], record["hash"]), self.signing_key, record["time"])
        except OSError as error:
            raise AuditError(
                f"cannot write the audit log {self.path}: {error.strerror}",
                next_step="make room or mend its permissions, or name another file in [audit] path",
            ) from None
        except (TypeError, ValueError) as error:
            raise AuditError(f"`{event.action}` cannot be recorded: its details are no JSON ({error})") from None


def checkpoint_now(path: Path, key: SigningKey, now: datetime) -> Checkpoint:
    """Sign the log's present head and keep the checkpoint beside it. Raises AuditError, also for an empty log."""
    try:
        with _locked(path) as descriptor:
            head = find_head(descriptor, path)
            if not head.seq:
                raise AuditError(f"the audit log {path} has no records yet", next_step="there is nothing to sign")
            return add_checkpoint(path, head, key, timestamp(now))
    except OSError as error:
        raise AuditError(
            f"cannot keep a checkpoint beside {path}: {error.strerror}", next_step="make room or mend its permissions"
        ) from None


def timestamp(moment: datetime) -> str:
    """`moment` as records spell it: RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def find_head(descriptor: int, path: Path) -> Head:
    """The end of the log open at `descriptor`: its last record, and what writes that a crash cut off left behind it.

    Raises AuditError when whole lines stand there that are no records: somebody else wrote them, and nothing is put
    on top.
    """
    position, tail = os.fstat(descriptor).st_size, b""
    while position and len(tail) < _FARTHEST:
        step = min(_BLOCK, position)
        position -= step
        tail = os.pread(descriptor, step, position) + tail
        head = _head_in(tail, whole=position == 0)
        if head:
            return head
    if tail:
        raise AuditError(
            f"the end of the audit log {path} is damaged",
            next_step="`dg audit verify` says how far it can be trusted; move the file away to begin a new one",
        )
    return Head()


def _head_in(tail: bytes, *, whole: bool) -> Head | None:
    """The last record in the end `tail` of a log, of all of it if `whole`; None when that takes more of it to say."""
    end = len(tail)
    while end >= 0:
        start = tail.rfind(b"\n", 0, end) + 1
        record = parse(tail[start:end]) if start or whole else None
        fragment = tail[end + 1 :]
        if record or (whole and not start):
            fragment = fragment if record else tail
            if fragment.endswith(b"\n"):
                return None
            return Head(record.seq, record.hash, fragment) if record else Head(torn=fragment)
        end = start - 1
    return None


def lines(path: Path) -> Iterator[bytes]:
    """The whole lines of the log at `path`, and last what a crash cut off; none when there is no log.

    Raises AuditError when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return
    except OSError as error:
        raise AuditError(
            f"cannot read the audit log {path}: {error.strerror}", next_step="check the path and its permissions"
        ) from None


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The log open for appending, no other process in it. Made 0600 when it is new."""
    private_folder(path.parent)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            _acquire(descriptor, deadline, path)
            if _is_at(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)  # gives the lock back too


def _acquire(descriptor: int, deadline: float, path: Path) -> None:
    """flock, and not lockf: it keeps threads of one process apart too."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise AuditError(
                    f"the audit log {path} has been locked by another process for {WAIT_SECONDS:.0f} s",
                    next_step=f"see who holds it (`fuser {path}`), then try again",
                ) from None
            time.sleep(0.005)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file is still the one at `path`: it may have been moved away while we waited."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _extend(descriptor: int, line: bytes, path: Path) -> None:
    size = os.fstat(descriptor).st_size
    ends_open = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    try:
        write_all(descriptor, (b"\n" if ends_open else b"") + line)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    if not size:
        sync_folder(path.parent)
