"""Who holds a lock that only terraform can take, and how it is broken: on s3, as if it had no code of its own."""

from __future__ import annotations

import os
import platform
import signal
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env
from contract.interop import SOURCE, Unit
from contract.sites import Site, new_lock
from contract.writable import NOBODY
from dg_run import Dg, runner
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends import registry, terraform_write
from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.lock import LockBreaker, LockInfo, LockInspector, LooksByLocking, SessionLock
from driftgate.backends.terraform_write import _is_our_own, open_writing
from driftgate.errors import ExitCode
from driftgate.state.verify import verify
from driftgate.unit import BackendConfig

pytestmark = needs_terraform


@pytest.fixture
def site(aws: str, repo: Path) -> Site:
    name = f"locks-{uuid.uuid4().hex[:12]}"
    s3 = boto3.client("s3", endpoint_url=aws, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
    s3.create_bucket(Bucket=name)
    s3.close()
    config = {"bucket": name, "key": "x.tfstate", "use_path_style": True, "use_lockfile": True}
    return Site("s3 lockfile", "s3", repo, config, aws_env(aws))


@pytest.fixture
def unit(site: Site) -> Unit:
    made = Unit(site)
    made.apply("one")
    return made


def through(site: Site, workspace: str = "default") -> Any:
    around = Surroundings(site.folder, {**os.environ, **site.env}, process.run)
    return open_writing(BackendConfig("cos", {}, workspace), around)


def test_it_can_look_and_break_and_leave_none_taken(unit: Unit, site: Site) -> None:
    backend = through(site)

    for protocol in (LockInspector, LockBreaker, LooksByLocking, SessionLock):
        assert isinstance(backend, protocol)


def test_a_free_lock_is_free_again_when_it_was_looked_at(unit: Unit, site: Site) -> None:
    before = site.open().get()

    assert through(site).holder() is None
    assert site.open().holder() is None
    assert site.open().get() == before


def test_a_running_terraform_is_named_and_its_lock_broken(unit: Unit, site: Site) -> None:
    with unit.applying("two") as (running, _):
        backend = through(site)
        holder, real = backend.holder(), site.open().holder()
        with pytest.raises(BackendError, match=f"is not locked under id {NOBODY} but {real.id}"):
            backend.break_lock(NOBODY)
        assert site.open().holder() == real
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        backend.break_lock(real.id)

    assert (holder.id, holder.who, holder.operation) == (real.id, real.who, "OperationTypeApply")
    assert holder.created[:26] == real.created[:26]
    assert site.open().holder() is None
    with pytest.raises(BackendError, match=f"is not locked under id {real.id}: "):
        backend.break_lock(real.id)
    unit.apply("three")


def test_an_unlock_that_unlocks_nothing_is_seen(unit: Unit, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_write, "force_unlock", lambda *_: None)
    lock_id = site.open().lock(new_lock())
    with pytest.raises(BackendError, match=f"is still locked under id {lock_id}"):
        through(site).break_lock(lock_id)


def test_our_own_console_is_a_holder_too(unit: Unit, site: Site) -> None:
    backend = through(site)
    lock_id = backend.lock(new_lock())
    seen = through(site).holder()
    backend.unlock(lock_id)

    assert seen.operation == "OperationTypeInvalid"
    assert backend.holder() is None


def test_looking_makes_no_workspace(unit: Unit, site: Site) -> None:
    assert through(site, "nowhere").holder() is None
    assert site.open().workspaces() == ("default",)


def test_a_lock_that_cannot_be_looked_at_is_not_free(unit: Unit, site: Site) -> None:
    (site.folder / "main.tf").write_text("nonsense {")
    with pytest.raises(BackendError, match=r"cannot look at the lock of the cos state of .*`terraform console` failed"):
        through(site).holder()


def test_verify_does_not_lock_in_passing(unit: Unit, site: Site) -> None:
    lock_id = site.open().lock(new_lock())
    checks = [check.name for check in verify(through(site), "x")]
    site.open().unlock(lock_id)

    assert checks == ["stored", "state", "content"]


def test_a_type_that_records_nobody_is_said_to_be_locked_by_somebody(tmp_path: Path) -> None:
    """Terraform's own `inmem`, which has no code in driftgate: with `lock_id` each process finds it locked anew."""
    site = Site("inmem", "inmem", tmp_path, {"lock_id": NOBODY})
    (tmp_path / "main.tf").write_text(f"terraform {{\n{site.block}}}\n{SOURCE}")
    process.run(("terraform", "init", "-input=false"), cwd=tmp_path, env=dict(os.environ))
    backend = site.open()
    with pytest.raises(BackendError, match=r"the inmem state of .* is locked, and terraform cannot tell by whom"):
        backend.holder()
    with pytest.raises(BackendError, match="cannot tell by whom"):
        backend.break_lock(NOBODY)


HERE = f"ann@{platform.node()}"


@pytest.mark.parametrize(
    ("who", "created", "own"),
    [
        pytest.param(HERE, "2026-11-23T23:20:57.9Z", False, id="before"),
        pytest.param(HERE, "2026-11-23T23:20:58.031492355Z", True, id="while we ask"),
        pytest.param("ann@elsewhere", "2026-11-23T23:20:59.0Z", False, id="by a machine whose clock is ahead"),
    ],
)
def test_whose_record_it_is(who: str, created: str, own: bool) -> None:
    begun = datetime(2026, 11, 23, 23, 20, 58, tzinfo=UTC)

    assert _is_our_own(LockInfo("a", "", who, created), begun) is own


@pytest.fixture
def native(unit: Unit, site: Site) -> Any:
    """A client that knows s3."""
    return site.open()


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str], native: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> Dg:
    """dg, to which s3 is a type without code of its own."""
    for name, value in {**site.env, "HOME": str(site.folder / "home")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(registry.NATIVE, "s3")
    return runner(capfd)


def test_the_commands_show_and_break_it(dg: Dg, native: Any, site: Site) -> None:
    free = dg("state", "locks", site.folder, "-o", "json")
    lock_id = native.lock(new_lock("OperationTypeApply"))
    listed = dg("state", "locks", site.folder, "-o", "json")
    living = dg("state", "unlock", site.folder, "--yes")
    broken = dg("state", "unlock", site.folder, "--id", lock_id, "--force", "--yes")

    assert (free.code, free.json["locks"], free.json["unread"]) == (0, [], [])
    assert [(lock["id"], lock["operation"]) for lock in listed.json["locks"]] == [(lock_id, "OperationTypeApply")]
    assert living.code == ExitCode.LOCKED
    assert broken.code == 0, broken.err
    assert native.holder() is None


def test_no_command_leaves_it_taken(dg: Dg, native: Any, site: Site) -> None:
    done = dg("state", "lock", site.folder, "--yes")

    assert done.code == 1
    assert "cannot be locked for longer than a process runs" in done.err
    assert native.holder() is None
