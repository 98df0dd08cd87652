"""Where we say a state is, and what we say a backend is made of, is what the real terraform does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
from aws_server import aws_env, start_aws
from terraform_cli import needs_terraform, terraform

from driftgate.discover.units import discover
from driftgate.unit import Unit

pytestmark = needs_terraform

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
RESOURCE = 'resource "terraform_data" "x" {}\n'


def block(type: str, **settings: str) -> str:
    lines = "\n".join(f"    {name} = {value}" for name, value in settings.items())
    return f'terraform {{\n  backend "{type}" {{\n{lines}\n  }}\n}}\n{RESOURCE}'


def located(root: Path, env: Mapping[str, str] | None = None, **options: object) -> Unit:
    (unit,) = discover(root, env=env or {}, **options)  # type: ignore[arg-type]
    assert unit.location is not None
    return unit


def apply(folder: Path, *init: str, workspace: str = "default", env: Mapping[str, str] | None = None) -> None:
    terraform(folder, "init", "-input=false", *init, env=env)
    if workspace != "default":
        terraform(folder, "workspace", "new", workspace, env=env)
    terraform(folder, "apply", "-auto-approve", "-input=false", env=env)


LOCAL = {
    "no block": RESOURCE,
    "empty block": block("local"),
    "path": block("local", path='"../out/./x.tfstate"'),
    "workspace_dir": block("local", workspace_dir='"spaces"'),
}


@pytest.mark.parametrize("workspace", ["default", "prod"])
@pytest.mark.parametrize("source", LOCAL.values(), ids=LOCAL)
def test_local_states(repo: Path, source: str, workspace: str) -> None:
    unit_dir = repo / "u"
    unit_dir.mkdir()
    (unit_dir / "main.tf").write_text(source)
    predicted = located(repo, workspace=workspace)

    apply(unit_dir, workspace=workspace)

    states = [path for path in repo.rglob("*.tfstate") if ".terraform" not in path.parts]
    assert [path.relative_to(repo).as_posix() for path in states] == [predicted.location and predicted.location.object]
    initialised = located(repo)
    assert initialised.location == predicted.location
    assert initialised.backend.workspace == workspace
    assert initialised.initialised == (source != RESOURCE)


ITEMS = {
    "later wins": (["-backend-config=path=a", "-backend-config=path=b"], {}),
    "file after item": (["-backend-config=path=a", "-backend-config=x.tfbackend"], {}),
    "item after file": (["-backend-config=x.tfbackend", "-backend-config=path=a"], {}),
    "one empty item": (["-backend-config="], {}),
    "JSON file": (["-backend-config=y.json"], {}),
    "environment": ([], {"TF_CLI_ARGS_init": "-backend-config=path=e"}),
    "environment before arguments": (["-backend-config=path=a"], {"TF_CLI_ARGS_init": "-backend-config=path=e"}),
    "an object": (["-backend-config=workspace_dir=w"], {}),
}


@pytest.mark.parametrize(("arguments", "env"), ITEMS.values(), ids=ITEMS)
def test_backend_config_items(repo: Path, arguments: list[str], env: dict[str, str]) -> None:
    (repo / "main.tf").write_text(block("local", workspace_dir='"spaces"'))
    (repo / "x.tfbackend").write_text('path = "from-file"\n')
    (repo / "y.json").write_text('{"path": "from-json"}')
    asked = located(repo, env, backend_config=[a.partition("=")[2] for a in arguments])

    terraform(repo, "init", "-input=false", *arguments, env=env)

    assert located(repo).backend.source == "initialised" or "init -reconfigure" in located(repo).undecided[0]
    (repo / "main.tf").write_text(block("local"))  # so that the record alone speaks
    assert located(repo).backend.config == asked.backend.config


def test_both_environment_variables(repo: Path) -> None:
    (repo / "main.tf").write_text(block("local"))
    env = {"TF_CLI_ARGS_init": "-backend-config=path=a", "TF_CLI_ARGS": "-backend-config=path=b"}
    asked = located(repo, env)

    terraform(repo, "init", env=env)

    assert located(repo).location == asked.location


def test_overrides_and_json(repo: Path) -> None:
    (repo / "main.tf").write_text(block("local", path='"a"'))
    (repo / "b_override.tf.json").write_text('{"terraform": [{"backend": {"local": [{"path": "b"}]}}]}')
    (repo / "c_override.tf").write_text('terraform {\n  backend "local" {\n    path = "c"\n  }\n}\n')
    (repo / ".hidden.tf").write_text("broken {")
    (repo / "old.tf~").write_text("broken {")
    predicted = located(repo)

    apply(repo)

    assert predicted.location is not None
    assert (repo / predicted.location.object).is_file()
    assert located(repo).location == predicted.location


S3 = {
    "default": {"key": '"a/x.tfstate"'},
    "prod": {"key": '"a/x.tfstate"'},
    "stage": {"key": '"x.tfstate"', "workspace_key_prefix": '"teams/a"'},
    "test": {"key": '"x.tfstate"', "workspace_key_prefix": '""'},
}


@pytest.mark.acceptance
def test_s3_states(tmp_path: Path) -> None:
    with start_aws() as endpoint:
        env = aws_env(endpoint)
        s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS)
        for workspace, settings in S3.items():
            bucket = f"bucket-{workspace}"
            s3.create_bucket(Bucket=bucket)
            root = tmp_path / bucket
            (root / ".git").mkdir(parents=True)
            (root / "main.tf").write_text(block("s3", bucket=f'"{bucket}"', region='"us-east-1"', **settings))
            predicted = located(root, env, workspace=workspace)

            apply(root, workspace=workspace, env=env)

            keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
            assert [predicted.location and predicted.location.object] == keys
            initialised = located(root, env)
            assert initialised.location == predicted.location
            assert initialised.backend.source == "initialised"
