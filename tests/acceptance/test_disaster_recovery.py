"""The drill of docs/disaster-recovery.md, command for command: real terraform, and moto for S3."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env, start_aws

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/disaster-recovery.md"
UNITS = ("live/app", "live/network")
MAIN = """
terraform {
  backend "s3" {
    bucket       = "acme-states"
    key          = "%s/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}
resource "terraform_data" "a" {
  count = 3
  input = "hunter2-hunter2-${count.index}"
}
output "words" {
  value = terraform_data.a[*].output
}
"""

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.xdist_group("disaster"),
    *(
        pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not on PATH")
        for tool in ("terraform", "openssl", "bash")
    ),
]


@dataclass(frozen=True)
class Machine:
    """A folder with the code, and a home of its own."""

    folder: Path
    env: dict[str, str]

    def sh(self, script: str) -> str:
        """Run a script as the docs have it and return what it said; it must succeed."""
        done = subprocess.run(
            ("bash", "-euo", "pipefail", "-c", script), cwd=self.folder / "repo", env=self.env, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def steps() -> list[str]:
    """The scripts of the drill: before, disaster, way back, proof."""
    drill = PAGE.read_text().partition("## The drill")[2].partition("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```", drill, re.MULTILINE | re.DOTALL)
    assert len(found) == 4
    return found


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with start_aws() as url:
        yield url


@pytest.fixture(scope="module")
def s3(endpoint: str) -> Iterator[Any]:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    client.create_bucket(Bucket="acme-states")
    client.create_bucket(Bucket="acme-backups")
    yield client
    client.close()


def machine(folder: Path, endpoint: str) -> Machine:
    """A new machine: `dg`, and what the docs call `aws`, on PATH; nothing else of ours."""
    (folder / "bin").mkdir(parents=True)
    (folder / "home").mkdir()
    tools = {"dg": "-m driftgate", "aws": f"{folder}/bin/empty.py"}
    for name, what in tools.items():
        (folder / "bin" / name).write_text(f'#!/bin/sh\nexec {sys.executable} {what} "$@"\n')
        (folder / "bin" / name).chmod(0o755)
    (folder / "bin/empty.py").write_text(
        "import boto3, sys\nassert sys.argv[1:4] == ['s3', 'rm', '--recursive']\n"
        "boto3.resource('s3').Bucket(sys.argv[4].removeprefix('s3://')).objects.delete()\n"
    )
    kept = {name: os.environ[name] for name in ("TF_PLUGIN_CACHE_DIR", "LANG") if name in os.environ}
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return Machine(folder, {**kept, **aws_env(endpoint), "PATH": path, "HOME": str(folder / "home")})


def lay_out(repo: Path) -> None:
    for unit in UNITS:
        (repo / unit).mkdir(parents=True)
        (repo / unit / "main.tf").write_text(MAIN % unit)
    (repo / ".git").mkdir()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, endpoint: str, s3: Any, steps: list[str]) -> Machine:
    """A machine with two applied units, their backups made as the docs say; then the states are gone."""
    first = machine(tmp_path_factory.mktemp("first"), endpoint)
    lay_out(first.folder / "repo")
    for unit in UNITS:
        first.sh(f"terraform -chdir={unit} init -input=false && terraform -chdir={unit} apply -auto-approve")
    first.sh(steps[0])
    first.sh(steps[1])
    assert "Contents" not in s3.list_objects_v2(Bucket="acme-states")
    return first


def arrive(saved: Machine, folder: Path, endpoint: str) -> Machine:
    """Another machine, with nothing but the code and the key."""
    second = machine(folder, endpoint)
    lay_out(second.folder / "repo")
    shutil.copy(saved.folder / "repo/backup.key", second.folder / "repo/backup.key")
    return second


def test_the_drill(saved: Machine, endpoint: str, s3: Any, steps: list[str], tmp_path: Path) -> None:
    second = arrive(saved, tmp_path, endpoint)
    restored = second.sh(steps[2])
    proof = second.sh(steps[3])

    assert "2 backups: 2 whole" in restored
    assert proof.count("No changes.") == len(UNITS)
    assert "hunter2" not in restored
    records = (tmp_path / "home/.local/state/driftgate/audit.jsonl").read_text().splitlines()
    said = [(r["action"], r["outcome"], r["subject"]["unit"]) for r in map(json.loads, records)]
    assert said == [("backup restore", outcome, unit) for unit in UNITS for outcome in ("begun", "ok")]
    for stored in s3.list_objects_v2(Bucket="acme-backups")["Contents"]:
        body = s3.get_object(Bucket="acme-backups", Key=stored["Key"])["Body"].read()
        assert b"hunter2" not in body


def test_one_file_and_its_key_are_enough(saved: Machine, endpoint: str, s3: Any, tmp_path: Path) -> None:
    """After the drill: the bucket is emptied again, and all that is left of the backups is a copied file."""
    second = arrive(saved, tmp_path, endpoint)
    listed = s3.list_objects_v2(Bucket="acme-backups", Prefix="prod/v1/s3-acme-states-live-app")["Contents"]
    key = next(entry["Key"] for entry in listed if entry["Key"].endswith(".aes"))
    body = s3.get_object(Bucket="acme-backups", Key=key)["Body"].read()
    (second.folder / "repo" / Path(key).name).write_bytes(body)
    second.sh("aws s3 rm --recursive s3://acme-states")
    second.sh(f"dg backup restore {Path(key).name} live/app --key-file backup.key --yes")

    assert "No changes." in second.sh("cd live/app && terraform init -input=false && terraform plan -detailed-exitcode")
