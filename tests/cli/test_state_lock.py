from __future__ import annotations

import json
import os
import platform
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env
from consul_server import Consul
from contract.backend import state
from contract.sites import Site, new_lock
from contract.writable import write
from dg_run import Dg, runner
from http_state_server import HttpStates
from loopback import serve

from driftgate.backends.lock import LockInfo
from driftgate.errors import ExitCode


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dg:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return runner(capfd)


@pytest.fixture
def site(aws: str, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A repo with two units that share one state in S3, and one with a local state."""
    for name, value in aws_env(aws).items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3")
    bucket = f"locks-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.close()
    config = {"bucket": bucket, "key": "x.tfstate", "use_path_style": True, "use_lockfile": True}
    for name in ("app", "same"):
        (repo / "live" / name).mkdir(parents=True)
        site = Site("s3 lockfile", "s3", repo / "live" / name, config, aws_env(aws))
        (repo / "live" / name / "main.tf").write_text(f"terraform {{\n{site.block}}}\n")
    (repo / "live/local").mkdir()
    (repo / "live/local/main.tf").write_text('resource "terraform_data" "x" {\n}\n')
    (repo / "live/plain").mkdir()
    plain = {**config, "key": "plain.tfstate", "use_lockfile": False}
    (repo / "live/plain/main.tf").write_text(f"terraform {{\n{Site('', 's3', repo, plain).block}}}\n")
    return Site("s3 lockfile", "s3", repo / "live/app", config, aws_env(aws))


def of_process(pid: int) -> LockInfo:
    """A record as this process would have written it, had it this id."""
    namespace = os.readlink("/proc/self/ns/pid")
    return LockInfo(
        str(uuid.uuid4()), "dg state push", f"ada@{platform.node()}", "2026-01-01T00:00:00Z",
        info=f"process {pid} in {namespace}",
    )  # fmt: skip


DEAD = 2**22 + 1
"""No process has this id."""


def test_no_locks(dg: Dg, site: Site) -> None:
    done = dg("state", "locks", site.folder.parents[1])

    assert done.code == 0
    assert "no locks held" in done.out
    assert "live/plain  its backend has no lock" in done.out


def test_every_held_lock_is_listed_once(dg: Dg, site: Site) -> None:
    site.open().lock(new_lock("OperationTypeApply"))
    local = Site("local", "local", site.folder.parents[0] / "local").open()
    local_id = local.lock(of_process(os.getpid()))
    table = dg("state", "locks", site.folder.parents[1])
    found = dg("state", "locks", site.folder.parents[1], "-o", "json")
    local.unlock(local_id)

    assert (table.code, found.code) == (0, 0)
    assert "2 locks held\n" in table.out
    assert "held by ada@driftgate-contract for 0 s, OperationTypeApply" in table.out
    assert f"its process {os.getpid()} is running" in table.out
    assert [(lock["unit"], lock["ended"]) for lock in found.json["locks"]] == [
        ("live/app", None),
        ("live/local", False),
    ]
    assert found.json["locks"][1]["age"] > 1000
    assert found.json["unread"] == [{"unit": "live/plain", "reason": "its backend has no lock", "failed": False}]


def test_what_cannot_be_looked_at_is_said_and_exits_1(dg: Dg, site: Site) -> None:
    (site.folder.parent / "plain/main.tf").write_text(
        (site.folder / "main.tf").read_text().replace(str(site.config["bucket"]), "no-such-bucket-here")
    )
    done = dg("state", "locks", site.folder.parents[1])

    assert done.code == ExitCode.ERROR
    assert "bucket no-such-bucket-here does not exist" in done.out
    assert "→ " in done.out


def test_a_folder_without_units(dg: Dg, repo: Path) -> None:
    assert dg("state", "locks", repo).code == ExitCode.ERROR


def test_unlock_of_a_free_lock_is_nothing_to_do(dg: Dg, site: Site) -> None:
    done = dg("state", "unlock", site.folder, "--yes")

    assert (done.code, done.out) == (0, "")
    assert "is not locked" in done.err


def test_a_holder_that_may_live_keeps_its_lock(dg: Dg, site: Site) -> None:
    lock_id = site.open().lock(new_lock())
    plain = dg("state", "unlock", site.folder, "--yes")
    running = [dg("state", "unlock", site.folder, "--yes", "--id", lock_id)]
    site.open().unlock(lock_id)
    site.open().lock(of_process(os.getpid()))
    running.append(dg("state", "unlock", site.folder, "--yes"))

    assert [done.code for done in (plain, *running)] == [ExitCode.LOCKED] * 3
    assert "nobody can tell whether it is still at work" in plain.err
    assert "is running: wait, or make sure that it is gone and add --force" in running[1].err


def test_a_holder_that_has_ended_loses_its_lock(dg: Dg, site: Site) -> None:
    info = of_process(DEAD)
    site.open().lock(info)
    listed = dg("state", "locks", site.folder.parents[1])
    dry = dg("state", "unlock", site.folder)
    still = site.open().holder()
    done = dg("state", "unlock", site.folder, "--yes", "--reason", "cleaning up")

    assert "stale by ada@" in listed.out
    assert f"its process {DEAD} has ended" in listed.out
    assert (dry.code, done.code) == (0, 0)
    assert "--yes breaks it" in dry.err
    assert still is not None
    assert "is free again; it was held: by ada@" in done.err
    assert site.open().holder() is None
    log = [json.loads(line) for line in (Path.home() / ".local/state/driftgate/audit.jsonl").read_text().splitlines()]
    assert [(r["action"], r["outcome"]) for r in log] == [("state unlock", "begun"), ("state unlock", "ok")]
    assert json.loads(log[0]["details"]["lock"])["ID"] == info.id


def test_force_breaks_the_lock_of_a_living_holder(dg: Dg, site: Site) -> None:
    lock_id = site.open().lock(new_lock())
    other = dg("state", "unlock", site.folder, "--yes", "--force", "--id", "another")
    done = dg("state", "unlock", site.folder, "--yes", "--force", "--id", lock_id)

    assert other.code == ExitCode.ERROR
    assert f"is locked under id {lock_id}, not another" in other.err
    assert done.code == 0
    assert site.open().holder() is None


def test_a_local_lock_ends_with_its_process(dg: Dg, site: Site) -> None:
    folder = site.folder.parent / "local"
    backend = Site("local", "local", folder).open()
    lock_id = backend.lock(new_lock())
    unlock = dg("state", "unlock", folder, "--force", "--yes")
    backend.unlock(lock_id)
    lock = dg("state", "lock", folder, "--yes")

    assert (unlock.code, lock.code) == (ExitCode.LOCKED, ExitCode.ERROR)
    assert "its lock ends with the process that holds it" in unlock.err
    assert "cannot be locked for longer than a process runs" in lock.err


def test_a_consul_lock_ends_soon_after_its_process(dg: Dg, repo: Path) -> None:
    with serve(Consul()) as url:
        site = Site("consul", "consul", repo, {"address": url, "path": "app"})
        (repo / "main.tf").write_text(f"terraform {{\n{site.block}}}\n")
        done = dg("state", "lock", repo, "--yes")
        holder = site.open().holder()

    assert (done.code, holder) == (1, None)
    assert "cannot be locked for longer than a process runs" in done.err


def test_a_lock_that_nobody_can_see_is_broken_by_its_id(dg: Dg, repo: Path) -> None:
    server = HttpStates()
    with serve(server) as url:
        site = Site("http", "http", repo, {"address": url, "lock_address": url, "unlock_address": url})
        (repo / "main.tf").write_text(f"terraform {{\n{site.block}}}\n")
        lock_id = dg("state", "lock", repo, "--yes").out.strip()
        asked = [dg("state", "unlock", repo, "--yes", *more) for more in ((), ("--id", lock_id), ("--force",))]
        dry = dg("state", "unlock", repo, "--id", lock_id, "--force")
        wrong = dg("state", "unlock", repo, "--id", "another", "--force", "--yes")
        still = dict(server.locks)
        done = dg("state", "unlock", repo, "--id", lock_id, "--force", "--yes")

    assert [run.code for run in asked] == [1, 1, 1]
    assert "its backend cannot tell who holds the lock" in asked[0].err
    assert "with --id" in asked[0].err
    assert (dry.code, wrong.code, done.code) == (0, 1, 0)
    assert f"--yes breaks its lock, if it is held under {lock_id}" in dry.err
    assert "is not locked under another" in wrong.err
    assert still
    assert server.locks == {}
    assert f"is free again; it was held under {lock_id}" in done.err


def test_a_backend_without_a_lock(dg: Dg, site: Site) -> None:
    for command in ("lock", "unlock"):
        done = dg("state", command, site.folder.parent / "plain", "--yes")

        assert done.code == 1
        assert "next" not in done.err
        assert "→ " in done.err


def test_lock_takes_the_lock_and_leaves_it(dg: Dg, site: Site) -> None:
    dry = dg("state", "lock", site.folder)
    free = site.open().holder()
    done = dg("state", "lock", site.folder, "--yes", "--reason", "maintenance")
    holder = site.open().holder()
    again = dg("state", "lock", site.folder, "--yes")
    look = dg("state", "lock", site.folder)

    assert (dry.code, done.code, again.code, look.code) == (0, 0, ExitCode.LOCKED, 0)
    assert free is None
    assert "is free; --yes takes the lock" in dry.err
    assert holder is not None
    assert done.out.strip() == holder.id
    assert holder.info.startswith("maintenance, process ")
    assert holder.operation == "dg state lock"
    assert "held: by " in look.err


def test_a_secret_in_the_reason_does_not_get_into_the_lock(dg: Dg, site: Site) -> None:
    """Everybody who meets the lock is shown its record."""
    done = dg("state", "lock", site.folder, "--yes", "--reason", "rotate password=hunter22hunter22")
    holder = site.open().holder()

    assert done.code == 0
    assert holder is not None
    assert "hunter22" not in holder.info
    assert holder.info.startswith("rotate password=(sensitive), process ")


def test_a_lock_left_taken_is_not_stale_when_the_command_has_ended(
    dg: Dg, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as as_if_ended:
        as_if_ended.setattr(os, "getpid", lambda: DEAD)
        assert dg("state", "lock", site.folder, "--yes", "--reason", "maintenance").code == 0
    listed = dg("state", "locks", site.folder.parents[1])
    plain = dg("state", "unlock", site.folder, "--yes")
    still = site.open().holder()
    forced = dg("state", "unlock", site.folder, "--yes", "--force")

    assert "stale" not in listed.out
    assert "left taken on purpose" in listed.out
    assert (plain.code, forced.code) == (ExitCode.LOCKED, 0)
    assert "left taken on purpose" in plain.err
    assert still is not None


def test_a_lock_that_cannot_be_recorded_is_not_left_taken(dg: Dg, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "home/.local/state/driftgate/audit.jsonl"
    log.mkdir(parents=True)
    done = dg("state", "lock", site.folder, "--yes")

    assert done.code == ExitCode.ERROR
    assert "cannot write the audit log" in done.err
    assert site.open().holder() is None


def test_what_a_lock_says_does_not_reach_the_terminal_as_controls(dg: Dg, site: Site) -> None:
    """Whoever can write a lock can write anything into it."""
    site.open().lock(replace(new_lock(), who="eve\x1b]0;owned\x07\x9b31m@h", info="\u202egnp.exe"))
    runs = [
        dg("state", *words)
        for words in (
            ("locks", site.folder.parents[1]),
            ("locks", site.folder.parents[1], "-o", "json"),
            ("lock", site.folder),
            ("lock", site.folder, "--yes"),
            ("unlock", site.folder),
            ("unlock", site.folder, "--force"),
            ("verify", site.folder),
            ("verify", site.folder, "-o", "json"),
        )
    ]

    assert "eve" in "".join(run.out + run.err for run in runs)
    for run in runs:
        assert not set("\x1b\x07\x9b\u202e") & set(run.out + run.err)
    assert runs[1].json["locks"][0]["info"] == "\u202egnp.exe"


def test_verify_finds_a_state_whole(dg: Dg, site: Site) -> None:
    nothing = dg("state", "verify", site.folder)
    write(site.open(), state(4))
    done = dg("state", "verify", site.folder)
    found = dg("state", "verify", site.folder, "-o", "json")

    assert (nothing.code, done.code, found.code) == (0, 0, 0)
    assert "no state yet" in nothing.out
    assert "✓ state    version 4, serial 4, lineage 0c7a1b5e-1111" in done.out
    assert [check["name"] for check in found.json["checks"]] == ["stored", "digest", "state", "content", "lock"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>", "✗ state"),
        (state(1).replace(b'"type": "string"', b'"type": "strng"'), "output words has type"),
        (state(1).replace(b'"0c7a1b5e-1111"', b'""'), "it has no lineage"),
    ],
    ids=["no state", "bad type", "no lineage"],
)
def test_verify_says_what_is_wrong(dg: Dg, site: Site, data: bytes, said: str) -> None:
    write(site.open(), data)
    done = dg("state", "verify", site.folder)

    assert done.code == ExitCode.FINDINGS
    assert said in done.out
    assert "→ " in done.out


def test_verify_takes_no_bytes_for_a_state_only_during_a_first_apply(dg: Dg, repo: Path) -> None:
    folder = repo / "local"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "terraform_data" "x" {\n}\n')
    (folder / "terraform.tfstate").write_bytes(b"")
    cut_off = dg("state", "verify", folder)
    backend = Site("local", "local", folder).open()
    lock_id = backend.lock(new_lock())
    applying = dg("state", "verify", folder)
    backend.unlock(lock_id)

    assert cut_off.code == ExitCode.FINDINGS
    assert "is empty (0 bytes)" in cut_off.out
    assert "dg state rollback" in cut_off.out
    assert applying.code == 0
    assert "held by" in applying.out


def test_unlock_does_not_call_free_what_another_holds_in_the_other_place(dg: Dg, site: Site) -> None:
    """Of two clients one locks by the file only, the other by the table only: neither excludes the other."""
    dynamodb, table = boto3.client("dynamodb"), site.config["bucket"]
    dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )  # fmt: skip
    both = {**site.config, "dynamodb_table": table}
    (site.folder / "main.tf").write_text(f"terraform {{\n{Site('', 's3', site.folder, both, site.env).block}}}\n")
    Site("", "s3", site.folder, site.config, site.env).open().lock(of_process(DEAD))
    other = new_lock("OperationTypeApply")
    Site("", "s3", site.folder, {**both, "use_lockfile": False}, site.env).open().lock(other)
    done = dg("state", "unlock", site.folder, "--yes")

    assert done.code == ExitCode.LOCKED
    assert "is free again" not in done.err
    assert f"is locked by {other.who} for OperationTypeApply" in done.err
    assert other.id in done.err
    dynamodb.close()


def test_verify_mends_the_digest(dg: Dg, site: Site, aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    table = site.config["bucket"]
    dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )  # fmt: skip
    config: dict[str, Any] = {**site.config, "dynamodb_table": table}
    both = Site("s3 both", "s3", site.folder, config, site.env)
    (site.folder / "main.tf").write_text(f"terraform {{\n{both.block}}}\n")
    write(both.open(), state(1))
    s3.put_object(Bucket=table, Key="x.tfstate", Body=state(2))
    runs = [dg("state", "verify", site.folder, *more) for more in ((), ("--mend",), ("--mend", "--yes"), ())]

    assert [run.code for run in runs] == [2, 2, 0, 0]
    assert "terraform refuses to read it" in runs[0].out
    assert "dry run" in runs[1].err
    assert "mended: " in runs[2].err
    dynamodb.close()
    s3.close()
