"""The acceptance suite's world: an embedded AWS, real terraform, an applied repo, and `dg` as a user runs it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3

STATE_BUCKET = "acme-state"
HELD_LOCK = "access/terraform.tfstate.tflock"
WORKSPACES = {"live/jobs": "prod"}
UNITS = ("live/access", "live/app", "live/data", "live/jobs", "live/network")
SECONDS = 300


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @cached_property
    def json(self) -> dict[str, Any]:
        """The JSON document on stdout; fails the test with everything that was said when there is none."""
        try:
            document = json.loads(self.stdout)
        except ValueError:
            raise AssertionError(f"no JSON on stdout, exit {self.code}\n{self.stdout}\n{self.stderr}") from None
        assert isinstance(document, dict)
        return document

    def unit(self, path: str) -> dict[str, Any]:
        """The entry of the unit at `path`."""
        return next(unit for unit in self.json["units"] if unit["path"] == path)

    @property
    def said(self) -> str:
        return f"{self.stdout}\n{self.stderr}"


@dataclass(frozen=True)
class Aws:
    """The embedded AWS: clients by service name, and what the states in it recorded."""

    endpoint: str

    def __getattr__(self, service: str) -> Any:
        if service.startswith("__"):
            raise AttributeError(service)
        return client(self.endpoint, service)

    def attributes(self, unit: str, address: str) -> dict[str, Any]:
        """What the unit's state recorded of the resource instance; {} when it holds none."""
        return self._instances(unit).get(address, {})

    def _instances(self, unit: str) -> dict[str, dict[str, Any]]:
        workspace = WORKSPACES.get(unit)
        key = f"{unit.removeprefix('live/')}/terraform.tfstate"
        body = self.s3.get_object(Bucket=STATE_BUCKET, Key=f"env:/{workspace}/{key}" if workspace else key)["Body"]
        return {
            _address(resource, instance): instance["attributes"]
            for resource in json.load(body)["resources"]
            for instance in resource["instances"]
        }

    def objects_written(self) -> list[tuple[str, str, bool]]:
        """Every version and delete marker in the state bucket: also of what was deleted again."""
        page = self.s3.list_object_versions(Bucket=STATE_BUCKET)
        kept = [(v["Key"], v["VersionId"], False) for v in page.get("Versions", [])]
        gone = [(v["Key"], v["VersionId"], True) for v in page.get("DeleteMarkers", [])]
        return sorted(kept + gone)


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    name = f"{resource['type']}.{resource['name']}"
    if resource["mode"] == "data":
        name = f"data.{name}"
    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return ".".join(part for part in (resource.get("module"), name + key) if part)


@cache
def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], seconds: int = SECONDS) -> Run:
    """Run a command as a user would, without a terminal; it may take so many `seconds`."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def must(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Run:
    """`run`, and it has to succeed."""
    done = run(argv, cwd=cwd, env=env)
    assert done.code == 0, f"{' '.join(argv)} in {cwd} exited {done.code}\n{done.said}"
    return done


def dg(*arguments: str, cwd: Path, env: Mapping[str, str], seconds: int = SECONDS) -> Run:
    """The `dg` under test, from the environment that runs the tests."""
    return run([sys.executable, "-m", "driftgate", *arguments], cwd=cwd, env=env, seconds=seconds)


def base_env(home: Path) -> dict[str, str]:
    """An environment with nothing of the developer's in it but PATH."""
    home.mkdir(parents=True, exist_ok=True)
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    identity = {
        f"GIT_{role}_{what}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "CHECKPOINT_DISABLE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        **identity,
    }


def lay_out(source: Path, target: Path, env: Mapping[str, str]) -> None:
    """Copy `source` to `target` and commit it to git there."""
    shutil.copytree(source, target)
    (target / ".gitignore").write_text(".terraform/\n")
    must(["git", "init", "-q", "-b", "main"], cwd=target, env=env)
    commit(target, env, "lay out")


def commit(repo: Path, env: Mapping[str, str], message: str) -> None:
    must(["git", "add", "-A"], cwd=repo, env=env)
    must(["git", "commit", "-q", "-m", message], cwd=repo, env=env)


def apply_all(repo: Path, env: Mapping[str, str]) -> None:
    """`init` and `apply` every unit, two at a time: most of the time is the provider waiting."""
    with ThreadPoolExecutor(max_workers=len(UNITS)) as pool:
        list(pool.map(lambda unit: _apply(repo / unit, unit, env), UNITS))


def _apply(folder: Path, unit: str, env: Mapping[str, str]) -> None:
    backend = ["-backend-config=backend.hcl"] if (folder / "backend.hcl").exists() else []
    must(["terraform", "init", "-input=false", "-no-color", *backend], cwd=folder, env=env)
    if unit in WORKSPACES:
        must(["terraform", "workspace", "new", WORKSPACES[unit]], cwd=folder, env=env)
    must(["terraform", "apply", "-auto-approve", "-input=false", "-no-color"], cwd=folder, env=env)


def tree_hash(folder: Path) -> str:
    """A hash of every name, mode, modification time and byte under `folder`, git's own folder apart."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if relative.parts[0] == ".git":
            continue
        status = path.lstat()
        digest.update(f"{relative}\0{status.st_mode}\0{status.st_mtime_ns}\0".encode())
        if path.is_file() and not path.is_symlink() and "providers" not in relative.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def counted(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of a unit that count for the exit code."""
    return [f for f in result["findings"] if f["class"] not in ("computed", "pending")]


@dataclass(frozen=True)
class Lab:
    """An applied repo and its cloud."""

    aws: Aws
    repo: Path
    env: dict[str, str]

    @property
    def leftovers(self) -> list[str]:
        """What a finished command left in the folder for temporary files."""
        return sorted(path.name for path in Path(self.env["TMPDIR"]).iterdir())


@dataclass(frozen=True)
class Scan:
    """A scan and what it touched: the tree's hash and the state bucket's history before and after, files left."""

    run: Run
    units: tuple[str, ...]
    tree: tuple[str, str]
    bucket: tuple[list[tuple[str, str, bool]], list[tuple[str, str, bool]]]
    leftovers: list[str]


def scan(lab: Lab, repo: Path, *arguments: str, units: tuple[str, ...]) -> Scan:
    tree, bucket = tree_hash(repo), lab.aws.objects_written()
    run = dg("drift", "scan", "-o", "json", *arguments, cwd=repo, env=lab.env)
    return Scan(run, units, (tree, tree_hash(repo)), (bucket, lab.aws.objects_written()), lab.leftovers)
