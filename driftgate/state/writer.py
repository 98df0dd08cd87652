"""The one way by which a state gets into a backend; nothing else in driftgate calls `put`.

    lock → read again under the lock → may it follow? → the same? then nothing → backup → does the lock exclude? →
    record the intent → conditional write → read back, compare → record the outcome → unlock

The new state is made by a function of what was read under the lock, so it can never rest on something older.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, MutableSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from driftgate.backends.base import Backend, BackendError, Digested, Payload, Reprinting, Writable
from driftgate.backends.lock import ConditionalLock, Locker, LockHeldError, LockInfo, acquire
from driftgate.errors import DriftgateError
from driftgate.safety.audit import Audit, AuditError, Event
from driftgate.safety.backup import Backups, Subject
from driftgate.state.circuit import Circuit
from driftgate.state.critical import uninterrupted
from driftgate.state.file import EncryptedStateError, StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.reader import counted
from driftgate.state.successor import check_successor, same_content
from driftgate.state.validate import check_valid

T = TypeVar("T")
Change = Callable[[StateFile | None], bytes]
"""Makes the new state's bytes out of the one stored now, None: there is none. Raises StateError."""
Check = Callable[[StateFile, StateFile | None], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the state is: `source` is how messages name it, `subject` how backups and the audit log do.

    `circuit` is that of its endpoint, if it has one.
    """

    backend: Backend
    subject: Subject
    source: str
    circuit: Circuit | None = None

    def ask(self, question: Callable[[Backend], T]) -> T:
        """The answer of the backend to `question`; an endpoint that gives none is soon left alone, by all of a user.

        Raises what `question` raises, BackendError without asking while the endpoint is left alone.
        """
        return counted(self.circuit, lambda: question(self.backend))


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be done: `action` is the command (`state mv`), `check` says whether the new state may follow.

    `over_unusable`: stored bytes that are no state are overwritten, after a backup, as if there were nothing; but not a
    state that OpenTofu encrypted.
    `details` is what the audit log is to hold beside serials and backup, a JSON tree.
    """

    action: str
    change: Change
    check: Check = check_successor
    over_unusable: bool = False
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands by a write: backups, the audit log, our lock record, and how long to wait for the lock (seconds).

    `proven` remembers identities whose lock was seen to exclude; `on_wait` hears of each pause.
    """

    backups: Backups
    audit: Audit
    lock: LockInfo
    lock_timeout: float = 0.0
    proven: MutableSet[str] = field(default_factory=set)
    on_wait: Callable[[LockHeldError], None] = lambda held: None
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Draft:
    """A change not yet written: what is stored (`before` None: no state, or unusable) and what would be."""

    stored: Payload | None
    before: StateFile | None
    after: StateFile

    @property
    def changes(self) -> bool:
        """Whether writing it would change anything."""
        return self.stored is None or self.stored.data != self.after.data


@dataclass(frozen=True, slots=True)
class Written:
    """How a write ended: the draft that was written; `backup` is the id of what stood there, "" if nothing did.

    `notes` are sentences worth showing, e.g. of what was mended on the way.
    """

    draft: Draft
    backup: str = ""
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.draft.changes


class LeftLockedError(BackendError):
    """The work is done, but the lock could not be given back."""


def draft(place: Place, intent: Intent) -> Draft:
    """What `write` would do now, without a lock and without writing: for showing it first.

    Raises StateError when the new state may not follow the stored one, BackendError when that cannot be read.
    """
    stored = place.backend.get()
    before = _parsed(stored, place, intent)
    after = parse_state(intent.change(before), "the new state")
    check_valid(after, "the new state")
    intent.check(after, before)
    return Draft(stored, before, after)


def write(place: Place, intent: Intent, guards: Guards) -> Written:
    """Do it, under the lock. Returns when the new state was read back, or when there was nothing to do.

    Raises LockHeldError naming the holder, BackendError (when a write failed it says what is stored now), StateError
    as `draft`, BackupError and AuditError; whatever it raises, the old or the new state is stored.
    """
    check_writable(place)
    return place.ask(lambda _: _write(place, intent, guards))


def _write(place: Place, intent: Intent, guards: Guards) -> Written:
    written: Written | None = None
    try:
        with _locked(place, guards) as lock_id:
            made = draft(place, intent)
            if not made.changes:
                return Written(made, notes=_mend_digest(place.backend, made.stored))
            backup = _backed_up(place, intent, guards, made)
            _prove_lock(place, guards, lock_id)
            with uninterrupted(), _recorded(place, intent, guards, made, backup):
                written = Written(made, backup, _store(place, made, lock_id, backup))
    except KeyboardInterrupt as late:
        if written:
            late.add_note(f"{place.source} is written all the same; {_the_backup(written.backup)}")
        elif isinstance(late.__context__, DriftgateError):
            late.add_note(f"{late.__context__.message}\n  → {late.__context__.next_step}")
        raise
    return written


def mend(place: Place, guards: Guards) -> tuple[str, ...]:
    """Make the digest beside a state fit it again, under the lock. Returns what was mended; raises as `write`."""
    check_writable(place)
    return place.ask(lambda _: _mend(place, guards))


def _mend(place: Place, guards: Guards) -> tuple[str, ...]:
    with _locked(place, guards):
        notes = _mend_digest(place.backend, place.backend.get())
        for sentence in notes:
            guards.audit.append(Event("state verify", place.subject, details={"mended": sentence}))
    return notes


def check_writable(place: Place) -> None:
    """Returns when the backend has what a safe write needs. Raises BackendError."""
    if not isinstance(place.backend, Writable):
        raise BackendError(
            f"cannot write {place.source}: driftgate only reads states of this backend",
            next_step="use `terraform state push` in the unit",
        )
    if not isinstance(place.backend, Locker):
        raise BackendError(
            f"cannot write {place.source}: its backend has no lock, so another run could write at the same time",
            next_step="switch locking on in the backend block (s3: use_lockfile = true; http: lock_address)",
        )


def _parsed(stored: Payload | None, place: Place, intent: Intent) -> StateFile | None:
    if stored is None or not stored.data:
        return None
    try:
        return parse_state(stored.data, place.source)
    except StateError as error:
        # A state in clear never takes the place of an encrypted one, which is whole and can be read by its owner.
        if intent.over_unusable and not isinstance(error, EncryptedStateError):
            return None
        raise


@contextmanager
def _locked(place: Place, guards: Guards) -> Iterator[str]:
    """Hold the lock for the block. What went wrong in the block counts more than that the lock stayed."""
    assert isinstance(place.backend, Locker)
    lock_id = acquire(
        place.backend, guards.lock, timeout=guards.lock_timeout, sleep=guards.sleep, on_wait=guards.on_wait
    )
    try:
        yield lock_id
    except BaseException as error:
        try:
            _unlock(place.backend, lock_id)
        except BackendError as left:
            error.add_note(f"{place.source} is still locked under {lock_id}: {left.message}")
            if isinstance(error, DriftgateError):
                error.next_step = f"{error.next_step}; the lock stayed too, give it back with `dg state unlock`"
            raise error from left
        raise
    try:
        _unlock(place.backend, lock_id)
    except BackendError as left:
        raise LeftLockedError(
            f"{place.source} is done with, but its lock {lock_id} could not be given back: {left.message}",
            next_step="`dg state unlock` once the backend answers again",
        ) from left


def _unlock(backend: Locker, lock_id: str) -> None:
    with uninterrupted():
        backend.unlock(lock_id)


def _backed_up(place: Place, intent: Intent, guards: Guards, made: Draft) -> str:
    if made.stored is None or not made.stored.data:
        return ""
    return guards.backups.save(made.stored.data, _subject(place, made.before), reason=f"before {intent.action}")


@contextmanager
def _recorded(place: Place, intent: Intent, guards: Guards, made: Draft, backup: str) -> Iterator[None]:
    """Record that the block begins, and how it ended: a process that is killed in it leaves its intent on record."""

    def record(outcome: str) -> None:
        guards.audit.append(_event(place, intent, made, backup, outcome))

    record("begun")
    try:
        yield
    except BaseException as error:
        try:
            record(f"failed: {error.message if isinstance(error, DriftgateError) else type(error).__name__}")
        except AuditError as unrecorded:
            error.add_note(unrecorded.message)
        raise
    try:
        record("ok")
    except AuditError as error:
        raise AuditError(
            f"{place.source} is written, but that could not be recorded: {error.message}", next_step=error.next_step
        ) from None


def _prove_lock(place: Place, guards: Guards, lock_id: str) -> None:
    """Some stores take a conditional write and ignore the condition: their lock would exclude nobody."""
    backend = place.backend
    if not isinstance(backend, ConditionalLock) or place.subject.identity in guards.proven:
        return
    if not backend.lock_excludes(lock_id):
        raise BackendError(
            f"cannot write {place.source}: its lock does not exclude anybody, the store ignores conditions of writes",
            next_step="lock in another way (s3: dynamodb_table), or use a store that honours If-None-Match",
        )
    guards.proven.add(place.subject.identity)


def _store(place: Place, made: Draft, lock_id: str, backup: str) -> tuple[str, ...]:
    """Write, and see that it is there. Raises BackendError that says what is stored now."""
    backend = place.backend
    assert isinstance(backend, Writable)
    failure: BackendError | None = None
    try:
        backend.put(made.after.data, replacing=made.stored, lock_id=lock_id)
    except BackendError as error:
        failure = error
    try:
        stored = backend.get()
    except BackendError as unread:
        raise _unknown(place, failure or unread, backup) from unread
    if _holds(backend, stored, made):
        return _mend_digest(backend, stored)
    if failure is None:
        raise BackendError(
            f"{place.source} is not what was just written: something writes there without the lock",
            next_step=f"find out what does; {_the_backup(backup)}",
        )
    if (stored.data if stored else None) == (made.stored.data if made.stored else None):
        failure.next_step = f"nothing was written, the state is as it was; {failure.next_step}"
    raise failure


def _holds(backend: Backend, stored: Payload | None, made: Draft) -> bool:
    """Whether what was written is what is stored; a backend that reprints is asked for the content only."""
    if stored is None:
        return False
    if not isinstance(backend, Reprinting):
        return stored.data == made.after.data
    found = parse_state(stored.data, "what is stored now")
    if made.before is not None and (found.lineage != made.after.lineage or found.serial < made.after.serial):
        return False
    meta = {"serial": made.after.serial, "lineage": made.after.lineage}  # a first push gets its own from terraform
    return same_content(
        replace(found, data=_with(found.data, meta)), replace(made.after, data=_with(made.after.data, meta))
    )


def _with(data: bytes, meta: dict[str, object]) -> bytes:
    """The document under these values, for comparing."""
    return json.dumps({**json.loads(data, parse_float=str), **meta}).encode()


def _unknown(place: Place, error: BackendError, backup: str) -> BackendError:
    return BackendError(
        f"cannot tell whether {place.source} was written: {error.message}",
        next_step=f"look with `dg state pull` once the backend answers again; {_the_backup(backup)}",
    )


def _the_backup(backup: str) -> str:
    return f"what stood there before is backup {backup}" if backup else "there was no state before"


def _mend_digest(backend: Backend, stored: Payload | None) -> tuple[str, ...]:
    """A digest that does not fit what we have just read under the lock was left by a write that was cut short."""
    if not isinstance(backend, Digested):
        return ()
    fault = backend.digest_fault(stored)
    if not fault:
        return ()
    try:
        backend.write_digest(stored)
    except BackendError as error:
        raise BackendError(
            f"the state is stored, but {fault}; mending that failed too: {error.message}",
            next_step="`dg state verify --mend --yes` once the backend answers again",
        ) from None
    return (f"mended: {fault}",)


def _subject(place: Place, state: StateFile | None) -> Subject:
    if state is None:
        return place.subject
    return replace(place.subject, lineage=state.lineage, serial=state.serial)


def _event(place: Place, intent: Intent, made: Draft, backup: str, outcome: str) -> Event:
    details = {
        "serial_before": made.before.serial if made.before else None,
        "serial_after": made.after.serial,
        "backup": backup or None,
        **intent.details,
    }
    return Event(intent.action, _subject(place, made.after), outcome, details)
