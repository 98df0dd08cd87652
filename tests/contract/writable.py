"""What every backend that we write to must do, seen by two of our own clients; each backend's tests give a `site`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contract.backend import state
from contract.sites import CANNOT, CELLS, WHO, new_lock, skip_if_it_cannot

from driftgate.backends import base, lock
from driftgate.backends.base import BackendError, ConflictError
from driftgate.backends.lock import LockHeldError

PROTOCOLS = {
    "ConditionalLock": lock.ConditionalLock,
    "Deletable": base.Deletable,
    "LockBreaker": lock.LockBreaker,
    "LockInspector": lock.LockInspector,
    "Versioned": base.Versioned,
    "Workspaces": base.Workspaces,
}
NOBODY = "00000000-0000-4000-8000-000000000000"


def write(backend: Any, data: bytes) -> None:
    """Store `data` in place of what is there, as `state/writer.py` does."""
    with lock.locked(backend, new_lock()) as lock_id:
        backend.put(data, replacing=backend.get(), lock_id=lock_id)


def stored(backend: Any) -> bytes | None:
    payload = backend.get()
    return payload.data if payload else None


class WritableContract:
    @pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
    def test_it_can_do_what_its_row_does_not_exclude(self, site: Any, protocol: str) -> None:
        assert all(cell in CELLS for _, cell in CANNOT)

        assert isinstance(site.open(), PROTOCOLS[protocol]) == ((site.row, protocol) not in CANNOT)

    def test_it_says_whether_a_write_is_conditional(self, site: Any) -> None:
        assert site.open().conditional == ((site.row, "conditional put") not in CANNOT)

    def test_what_one_client_writes_the_other_reads(self, site: Any) -> None:
        one, other = site.open(), site.open()
        write(one, state(1))
        first = stored(other)
        write(other, state(2))
        second = stored(one)

        if (site.row, "verbatim") in CANNOT:
            assert first is not None
            assert b'"serial": 1' in first
        else:
            assert (first, second) == (state(1), state(2))

    def test_what_was_read_before_is_not_sent_again_and_never_stale(self, site: Any) -> None:
        skip_if_it_cannot(site, "validator")
        one, other = site.open(), site.open()
        write(one, state(1))
        first = one.get()
        again = [one.get(), other.get()]
        write(other, state(2))
        theirs = stored(one)
        write(one, state(3))
        ours = stored(one)

        assert all(payload is first for payload in again), "it was sent again"
        assert (first.data, theirs, ours) == (state(1), state(2), state(3))
        assert one.get() is other.get()

    def test_a_state_that_was_read_and_is_gone_is_gone(self, site: Any) -> None:
        skip_if_it_cannot(site, "validator", "Deletable")
        backend = site.open()
        write(backend, state(1))
        before = [stored(backend), stored(backend)]
        with lock.locked(backend, new_lock()) as lock_id:
            backend.delete(lock_id=lock_id)
        gone = stored(backend)
        write(backend, state(1))

        assert before == [state(1)] * 2
        assert not gone
        assert stored(backend) == state(1)

    def test_the_state_may_shrink(self, site: Any) -> None:
        backend = site.open()
        write(backend, state(1) + b" " * 100_000)
        write(backend, state(2))

        assert len(stored(backend) or b"") < 10_000

    def test_nothing_is_written_over_a_state_that_has_moved(self, site: Any) -> None:
        skip_if_it_cannot(site, "conditional put")
        backend = site.open()
        write(backend, state(1))
        old = backend.get()
        write(backend, state(2))

        with lock.locked(backend, new_lock()) as lock_id:
            with pytest.raises(ConflictError):
                backend.put(state(3), replacing=old, lock_id=lock_id)
            with pytest.raises(ConflictError):
                backend.put(state(3), replacing=None, lock_id=lock_id)
        assert b'"serial": 2' in (stored(backend) or b"")

    def test_nothing_is_written_in_place_of_a_state_that_is_gone(self, site: Any) -> None:
        skip_if_it_cannot(site, "conditional put", "Deletable")
        backend = site.open()
        write(backend, state(1))
        old = backend.get()
        with lock.locked(backend, new_lock()) as lock_id:
            backend.delete(lock_id=lock_id)

        with lock.locked(backend, new_lock()) as lock_id, pytest.raises(ConflictError):
            backend.put(state(2), replacing=old, lock_id=lock_id)
        assert not stored(backend)

    def test_a_lock_excludes_the_other_client_and_says_who_holds_it(self, site: Any) -> None:
        one, other = site.open(), site.open()
        info = new_lock("first")
        lock_id = one.lock(info)
        with pytest.raises(LockHeldError) as caught:
            other.lock(new_lock("second"))
        one.unlock(lock_id)
        again = other.lock(new_lock("second"))
        other.unlock(again)

        if isinstance(one, lock.LockInspector) and caught.value.holder and caught.value.holder.operation:
            assert (caught.value.holder.operation, caught.value.holder.who) == ("first", WHO)
            assert caught.value.holder.created == info.created

    def test_the_holder_can_be_seen_by_everybody(self, site: Any) -> None:
        skip_if_it_cannot(site, "LockInspector")
        one, other = site.open(), site.open()
        before = other.holder()
        lock_id = one.lock(new_lock())
        seen = [client.holder() for client in (one, other)]
        one.unlock(lock_id)

        assert before is None
        assert None not in seen
        assert {holder.id for holder in seen} == {lock_id}
        assert other.holder() is None

    def test_reading_needs_no_lock(self, site: Any) -> None:
        one, other = site.open(), site.open()
        write(one, state(4))

        with lock.locked(one, new_lock()):
            assert stored(other) == stored(one)

    def test_looking_and_locking_leave_no_state_behind(self, site: Any) -> None:
        workspace = "default" if (site.row, "Workspaces") in CANNOT else "looked-at"
        backend = site.open(workspace)
        with lock.locked(backend, new_lock()):
            during = stored(backend)

        assert not during
        assert not stored(site.open(workspace))

    def test_only_its_holder_gives_a_lock_back_and_only_once(self, site: Any) -> None:
        one, other = site.open(), site.open()
        lock_id = one.lock(new_lock())
        with pytest.raises(BackendError):
            other.unlock(NOBODY)
        with pytest.raises(LockHeldError):
            other.lock(new_lock())
        one.unlock(lock_id)
        with pytest.raises(BackendError):
            one.unlock(lock_id)

    def test_a_lock_can_be_broken_by_its_id_alone(self, site: Any) -> None:
        skip_if_it_cannot(site, "LockBreaker", "LockInspector")
        one, other = site.open(), site.open()
        one.lock(new_lock())
        with pytest.raises(BackendError):
            other.break_lock(NOBODY)
        holder = other.holder()
        assert holder is not None
        other.break_lock(holder.id)

        assert other.holder() is None
        other.unlock(other.lock(new_lock()))
        with pytest.raises(BackendError):
            other.break_lock(holder.id)

    def test_a_lock_that_is_a_condition_is_shown_to_exclude(self, site: Any) -> None:
        skip_if_it_cannot(site, "ConditionalLock")
        backend = site.open()
        with lock.locked(backend, new_lock()) as lock_id:
            before = backend.holder()

            assert backend.lock_excludes(lock_id)
            assert backend.holder() == before

    def test_a_repeated_request_has_taken_the_lock(self, site: Any) -> None:
        skip_if_it_cannot(site, "ConditionalLock")
        info = new_lock()
        one, other = site.open(), site.open()
        lock_id = one.lock(info)

        assert other.lock(info) == lock_id
        one.unlock(lock_id)

    def test_versions(self, site: Any) -> None:
        skip_if_it_cannot(site, "Versioned")
        backend = site.open()
        nothing = list(backend.versions())
        for serial in (1, 2):
            write(backend, state(serial) + b"\n" * serial)
        found = list(site.open().versions())

        assert nothing == []
        assert [version.current for version in found] == [True, False]
        assert [backend.get_version(v.id) for v in found] == [state(2) + b"\n\n", state(1) + b"\n"]
        assert found[0].time >= found[1].time
        with pytest.raises(BackendError):
            backend.get_version("no-such-version")

    def test_a_deleted_state_is_no_state(self, site: Any) -> None:
        skip_if_it_cannot(site, "Deletable")
        backend = site.open()
        write(backend, state(1))
        with lock.locked(backend, new_lock()) as lock_id:
            backend.delete(lock_id=lock_id)

        assert not stored(site.open())
        backend.delete()  # there is none: nothing happens
        write(backend, state(1))
        assert stored(site.open())

    def test_workspaces(self, site: Any) -> None:
        skip_if_it_cannot(site, "Workspaces", "Deletable")
        nothing = site.open().workspaces()
        blue = site.open("blue")
        write(blue, state(7))
        names = site.open().workspaces()
        with lock.locked(blue, new_lock()) as lock_id:
            blue.delete(lock_id=lock_id)

        assert nothing == ("default",)
        assert names == blue.workspaces() or "blue" not in blue.workspaces()
        assert names == ("blue", "default")
        assert site.open().workspaces() == ("default",)

    def test_workspaces_lock_apart(self, site: Any) -> None:
        skip_if_it_cannot(site, "Workspaces")
        with lock.locked(site.open("blue"), new_lock()), lock.locked(site.open("green"), new_lock()):
            pass

    def test_the_record_says_where_the_lock_is(self, site: Any) -> None:
        skip_if_it_cannot(site, "LockInspector", "we name terraform's lock")
        backend = site.open()
        with lock.locked(backend, replace(new_lock(), info="why <&>")):
            holder = backend.holder()

        assert holder is not None
        assert holder.path
        assert holder.info == "why <&>" or site.row == "consul"
