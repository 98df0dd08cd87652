"""Fixtures of the acceptance suite: one cloud and one `apply` for all of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance.cloud_lab import (
    HELD_LOCK,
    STATE_BUCKET,
    UNITS,
    Aws,
    Lab,
    Scan,
    apply_all,
    base_env,
    commit,
    lay_out,
    must,
    scan,
)
from acceptance.tamper_cases import ACCESS, APP, CASES, DATA, JOBS, SILENT_EDITS, SILENT_TAMPERS
from aws_server import aws_env, start_aws

from driftgate.tfexec.mirror import cli_config, find_provider_mirror

SOURCE = Path(__file__).parent / "repo"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes the tampering back comes after all that look at it."""
    items.sort(key=lambda item: "reverted" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The repo, applied with real terraform to an embedded AWS; skips with the reason where that cannot be."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    mirror = find_provider_mirror(os.environ)
    if mirror is None:
        pytest.skip("no local mirror holds the AWS provider: name one with DG_TEST_PROVIDER_MIRROR")
    folder = tmp_path_factory.mktemp("lab")
    config = folder / "cli.tfrc"
    config.write_text(cli_config(mirror))
    env = base_env(folder / "home") | {"TF_CLI_CONFIG_FILE": str(config)}
    with start_aws() as endpoint:
        env |= aws_env(endpoint)
        aws = Aws(endpoint)
        aws.s3.create_bucket(Bucket=STATE_BUCKET)
        aws.s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        repo = folder / "repo"
        lay_out(SOURCE, repo, env)
        apply_all(repo, env)
        commit(repo, env, "dependency lock files")
        yield Lab(aws, repo, env)


@pytest.fixture(scope="session")
def clean(lab: Lab) -> dict[str, Scan]:
    """Scans before anything is tampered with: of the applied tree, and of clones that were never initialised."""
    lab.aws.s3.put_object(Bucket=STATE_BUCKET, Key=HELD_LOCK, Body=b'{"ID":"1","Who":"a killed run"}')
    clone, bare = lab.repo.parent / "clone", lab.repo.parent / "bare"
    for folder in (clone, bare):
        must(["git", "clone", "-q", str(lab.repo), str(folder)], cwd=lab.repo, env=lab.env)
    for lock_file in bare.rglob(".terraform.lock.hcl"):
        lock_file.unlink()
    backend = ("--backend-config", "live/app/backend.hcl")
    return {
        "initialised": scan(lab, lab.repo, units=UNITS),
        "clone": scan(lab, clone, ACCESS, APP, units=(ACCESS, APP)),
        "clone-workspace": scan(lab, clone, "--workspace", "prod", JOBS, units=(JOBS,)),
        "clone-without-lock-file": scan(lab, bare, *backend, APP, units=(APP,)),
    }


@pytest.fixture(scope="session")
def tampered(lab: Lab, clean: dict[str, Scan]) -> Scan:
    """One scan of the whole repo after every case's tamper and edit."""
    for case in CASES:
        if case.tamper is not None:
            case.tamper(lab.aws, lab.aws.attributes(case.unit, case.address))
    for unit, address, tamper in SILENT_TAMPERS:
        tamper(lab.aws, lab.aws.attributes(unit, address))
    edits = [(case.unit, *case.edit) for case in CASES if case.edit is not None]
    for unit, old, new in (*edits, *SILENT_EDITS):
        file = lab.repo / unit / "main.tf"
        text = file.read_text()
        assert text.count(old) == 1, f"{unit}: {old!r} stands there {text.count(old)} times"
        file.write_text(text.replace(old, new))
    return scan(lab, lab.repo, units=UNITS)


@pytest.fixture(scope="session")
def plan_json(lab: Lab, tampered: Scan) -> Path:
    """Terraform's own JSON plan of the tampered data unit."""
    folder = lab.repo.parent / "plans"
    folder.mkdir()
    plan = folder / "data.tfplan"
    command = ["terraform", "plan", "-lock=false", "-input=false", "-no-color", f"-out={plan}"]
    must(command, cwd=lab.repo / DATA, env=lab.env)
    shown = must(["terraform", "show", "-json", str(plan)], cwd=lab.repo / DATA, env=lab.env)
    file = folder / "data.json"
    file.write_text(shown.stdout)
    return file
