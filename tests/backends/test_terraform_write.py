"""States of any type, locked and written through the real terraform: on s3, as if it had no code of its own."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env
from contract.interop import Unit, changed
from contract.sites import Site, new_lock
from state.guards import new_guards
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends.base import BackendError, ConflictError, Reprinting, Surroundings, Writable
from driftgate.backends.lock import Locker, LockHeldError
from driftgate.backends.terraform_write import _info, open_writing
from driftgate.safety.backup import Subject
from driftgate.state.parse import parse_state
from driftgate.state.writer import Intent, Place, write
from driftgate.tfexec.guard import read_only
from driftgate.unit import BackendConfig

pytestmark = needs_terraform


@pytest.fixture
def site(aws: str, tmp_path: Path) -> Site:
    name = f"through-{uuid.uuid4().hex[:12]}"
    options = {"endpoint_url": aws, "region_name": "us-east-1"}
    options |= {"aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "test"}
    s3 = boto3.client("s3", **options)
    s3.create_bucket(Bucket=name)
    s3.close()
    config = {"bucket": name, "key": "x.tfstate", "use_path_style": True, "use_lockfile": True}
    return Site("s3 lockfile", "s3", tmp_path, config, aws_env(aws))


@pytest.fixture
def unit(site: Site) -> Unit:
    made = Unit(site)
    made.apply("one")
    return made


def through(site: Site, **seams: Any) -> Any:
    around = Surroundings(site.folder, {**os.environ, **site.env}, seams.get("run", process.run))
    return open_writing(BackendConfig("cos"), around)


def test_it_can_lock_and_write(unit: Unit, site: Site) -> None:
    backend = through(site)

    assert isinstance(backend, Locker)
    assert isinstance(backend, Writable)
    assert isinstance(backend, Reprinting)


def test_the_writer_goes_through_terraform(unit: Unit, site: Site) -> None:
    place = Place(through(site), Subject("cos://x"), "the state")
    guards: Any = new_guards()
    before = parse_state(place.backend.get().data)  # type: ignore[union-attr]
    done = write(place, Intent("state push", lambda current: changed(before.data, "driftgate")), guards)
    after = parse_state(site.open().get().data)

    assert done.changed
    assert unit.output() == "driftgate"
    assert (after.lineage, after.serial) == (before.lineage, before.serial + 2)
    assert guards.backups.saved[done.backup][0] == before.data
    assert site.open().holder() is None
    unit.apply("two")


def test_its_lock_is_terraforms_and_is_given_back(unit: Unit, site: Site) -> None:
    backend = through(site)
    lock_id = backend.lock(new_lock())
    holder = site.open().holder()
    stopped = unit.run("apply", "-auto-approve", "-no-color", "-var=v=two")
    with pytest.raises(LockHeldError):
        backend.lock(new_lock())
    backend.unlock(lock_id)

    assert holder is not None
    assert holder.operation == "OperationTypeInvalid"
    assert stopped.returncode == 1
    assert holder.id in stopped.stdout
    assert site.open().holder() is None
    with pytest.raises(BackendError, match="is not locked under id"):
        backend.unlock(lock_id)


def test_a_lock_that_is_held_names_the_holder(unit: Unit, site: Site) -> None:
    ours = new_lock("OperationTypeApply")
    lock_id = site.open().lock(ours)
    with pytest.raises(LockHeldError) as caught:
        through(site).lock(new_lock())
    site.open().unlock(lock_id)

    assert caught.value.holder is not None
    assert (caught.value.holder.id, caught.value.holder.who) == (lock_id, ours.who)
    assert caught.value.holder.created[:19] == ours.created[:19]


def test_a_killed_console_leaves_a_lock_that_terraform_can_break(unit: Unit, site: Site) -> None:
    backend = through(site)
    lock_id = backend.lock(new_lock())
    backend._held[lock_id].process.kill()
    with pytest.raises(BackendError, match="cannot unlock"):
        backend.unlock(lock_id)
    holder = site.open().holder()
    assert holder is not None
    unit.must("force-unlock", "-force", holder.id)


def test_what_terraform_refuses_is_one_line(unit: Unit, site: Site) -> None:
    backend = through(site)
    stored = backend.get()
    older = json.loads(stored.data)
    older["serial"] -= 1
    with pytest.raises(BackendError, match=r"cannot write the cos state of .*`terraform state push` failed"):
        backend.put(json.dumps(older).encode(), replacing=stored)
    with pytest.raises(ConflictError):
        backend.put(stored.data, replacing=None)
    (site.folder / "main.tf").write_text("nonsense {")
    with pytest.raises(BackendError, match=r"cannot lock the cos state of .*`terraform console` failed"):
        backend.lock(new_lock())


def test_a_read_only_runner_lets_nothing_be_pushed(unit: Unit, site: Site) -> None:
    backend = through(site, run=read_only(process.run))
    stored = backend.get()
    with pytest.raises(BackendError, match="a check never changes anything"):
        backend.put(changed(stored.data, "x"), replacing=stored)


@pytest.mark.parametrize(
    ("record", "created"),
    [
        ({}, None),
        ({"ID": "a", "Created": "2026-11-23 23:20:58.031492355 +0000 UTC"}, "2026-11-23T23:20:58.031492355Z"),
        ({"ID": "a", "Created": "yesterday"}, "yesterday"),
    ],
)
def test_the_record_that_terraform_prints(record: dict[str, str], created: str | None) -> None:
    info = _info(record)

    assert (info.created if info else None) == created
