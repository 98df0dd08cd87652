"""How states and locks are written to S3: the requests are those of terraform, failures leave nothing half-done."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env
from between import Between
from contract.backend import state
from contract.sites import Site, new_lock
from contract.writable import NOBODY, stored, write
from loopback import Answer, serve
from terraform_cli import apply, needs_terraform

from driftgate import process
from driftgate.backends.base import BackendError, ConflictError
from driftgate.backends.lock import Locker, LockHeldError
from driftgate.backends.registry import open_backend
from driftgate.backends.s3 import LockingS3Backend, S3Backend
from driftgate.unit import BackendConfig

SSE_C = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture
def config(aws: str) -> dict[str, Any]:
    """A block that works, in a fresh bucket and with a fresh table of the same name."""
    name = f"write-{uuid.uuid4().hex[:12]}"
    client("s3", aws).create_bucket(Bucket=name)
    client("dynamodb", aws).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )
    return {"bucket": name, "key": "app/x.tfstate", "use_path_style": True, "max_retries": 0}


def client(service: str, endpoint: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **keys)


def open_s3(config: dict[str, Any], endpoint: str, workspace: str = "default") -> Any:
    backend = BackendConfig("s3", config, workspace)
    return open_backend(backend, unit_dir=Path(), env=aws_env(endpoint), runner=process.run)


ABOUT = ("content-type", "if-none-match", "x-amz-server-side-encryption", "x-amz-acl")


def put_of(server: Between, ending: str) -> dict[str, str]:
    """What the last PUT of an object said about itself."""
    last = next(r for r in reversed(server.requests) if r.method == "PUT" and r.path.split("?")[0].endswith(ending))
    headers = {name.lower(): value for name, value in last.headers.items()}
    return {name: headers[name] for name in headers if name in ABOUT or name.startswith(ABOUT)}


@pytest.fixture
def between(aws: str) -> Iterator[tuple[Between, str]]:
    server = Between(aws)
    with serve(server) as url:
        yield server, url


WRITTEN = [
    pytest.param({}, id="plain"),
    pytest.param({"encrypt": True}, id="encrypt"),
    pytest.param(
        {"encrypt": True, "kms_key_id": "arn:aws:kms:us-east-1:123456789012:key/0e3c7b1a-1111-4222-8333-944455556666"},
        id="KMS key",
    ),
    pytest.param({"encrypt": True, "sse_customer_key": SSE_C}, id="customer key"),
    pytest.param({"sse_customer_key": SSE_C}, id="customer key without encrypt"),
    pytest.param({"acl": "bucket-owner-full-control"}, id="ACL"),
    pytest.param({"skip_s3_checksum": True}, id="no checksum"),
]


@needs_terraform
@pytest.mark.parametrize("settings", WRITTEN)
def test_state_and_lock_are_written_as_terraform_writes_them(
    between: tuple[Between, str], config: dict[str, Any], tmp_path: Path, settings: dict[str, Any]
) -> None:
    server, url = between
    block = {**config, "use_lockfile": True, **settings}
    site = Site("s3 lockfile", "s3", tmp_path, block, aws_env(url))
    apply(tmp_path, f'terraform {{\n{site.block}}}\noutput "o" {{\n value = 1\n}}\n', env=aws_env(url))
    theirs = put_of(server, "x.tfstate"), put_of(server, "x.tfstate.tflock")
    before = len(server.requests)
    write(site.open(), state(9))
    ours = put_of(server, "x.tfstate"), put_of(server, "x.tfstate.tflock")

    assert ours == theirs
    assert stored(site.open()) == state(9)
    ours_only = [r for r in server.requests[before:] if r.method == "PUT"]
    checksums = {name.lower() for r in ours_only for name in r.headers if name.lower().startswith("x-amz-checksum")}
    # terraform 1.11 sends a CRC32 with skip_s3_checksum unless AWS_REQUEST_CHECKSUM_CALCULATION says otherwise.
    assert checksums == (set() if "skip_s3_checksum" in settings else {"x-amz-checksum-sha256"})


def test_without_a_lock_in_the_block_it_is_no_locker(config: dict[str, Any], aws: str) -> None:
    plain, table = open_s3(config, aws), open_s3({**config, "dynamodb_table": "t"}, aws)

    assert type(plain) is S3Backend
    assert not isinstance(plain, Locker)
    assert type(table) is LockingS3Backend
    assert isinstance(table, Locker)


def test_the_digest_follows_the_state(config: dict[str, Any], aws: str) -> None:
    backend = open_s3({**config, "dynamodb_table": config["bucket"]}, aws)
    write(backend, state(1))
    good = backend.digest_fault(backend.get())
    client("s3", aws).put_object(Bucket=config["bucket"], Key=config["key"], Body=state(2))
    fault = backend.digest_fault(backend.get())
    backend.write_digest(backend.get())

    assert good == ""
    assert "terraform refuses to read it" in fault
    assert backend.digest_fault(backend.get()) == ""
    backend.delete()
    assert backend.digest_fault(None) == ""


def test_a_digest_that_terraform_does_not_look_at_is_no_fault(config: dict[str, Any], aws: str) -> None:
    backend = open_s3({**config, "dynamodb_table": config["bucket"]}, aws)
    item = {"LockID": {"S": f"{config['bucket']}/{config['key']}-md5"}, "Digest": {"S": "nonsense"}}
    client("dynamodb", aws).put_item(TableName=config["bucket"], Item=item)

    assert backend.digest_fault(None) == ""
    assert open_s3({**config, "use_lockfile": True}, aws).digest_fault(None) == ""


def test_of_two_locks_the_first_is_given_back_when_the_second_is_held(config: dict[str, Any], aws: str) -> None:
    table = {"dynamodb_table": config["bucket"]}
    old, new = open_s3({**config, **table}, aws), open_s3({**config, **table, "use_lockfile": True}, aws)
    held = old.lock(new_lock("old client"))
    with pytest.raises(LockHeldError, match="old client"):
        new.lock(new_lock())

    assert open_s3({**config, "use_lockfile": True}, aws).holder() is None
    old.unlock(held)
    new.unlock(new.lock(new_lock()))


def test_of_two_locks_the_first_is_given_back_when_there_is_no_table(config: dict[str, Any], aws: str) -> None:
    backend = open_s3({**config, "use_lockfile": True, "dynamodb_table": "no-such-table"}, aws)
    with pytest.raises(BackendError, match="no such DynamoDB table") as caught:
        backend.lock(new_lock())

    assert "dynamodb_table" in caught.value.next_step
    assert open_s3({**config, "use_lockfile": True}, aws).holder() is None


def test_a_lock_left_in_one_place_only_can_be_broken(config: dict[str, Any], aws: str) -> None:
    both = open_s3({**config, "use_lockfile": True, "dynamodb_table": config["bucket"]}, aws)
    lock_id = open_s3({**config, "dynamodb_table": config["bucket"]}, aws).lock(new_lock())
    holder = both.holder()
    both.break_lock(lock_id)

    assert holder is not None
    assert holder.id == lock_id
    assert both.holder() is None


@pytest.mark.parametrize("place", [{"use_lockfile": True}, {"dynamodb_table": "table"}], ids=["file", "table"])
def test_a_record_that_cannot_be_read_is_named_by_what_it_is_and_can_be_broken(
    config: dict[str, Any], aws: str, place: dict[str, Any]
) -> None:
    name = config["bucket"]
    if "dynamodb_table" in place:
        item = {"LockID": {"S": f"{name}/{config['key']}"}, "Info": {"S": "{torn"}}
        client("dynamodb", aws).put_item(TableName=name, Item=item)
        place = {"dynamodb_table": name}
    else:
        client("s3", aws).put_object(Bucket=name, Key=f"{config['key']}.tflock", Body=b"")
    backend = open_s3({**config, **place}, aws)
    with pytest.raises(LockHeldError, match=r"is locked by somebody, lock id unreadable-[0-9a-f]{16}"):
        backend.lock(new_lock())
    backend.break_lock(backend.holder().id)

    assert backend.holder() is None


def is_put(ending: str) -> Any:
    return lambda request: request.method == "PUT" and request.path.split("?")[0].endswith(ending)


def test_a_lock_whose_answer_was_lost_is_ours(between: tuple[Between, str], config: dict[str, Any]) -> None:
    server, url = between
    lost = iter([Answer(503)])
    server.afterwards = lambda request: next(lost, None) if is_put(".tflock")(request) else None
    backend = open_s3({**config, "use_lockfile": True, "max_retries": 2}, url)
    info = new_lock()

    assert backend.lock(info) == info.id
    assert backend.holder().id == info.id


def test_a_lock_whose_answer_was_lost_for_good_is_not_left_behind(
    between: tuple[Between, str], config: dict[str, Any]
) -> None:
    server, url = between
    server.afterwards = lambda request: Answer(503) if is_put(".tflock")(request) else None
    backend = open_s3({**config, "use_lockfile": True}, url)
    with pytest.raises(BackendError):
        backend.lock(new_lock())

    assert backend.holder() is None


def test_a_state_whose_answer_was_lost_is_written(between: tuple[Between, str], config: dict[str, Any]) -> None:
    server, url = between
    backend = open_s3({**config, "max_retries": 2}, url)
    backend.put(state(1), replacing=None)
    lost = iter([Answer(503)])
    server.afterwards = lambda request: next(lost, None) if is_put(".tfstate")(request) else None
    backend.put(state(2), replacing=backend.get())

    assert stored(backend) == state(2)


def test_a_holder_that_is_gone_when_we_ask_who_it_is(between: tuple[Between, str], config: dict[str, Any]) -> None:
    server, url = between
    refusals = iter([Answer(412), Answer(409)])
    server.instead = lambda request: next(refusals, None) if is_put(".tflock")(request) else None
    backend = open_s3({**config, "use_lockfile": True}, url)

    assert backend.lock(new_lock())


def test_a_store_that_ignores_conditions_is_found_out(between: tuple[Between, str], config: dict[str, Any]) -> None:
    server, url = between
    backend = open_s3({**config, "use_lockfile": True}, url)
    lock_id = backend.lock(new_lock())
    server.instead = lambda request: Answer(200, b"", {"ETag": '"1"'}) if is_put(".tflock")(request) else None

    assert not backend.lock_excludes(lock_id)


REFUSED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No.</Message></Error>"
DENIALS = [
    pytest.param("PUT", "x.tfstate", lambda b: b.put(state(1), replacing=None), "cannot write", "s3:PutObject", id="write"),
    pytest.param("PUT", ".tflock", lambda b: b.lock(new_lock()), "cannot lock", "on the lock file", id="lock"),
    pytest.param("DELETE", "x.tfstate", lambda b: b.delete(), "cannot delete", "s3:DeleteObject", id="delete"),
    pytest.param("GET", "", lambda b: list(b.versions()), "cannot list the versions of", "s3:ListBucketVersions", id="versions"),
    pytest.param("GET", "", lambda b: b.workspaces(), "cannot list", "s3:ListBucket", id="workspaces"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "ending", "act", "message", "grant"), DENIALS)
def test_a_permission_that_is_missing_is_named(
    between: tuple[Between, str], config: dict[str, Any], method: str, ending: str, act: Any, message: str, grant: str
) -> None:
    server, url = between
    server.instead = lambda r: Answer(403, REFUSED) if r.method == method and ending in r.path else None
    with pytest.raises(BackendError, match=rf"^{message} s3://.*access denied") as caught:
        act(open_s3({**config, "use_lockfile": True}, url))

    assert grant in caught.value.next_step


def test_versions_are_those_of_exactly_this_key(config: dict[str, Any], aws: str) -> None:
    s3 = client("s3", aws)
    unversioned = open_s3(config, aws)
    write_alone(unversioned, state(1))
    before = list(unversioned.versions())
    s3.put_bucket_versioning(Bucket=config["bucket"], VersioningConfiguration={"Status": "Enabled"})
    write_alone(unversioned, state(2))
    s3.put_object(Bucket=config["bucket"], Key=f"{config['key']}.tflock", Body=b"{}")
    found = list(unversioned.versions())

    assert before == []
    assert [unversioned.get_version(v.id) for v in found] == [state(2), state(1)]
    assert [v.current for v in found] == [True, False]
    assert found[1].id == "null"


def write_alone(backend: Any, data: bytes) -> None:
    backend.put(data, replacing=backend.get())


def test_a_conflict_that_is_none_of_ours_names_the_state(config: dict[str, Any], aws: str) -> None:
    backend = open_s3(config, aws)
    write_alone(backend, state(1))
    with pytest.raises(ConflictError, match=f"^s3://{config['bucket']}/app/x.tfstate has changed since it was read"):
        backend.put(state(2), replacing=None)


def test_unlocking_what_somebody_else_holds_names_their_id(config: dict[str, Any], aws: str) -> None:
    backend = open_s3({**config, "use_lockfile": True}, aws)
    lock_id = backend.lock(new_lock())
    with pytest.raises(BackendError, match=f"is not locked under id {NOBODY} but {lock_id}"):
        backend.unlock(NOBODY)


def test_both_clients_go_to_their_own_endpoint(config: dict[str, Any], aws: str) -> None:
    settings = {"endpoints": {"s3": aws, "dynamodb": aws, "sts": aws}, "dynamodb_table": config["bucket"]}
    backend = BackendConfig("s3", {**config, "region": "us-east-1", **settings})
    opened: Any = open_backend(backend, unit_dir=Path(), env=CREDENTIALS, runner=process.run)
    write(opened, state(1))

    items = client("dynamodb", aws).scan(TableName=config["bucket"])["Items"]
    assert [item["LockID"]["S"] for item in items] == [f"{config['bucket']}/app/x.tfstate-md5"]
    assert json.loads(stored(opened) or b"")["serial"] == 1
