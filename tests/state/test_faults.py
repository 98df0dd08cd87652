"""A command that writes a state, killed and failed at every step: the state is the old or the new one, and all goes on."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env
from contract.sites import Site
from contract.writable import write
from faults.lab import HTTP_FAULTS, SHORT_SECONDS, Bench, Meddler, Zygote, zygote
from loopback import serve

from driftgate.state.edit import with_serial
from driftgate.state.move import moved
from driftgate.state.parse import parse_state

pytestmark = [pytest.mark.acceptance, pytest.mark.every_time, pytest.mark.xdist_group("faults")]

COMMANDS: dict[str, tuple[str, ...]] = {
    "state push": ("state", "push", "../new"),
    "state mv": ("state", "mv", "terraform_data.a", "terraform_data.b"),
    "state rollback": ("state", "rollback", "--to", "1"),
    "backup restore": ("backup", "restore", "BACKUP", ".", "--elsewhere"),
}
"""All the ways by which a state is written; BACKUP is a backup of the state of serial 1."""


def document(serial: int, padding: int = 0) -> bytes:
    attributes = {"id": "x", "input": {"value": "v" * padding, "type": "string"}}
    resource = {
        "mode": "managed", "type": "terraform_data", "name": "a", "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }  # fmt: skip
    whole = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": "l-1", "outputs": {}}
    return (json.dumps({**whole, "resources": [resource], "check_results": None}, indent=2) + "\n").encode()


EARLIER, OLD, PUSHED, NEWER = document(1), document(2, 3000), document(3, 12_000), document(50, 500)


def expected(command: str) -> bytes:
    """What the command leaves when nothing goes wrong."""
    if command == "state push":
        return PUSHED
    if command == "state mv":
        return moved(parse_state(OLD), "terraform_data.a", "terraform_data.b")
    return with_serial(EARLIER, 3)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with zygote(tmp_path_factory.mktemp("zygote")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: every run syncs a dozen files, and nobody pulls the plug here."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared, prefix="dg-faults-") as name:
        yield Path(name)


def bench(site: Site, warm: Zygote, command: str) -> Bench:
    """A unit at `site`, and a home with a backup of the state EARLIER."""
    site.folder.mkdir(exist_ok=True)
    (site.folder / "main.tf").write_text(f"terraform {{\n{site.block}}}\n")
    for name, data in (("new", PUSHED), ("newer", NEWER)):
        (site.folder.parent / name).write_bytes(data)
    return Bench(site, warm, OLD, expected(command), NEWER, COMMANDS[command], ("state", "push", "../newer", "--yes"))


def prepare(made: Bench) -> Path:
    """A home that holds the backup, to be copied for every run; the state EARLIER must be stored."""
    shutil.rmtree(made.home, ignore_errors=True)
    made.home.mkdir()
    kept = made.run("backup", "create", "-o", "json")
    assert kept.code == 0, kept.said
    listed = json.loads(made.run("backup", "list", "-o", "json").said)
    backup = listed["backups"][0]["id"]
    made.argv = [backup if word == "BACKUP" else word for word in made.argv] + ["--yes"]
    template = made.home.with_name("template")
    shutil.rmtree(template, ignore_errors=True)
    made.home.rename(template)
    return template


@pytest.mark.parametrize("command", COMMANDS)
def test_local(warm: Zygote, folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    made = bench(Site("local", "local", folder / "unit"), warm, command)
    state = folder / "unit/terraform.tfstate"
    state.write_bytes(EARLIER)
    template = prepare(made)

    def fresh() -> None:
        shutil.rmtree(made.home, ignore_errors=True)
        shutil.copytree(template, made.home)
        for file in (*state.parent.glob("*terraform.tfstate*"), *state.parent.glob(".terraform.tfstate*")):
            file.unlink()
        state.write_bytes(OLD)

    fresh()
    whole = made.run(*made.argv)
    assert (whole.code, state.read_bytes()) == (0, made.new), whole.said
    made.check("no fault", whole)
    kinds = ("kill before", "kill within", "kill after", "fail") if command == "state push" else ("kill before", "fail")
    for how in kinds:
        for at, call in enumerate(whole.calls, 1):
            if how == "kill within" and call not in ("write", "pwrite"):
                continue
            fresh()
            made.check(f"{how} {at} {call}", made.run(*made.argv, at=at, how=how))
    with capsys.disabled():
        print(f"\nfaults: local, {command}: {len(made.points)} points")

    assert len(made.points) > 60


FEWER = ("kill after", "500", "lost answer")
ON_S3 = [("state push", "lockfile", HTTP_FAULTS), ("state push", "both", HTTP_FAULTS)]
ON_S3 += [(command, "lockfile", FEWER) for command in COMMANDS if command != "state push"]


@pytest.mark.parametrize(("command", "locks", "kinds"), ON_S3, ids=[f"{row[0]} {row[1]}" for row in ON_S3])
def test_s3(
    warm: Zygote, aws: str, folder: Path, capsys: pytest.CaptureFixture[str], command: str, locks: str, kinds: Any
) -> None:
    bucket = f"faults-{uuid.uuid4().hex[:12]}"
    _make(aws, bucket)
    meddler, points = Meddler(aws, warm), 0
    config: dict[str, Any] = {"bucket": bucket, "use_path_style": True, "use_lockfile": True, "max_retries": 0}
    config |= {"dynamodb_table": bucket} if locks == "both" else {}
    template = Path()
    with serve(meddler) as url:
        for how in ("", *kinds):
            at = 0
            while True:
                config["key"] = f"{how or 'no fault'} {at}/x.tfstate".replace(" ", "-")
                direct = Site(f"s3 {locks}", "s3", folder / "unit", config, aws_env(aws))
                made = bench(direct, warm, command)
                write(direct.open(), EARLIER)
                if not how:
                    for endpoint in (aws, url):
                        warm.know(direct, {**made.env, **aws_env(endpoint)})
                    template = prepare(made)
                    argv = made.argv
                write(direct.open(), OLD)
                at += bool(how)
                shutil.rmtree(made.home, ignore_errors=True)
                shutil.copytree(template, made.home)
                meddler.arm(at, how)
                read = SHORT_SECONDS if how == "timeout" else 30.0
                run = warm.run(*argv, cwd=direct.folder, env={**made.env, **aws_env(url)}, read=read)
                reached = meddler.count >= at
                made.check(f"{how} at request {at}", run)
                points += 1
                if not how or not reached:
                    break
    with capsys.disabled():
        print(f"\nfaults: s3 with {locks}, {command}: {points} points")

    assert points > 20


def _make(aws: str, name: str) -> None:
    options = {"endpoint_url": aws, "region_name": "us-east-1"}
    options |= {"aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "test"}
    s3, dynamodb = boto3.client("s3", **options), boto3.client("dynamodb", **options)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )  # fmt: skip
    s3.close()
    dynamodb.close()
