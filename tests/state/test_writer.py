from __future__ import annotations

from typing import Any

import pytest
from contract.backend import state
from contract.sites import new_lock
from state.backends import Conditional, Failing, KeepsLock, Prints, WithDigest
from state.guards import new_guards
from state.writing import at, bodies, pushing
from tofu_encryption import sealed

from driftgate.backends.base import BackendError, ConflictError, Payload
from driftgate.backends.lock import LockHeldError
from driftgate.backends.memory import MemoryBackend, MemoryStore
from driftgate.errors import DriftgateError, ExitCode
from driftgate.safety.audit import AuditError
from driftgate.safety.backup import BackupError
from driftgate.state.edit import with_serial
from driftgate.state.file import EncryptedStateError, StateError, StateFile
from driftgate.state.successor import StaleStateError
from driftgate.state.writer import Intent, LeftLockedError, Place, draft, write


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore({"default": [state(1)]})


@pytest.fixture
def guards() -> Any:
    return new_guards()


def place(store: MemoryStore) -> Place:
    return at(MemoryBackend(store))


def next_serial(current: StateFile | None) -> bytes:
    assert current is not None
    return with_serial(current.data, current.serial + 1)


def test_nothing_to_do_writes_nothing_and_backs_up_nothing(store: MemoryStore, guards: Any) -> None:
    done = write(place(store), pushing(state(1)), guards)

    assert not done.changed
    assert (bodies(store), guards.backups.saved, guards.audit.events, store.locks) == ([state(1)], {}, [], {})


def test_a_write(store: MemoryStore, guards: Any) -> None:
    done = write(place(store), Intent("state mv", next_serial), guards)

    assert done.changed
    assert bodies(store) == [state(1), state(2)]
    data, subject, reason = guards.backups.saved[done.backup]
    assert (data, subject.serial, subject.lineage, reason) == (state(1), 1, "0c7a1b5e-1111", "before state mv")
    assert guards.audit.outcomes == ["begun", "ok"]
    assert guards.audit.events[-1].details == {"serial_before": 1, "serial_after": 2, "backup": done.backup}
    assert guards.audit.events[-1].subject.serial == 2
    assert store.locks == {}


def test_the_first_write(guards: Any) -> None:
    store = MemoryStore()
    done = write(place(store), pushing(state(1)), guards)

    assert (done.backup, done.draft.before, bodies(store)) == ("", None, [state(1)])
    assert guards.audit.events[-1].details["backup"] is None


def test_an_empty_object_is_no_state_and_is_replaced(guards: Any) -> None:
    store = MemoryStore({"default": [b""]})
    done = write(place(store), pushing(state(1)), guards)

    assert (done.backup, bodies(store)) == ("", [b"", state(1)])


def test_the_change_is_made_of_what_is_there_under_the_lock(store: MemoryStore, guards: Any) -> None:
    class LockedLate(MemoryBackend):
        def lock(self, info: Any) -> str:
            lock_id = super().lock(info)
            self.store.bodies["default"].append(state(5))  # by whoever held it until now
            return lock_id

    done = write(at(LockedLate(store)), Intent("state mv", next_serial), guards)

    assert done.draft.before is not None
    assert (done.draft.before.serial, done.draft.after.serial) == (5, 6)


def test_a_held_lock_stops_it_at_once(store: MemoryStore, guards: Any) -> None:
    store.locks["default"] = new_lock("OperationTypeApply")
    with pytest.raises(LockHeldError, match="OperationTypeApply") as caught:
        write(place(store), pushing(state(2)), guards)

    assert caught.value.exit_code == ExitCode.LOCKED
    assert (bodies(store), guards.audit.events) == ([state(1)], [])


def test_it_waits_for_the_lock_when_told_to(store: MemoryStore) -> None:
    store.locks["default"] = new_lock()
    heard: list[LockHeldError] = []

    def on_wait(held: LockHeldError) -> None:
        heard.append(held)
        store.locks.clear()

    write(place(store), pushing(state(2)), new_guards(lock_timeout=60, on_wait=on_wait, sleep=lambda seconds: None))

    assert len(heard) == 1
    assert bodies(store)[-1] == state(2)


