from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env
from between import Between
from contract.backend import state
from contract.sites import Site, new_lock
from contract.writable import stored, write
from dg_run import Dg, runner
from loopback import Answer, Request, serve

from driftgate.errors import ExitCode


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dg:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return runner(capfd)


@pytest.fixture
def between(aws: str) -> Iterator[tuple[Between, str]]:
    server = Between(aws)
    with serve(server) as url:
        yield server, url


@pytest.fixture
def site(between: tuple[Between, str], repo: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A unit with a state in a bucket that keeps old versions and blocks public access."""
    _, url = between
    for name, value in aws_env(url).items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3")
    bucket = f"check-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))
    kind = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [kind]})
    s3.close()
    config = {"bucket": bucket, "key": "x.tfstate", "use_path_style": True, "use_lockfile": True, "max_retries": 0}
    made = Site("s3 lockfile", "s3", repo, config, aws_env(url))
    (repo / "main.tf").write_text(f"terraform {{\n{made.block}}}\n")
    write(made.open(), state(1))
    return made


def facts(dg: Dg, site: Site, *more: str) -> dict[str, bool | None]:
    return {
        fact["name"]: fact["good"] for fact in dg("backend", "check", site.folder, "-o", "json", *more).json["facts"]
    }


def test_a_backend_as_it_should_be(dg: Dg, site: Site) -> None:
    looked = dg("backend", "check", site.folder)
    tried = dg("backend", "check", site.folder, "--yes")

    assert (looked.code, tried.code) == (0, 0), tried.out
    assert "✓ versioned  the bucket keeps old versions" in looked.out
    assert "✓ encrypted  by default with a KMS key" in looked.out
    assert "arn:aws:sts::123456789012" in looked.out
    assert "lock and writes are not tried" in looked.err
    assert "✓ exclusive  a second lock is refused" in tried.out
    assert "✓ write      may write, and a write over something else is refused" in tried.out
    assert stored(site.open()) == state(1)
    assert site.open().holder() is None


def test_what_should_be_mended(dg: Dg, site: Site) -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=site.config["bucket"], VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=site.config["bucket"])
    s3.close()
    done = dg("backend", "check", site.folder)

    assert done.code == ExitCode.FINDINGS
    assert "✗ versioned  the bucket keeps no old versions (suspended)" in done.out
    assert "✗ private    nothing keeps it from being made public: BlockPublicAcls" in done.out
    assert done.out.count("→ ") == 2


def test_what_may_not_be_looked_at_is_not_known(dg: Dg, site: Site, between: tuple[Between, str]) -> None:
    denied = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No.</Message></Error>"
    between[0].instead = lambda r: Answer(403, denied) if "x.tfstate" not in r.path and r.method == "GET" else None
    done = dg("backend", "check", site.folder)

    assert done.code == 0
    assert "? versioned  not known: AWS answered AccessDenied" in done.out
    assert "→ grant s3:GetBucketVersioning" in done.out


def test_a_state_that_cannot_be_read(dg: Dg, site: Site, between: tuple[Between, str]) -> None:
    between[0].instead = lambda r: Answer(500)
    done = dg("backend", "check", site.folder, "--yes")

    assert done.code == ExitCode.ERROR
    assert "✗ read" in done.out


def is_put(ending: str) -> Any:
    return lambda r: r.method == "PUT" and r.path.split("?")[0].endswith(ending)


@pytest.mark.parametrize(
    ("ending", "instead", "fact"),
    [
        (".tflock", Answer(403), "lock"),
        ("x.tfstate", Answer(403), "write"),
        ("x.tfstate", Answer(200, b"", {"ETag": '"1"'}), "write"),
    ],
    ids=["may not lock", "may not write", "ignores the condition"],
)
def test_what_shows_only_when_it_is_tried(
    dg: Dg, site: Site, between: tuple[Between, str], ending: str, instead: Answer, fact: str
) -> None:
    between[0].instead = lambda r: instead if is_put(ending)(r) else None
    found = facts(dg, site, "--yes")

    assert found[fact] is False
    assert site.open().holder() is None


def test_a_lock_that_excludes_nobody(dg: Dg, site: Site, between: tuple[Between, str]) -> None:
    seen: list[Request] = []

    def ignore(request: Request) -> Answer | None:
        if is_put(".tflock")(request):
            seen.append(request)
            return Answer(200, b"", {"ETag": '"1"'}) if len(seen) > 1 else None
        return None

    between[0].instead = ignore

    assert facts(dg, site, "--yes")["exclusive"] is False


def test_a_held_lock_is_no_fault(dg: Dg, site: Site) -> None:
    site.open().lock(new_lock())

    assert facts(dg, site, "--yes")["lock"] is None
    assert dg("backend", "check", site.folder, "--yes").code == 0


def test_without_a_lock_or_a_state(dg: Dg, site: Site) -> None:
    plain = Site("", "s3", site.folder, {**site.config, "key": "new", "use_lockfile": False})
    (site.folder / "main.tf").write_text(f"terraform {{\n{plain.block}}}\n")
    found = facts(dg, site, "--yes")

    assert (found["read"], found["lock"]) == (True, False)


def test_a_local_state(dg: Dg, repo: Path) -> None:
    (repo / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    local = Site("local", "local", repo)
    empty = facts(dg, local, "--yes")
    write(local.open(), state(1))

    assert empty == {"read": True, "versioned": True, "lock": True, "exclusive": True, "write": None}
    assert facts(dg, local, "--yes")["write"] is True
