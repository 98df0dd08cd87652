"""How a local state is overwritten and locked: old or new, never a mixture, whatever stops the writer."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from contract.backend import state
from contract.sites import Site, new_lock
from contract.writable import stored, write
from hypothesis import given
from hypothesis import strategies as st
from terraform_cli import apply, needs_terraform, terraform

from driftgate.backends import local_write
from driftgate.backends.base import BackendError
from driftgate.backends.lock import LockHeldError

OLD, NEW = state(1) + b"o" * 9000, state(2) + b"n" * 20_000


@pytest.fixture
def backend(tmp_path: Path) -> Any:
    return Site("local", "local", tmp_path).open()


def open_again(backend: Any) -> Any:
    return Site("local", "local", backend.path.parent).open()


class Stopped(BaseException):
    """The machine stops."""


@pytest.mark.parametrize("old", [b"", OLD], ids=["first", "next"])
@pytest.mark.parametrize("new", [NEW, state(2)], ids=["longer", "shorter"])
@pytest.mark.parametrize("written", [0, 1, 4096, 9500, 10**9])
def test_a_write_that_is_cut_short_is_finished_by_whoever_comes_next(
    backend: Any, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes, written: int
) -> None:
    if old:
        write(backend, old)
    real = os.pwrite

    def cut_short(descriptor: int, data: Any, at: int) -> int:
        real(descriptor, bytes(data)[:written], at)
        raise Stopped

    monkeypatch.setattr("os.pwrite", cut_short)
    with pytest.raises(Stopped):
        write(backend, new)
    monkeypatch.undo()
    whole = max(len(new), len(old))
    torn = backend.path.read_bytes()

    assert len(torn) == whole
    assert stored(open_again(backend)) in (old or None, new)
    write(open_again(backend), state(3))
    assert backend.path.read_bytes() == state(3)
    assert not local_write.journal_path(backend.path).exists()
    assert backend.path.with_name("terraform.tfstate.backup").read_bytes() in (old, new)


@given(
    old=st.binary(max_size=40),
    new=st.binary(min_size=1, max_size=40),
    cut=st.integers(0, 40),
    other=st.binary(max_size=40),
)
def test_only_a_mixture_of_both_counts_as_unfinished(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes, cut: int, other: bytes
) -> None:
    path = tmp_path_factory.mktemp("torn") / "terraform.tfstate"
    local_write.backup_path(path).write_bytes(old)
    digests = local_write._digest(old) + local_write._digest(new)
    local_write.journal_path(path).write_bytes(digests + new)
    start = new[:cut]
    torn = (start + old[len(start) :]).ljust(max(len(old), len(new)), b"\0")
    found = local_write.unfinished(path, torn)

    assert found == (None if torn in (old, new) else new)
    assert local_write.unfinished(path, b"\1" * 41 + other) is None
    local_write.journal_path(path).write_bytes(digests + new + b"?")
    assert local_write.unfinished(path, torn) is None


def test_what_somebody_else_wrote_since_is_not_touched(backend: Any) -> None:
    write(backend, OLD)
    local_write._store(
        local_write.journal_path(backend.path), local_write._digest(OLD) + local_write._digest(NEW) + NEW
    )
    backend.path.write_bytes(state(7))

    assert stored(backend) == state(7)
    backend.unlock(backend.lock(new_lock()))
    assert backend.path.read_bytes() == state(7)
    assert not local_write.journal_path(backend.path).exists()


@pytest.mark.parametrize("call", ["posix_fallocate", "pwrite", "ftruncate", "fsync"])
def test_a_full_disk_leaves_the_old_state(backend: Any, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    write(backend, OLD)
    real, failed = getattr(os, call), []

    def full(*args: Any) -> Any:
        if not failed and os.path.samestat(os.fstat(args[0]), backend.path.stat()):
            failed.append(call)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args)

    monkeypatch.setattr(f"os.{call}", full)
    with pytest.raises(BackendError, match=r"cannot write .*terraform.tfstate: No space left on device"):
        write(backend, NEW)

    assert failed
    assert backend.path.read_bytes() == OLD
    assert not local_write.journal_path(backend.path).exists()
    write(backend, NEW)
    assert backend.path.read_bytes() == NEW


def test_files_are_private_and_the_inode_stays(backend: Any) -> None:
    write(backend, OLD)
    inode = backend.path.stat().st_ino
    write(backend, NEW)
    with open_again(backend).path.open("rb"):
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in backend.path.parent.iterdir()}

    assert backend.path.stat().st_ino == inode
    assert modes == {"terraform.tfstate": "0o600", "terraform.tfstate.backup": "0o600"}
    lock_id = backend.lock(new_lock())
    assert oct(backend.path.with_name(".terraform.tfstate.lock.info").stat().st_mode & 0o777) == "0o600"
    backend.unlock(lock_id)


@needs_terraform
def test_the_lock_survives_that_the_file_is_opened_and_closed_here(tmp_path: Path) -> None:
    apply(tmp_path, 'output "o" {\n value = 1\n}\n')
    backend = Site("local", "local", tmp_path).open()
    lock_id = backend.lock(new_lock())
    backend.path.read_bytes()
    with pytest.raises(AssertionError, match="Error acquiring the state lock"):
        terraform(tmp_path, "plan", "-no-color")
    backend.unlock(lock_id)
    terraform(tmp_path, "plan")


def test_a_record_that_a_killed_process_left_locks_nobody_out(backend: Any) -> None:
    write(backend, OLD)
    record = backend.path.with_name(".terraform.tfstate.lock.info")
    record.write_bytes(new_lock("killed").to_json())

    assert backend.holder() is None
    backend.unlock(backend.lock(new_lock()))
    assert not record.exists()


def test_a_lock_without_a_record_still_excludes(backend: Any) -> None:
    other = open_again(backend)
    lock_id = backend.lock(new_lock())
    backend.path.with_name(".terraform.tfstate.lock.info").unlink()
    with pytest.raises(LockHeldError, match=r"terraform.tfstate is locked:"):
        other.lock(new_lock())

    assert other.holder() is not None
    backend.unlock(lock_id)
    assert other.holder() is None


def test_threads_exclude_each_other(backend: Any) -> None:
    write(backend, state(0))
    done: list[int] = []
    deadline = time.monotonic() + 60

    def add() -> None:
        mine = open_again(backend)
        while time.monotonic() < deadline:
            try:
                lock_id = mine.lock(new_lock())
            except LockHeldError:
                continue
            payload = mine.get()
            serial = int(payload.data.split(b'"serial": ')[1].split(b",")[0])
            mine.put(state(serial + 1), replacing=payload, lock_id=lock_id)
            mine.unlock(lock_id)
            done.append(serial)
            if done.count(serial) > 1 or serial >= 30:
                return

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(len(done)))
    assert max(done) >= 30


@pytest.mark.parametrize("workspace", ["blue"])
def test_a_workspace_that_terraform_made_stays_when_we_lock_it(tmp_path: Path, workspace: str) -> None:
    (tmp_path / "terraform.tfstate.d" / workspace).mkdir(parents=True)  # as `terraform workspace new` leaves it
    blue = Site("local", "local", tmp_path).open(workspace)
    blue.unlock(blue.lock(new_lock()))

    assert blue.workspaces() == ("blue", "default")


def test_a_path_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    backend = Site("local", "local", tmp_path, {"path": "file/x.tfstate"}).open()
    with pytest.raises(BackendError, match=r"^cannot lock .*x.tfstate: "):
        backend.lock(new_lock())
    with pytest.raises(BackendError, match="is not held"):
        backend.put(state(1), replacing=None)