REFUSALS: list[Any] = [
    pytest.param(state(0), StaleStateError, id="older serial"),
    pytest.param(state(2).replace(b"0c7a1b5e-1111", b"another"), StateError, id="another lineage"),
    pytest.param(state(1).replace(b"words", b"other"), StaleStateError, id="same serial, other content"),
    pytest.param(state(2).replace(b"1.11.4", b"1.5.7"), StaleStateError, id="older writer"),
    pytest.param(b"<html>", StateError, id="no state"),
    pytest.param(state(2).replace(b'"type": "number"', b'"type": "nmbr"'), StateError, id="terraform would refuse it"),
]


@pytest.mark.parametrize(("data", "error"), REFUSALS)
def test_what_may_not_follow_is_refused_before_anything_happens(
    store: MemoryStore, guards: Any, data: bytes, error: type[DriftgateError]
) -> None:
    with pytest.raises(error) as drafted:
        draft(place(store), pushing(data))
    with pytest.raises(error) as caught:
        write(place(store), pushing(data), guards)

    assert caught.value.message == drafted.value.message
    assert caught.value.next_step
    assert (bodies(store), guards.backups.saved, guards.audit.events, store.locks) == ([state(1)], {}, [], {})


def test_stored_bytes_that_are_no_state_are_only_overwritten_when_told_to(guards: Any) -> None:
    store = MemoryStore({"default": [b"<html>"]})
    with pytest.raises(StateError):
        write(place(store), pushing(state(1)), guards)
    done = write(place(store), Intent("state push", lambda current: state(1), over_unusable=True), guards)

    assert bodies(store)[-1] == state(1)
    assert guards.backups.saved[done.backup][0] == b"<html>"


def test_an_encrypted_state_is_never_overwritten_in_clear(guards: Any) -> None:
    store = MemoryStore({"default": [sealed(state(1))]})
    with pytest.raises(EncryptedStateError):
        write(place(store), Intent("state push", lambda current: state(2), over_unusable=True), guards)

    assert bodies(store) == [sealed(state(1))]


def test_without_a_backup_nothing_is_written(store: MemoryStore, guards: Any) -> None:
    guards.backups.broken = True
    with pytest.raises(BackupError):
        write(place(store), pushing(state(2)), guards)

    assert (bodies(store), store.locks) == ([state(1)], {})


@pytest.mark.parametrize(
    ("broken_at", "stored", "message"),
    [
        ("begun", 1, "the audit log is full"),
        ("ok", 2, "the state of live/app is written, but that could not be recorded"),
    ],
)
def test_an_audit_log_that_is_full(store: MemoryStore, guards: Any, broken_at: str, stored: int, message: str) -> None:
    guards.audit.broken_at = broken_at
    with pytest.raises(AuditError, match=message):
        write(place(store), pushing(state(2)), guards)

    assert (bodies(store)[-1], store.locks) == (state(stored), {})


def test_the_intent_is_on_record_before_the_write(store: MemoryStore, guards: Any) -> None:
    class Dies(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        write(at(Dies(store)), pushing(state(2)), guards)

    assert guards.audit.outcomes == ["begun", "failed: SystemExit"]
    assert store.locks == {}


def test_a_write_that_failed_says_that_the_state_is_as_it_was(store: MemoryStore, guards: Any) -> None:
    with pytest.raises(BackendError, match="connection reset") as caught:
        write(at(Failing(store, before=True)), pushing(state(2)), guards)

    assert caught.value.next_step == "nothing was written, the state is as it was; check the network"
    assert (bodies(store), store.locks) == ([state(1)], {})
    assert guards.audit.outcomes == ["begun", "failed: connection reset"]


def test_a_write_whose_answer_was_lost_is_done(store: MemoryStore, guards: Any) -> None:
    done = write(at(Failing(store, after=True)), pushing(state(2)), guards)

    assert done.changed
    assert guards.audit.outcomes == ["begun", "ok"]


def test_a_write_that_cannot_be_read_back_says_so(store: MemoryStore, guards: Any) -> None:
    with pytest.raises(BackendError, match="cannot tell whether the state of live/app was written") as caught:
        write(at(Failing(store, after=True, silent=True)), pushing(state(2)), guards)

    assert next(iter(guards.backups.saved)) in caught.value.next_step


def test_somebody_who_writes_without_the_lock_is_found_out(store: MemoryStore, guards: Any) -> None:
    class Overwritten(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            super().put(data, **more)
            self.store.bodies["default"].append(state(9))

    with pytest.raises(BackendError, match="is not what was just written"):
        write(at(Overwritten(store)), pushing(state(2)), guards)


def test_a_state_that_moved_between_read_and_write_is_not_overwritten(store: MemoryStore, guards: Any) -> None:
    class Moved(MemoryBackend):
        def put(self, data: bytes, **more: Any) -> None:
            self.store.bodies["default"].append(state(9))
            super().put(data, **more)

    with pytest.raises(ConflictError):
        write(at(Moved(store)), pushing(state(2)), guards)
    assert bodies(store)[-1] == state(9)


def test_a_lock_that_stays_is_told(store: MemoryStore, guards: Any) -> None:
    with pytest.raises(LeftLockedError, match=f"is done with, but its lock {guards.lock.id} could not be given back"):
        write(at(KeepsLock(store)), pushing(state(2)), guards)
    assert bodies(store)[-1] == state(2)


def test_what_went_wrong_first_is_told_first(store: MemoryStore, guards: Any) -> None:
    with pytest.raises(StaleStateError) as caught:
        write(at(KeepsLock(store)), pushing(state(0)), guards)

    [note] = caught.value.__notes__
    assert "is still locked under " in note
    assert "no answer" in note
    assert "the lock stayed too, give it back with `dg state unlock`" in caught.value.next_step


def test_a_lock_that_excludes_nobody_is_not_trusted(store: MemoryStore, guards: Any) -> None:
    class Ignoring(Conditional):
        excludes = False

    with pytest.raises(BackendError, match="its lock does not exclude anybody") as caught:
        write(at(Ignoring(store)), pushing(state(2)), guards)

    assert "dynamodb_table" in caught.value.next_step
    assert (bodies(store), store.locks) == ([state(1)], {})


def test_a_lock_is_proven_once(store: MemoryStore, guards: Any) -> None:
    for serial in (2, 3):
        write(at(Conditional(store)), pushing(state(serial)), guards)

    assert Conditional.asked == 1


@pytest.mark.parametrize("serial", [1, 2], ids=["no-op", "write"])
def test_a_digest_that_does_not_fit_is_mended(store: MemoryStore, guards: Any, serial: int) -> None:
    done = write(at(WithDigest(store)), pushing(state(serial)), guards)

    assert done.notes == ("mended: the digest is another",)
    assert write(at(WithDigest(store)), pushing(state(serial)), guards).notes == ()


def test_a_digest_that_cannot_be_mended(store: MemoryStore, guards: Any) -> None:
    class Stuck(WithDigest):
        def write_digest(self, payload: Payload | None) -> None:
            raise BackendError("table throttled", next_step="wait")

    store.bodies["default"] = [state(7)]
    with pytest.raises(BackendError, match="the state is stored, but the digest is another; mending that failed too"):
        write(at(Stuck(store)), pushing(state(8)), guards)


@pytest.mark.parametrize(
    ("missing", "message", "next_step"),
    [("put", "driftgate only reads", "terraform state push"), ("lock", "its backend has no lock", "use_lockfile")],
)
def test_a_backend_that_cannot_write_safely_is_refused(
    store: MemoryStore, guards: Any, missing: str, message: str, next_step: str
) -> None:
    class Lacking:
        """A backend that has all methods but those of one Protocol."""

        notes = ()
        conditional = True

        def get(self) -> Payload | None:
            return MemoryBackend(store).get()

        def lock(self, info: Any) -> str:
            raise AssertionError

        def unlock(self, lock_id: str) -> None: ...

        def put(self, data: bytes, **more: Any) -> None: ...

    delattr(Lacking, missing)
    with pytest.raises(BackendError, match=message) as caught:
        write(at(Lacking()), pushing(state(2)), guards)

    assert next_step in caught.value.next_step


def test_a_store_that_reprints_is_asked_for_the_content(store: MemoryStore, guards: Any) -> None:
    assert write(at(Prints(store)), pushing(state(2)), guards).changed
    assert b'"serial": 3' in (bodies(store)[-1] or b"")


@pytest.mark.parametrize("change", [(b"words", b"other"), (b"0c7a1b5e", b"another1")], ids=["content", "lineage"])
def test_a_print_of_something_else_is_found_out(
    store: MemoryStore, guards: Any, change: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Prints, "change", staticmethod(lambda data: data.replace(*change)))
    with pytest.raises(BackendError, match="is not what was just written"):
        write(at(Prints(store)), pushing(state(2)), guards)


def test_a_first_state_may_be_printed_under_a_lineage_of_its_own(guards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Prints, "change", staticmethod(lambda data: data.replace(b"0c7a1b5e", b"another1")))

    assert write(at(Prints(MemoryStore())), pushing(state(7)), guards).changed
