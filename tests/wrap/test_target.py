from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftgate.wrap.options import command_options
from driftgate.wrap.target import Target, settled_in, target_of, unit_folder
from driftgate.wrap.terraform_argv import terraform_command


def initialise(folder: Path, type_: str, config: dict[str, object], data: str = ".terraform") -> None:
    (folder / data / "providers").mkdir(parents=True)
    record = {"version": 3, "backend": {"type": type_, "config": config}}
    (folder / data / "terraform.tfstate").write_text(json.dumps(record))


def target(cwd: Path, *arguments: str, **env: str) -> Target:
    command = terraform_command(list(arguments))
    return target_of(command, command_options(command, env), tool="terraform", cwd=cwd, env=env)


@pytest.mark.parametrize(
    ("arguments", "env", "identity", "name"),
    [
        pytest.param(["apply"], {}, "local://live/a/terraform.tfstate", "live/a", id="no backend: local"),
        pytest.param(["-chdir=../b", "apply"], {}, "s3://bucket/b.tfstate", "live/b", id="-chdir, initialised"),
        pytest.param(["apply"], {"TF_WORKSPACE": "dev"}, "local://live/a/terraform.tfstate.d/dev/terraform.tfstate", "live/a (dev)", id="TF_WORKSPACE"),
        pytest.param(["apply"], {"TF_DATA_DIR": ".other"}, "s3://bucket/other.tfstate", "live/a", id="TF_DATA_DIR"),
        pytest.param(["apply", "-state=x.json"], {}, "local://live/a/x.json", "live/a", id="-state"),
        pytest.param(["apply", "-state=x", "-state-out=y"], {}, "local://live/a/y", "live/a", id="-state-out is what is written"),
        pytest.param(["-chdir=../b", "apply", "-state=x"], {}, "s3://bucket/b.tfstate", "live/b", id="-state is only for local"),
        pytest.param(["apply"], {"TF_CLI_ARGS_apply": "-state=z"}, "local://live/a/z", "live/a", id="TF_CLI_ARGS"),
        pytest.param(["workspace", "delete", "old"], {}, "local://live/a/terraform.tfstate.d/old/terraform.tfstate", "live/a (old)", id="another workspace's state"),
    ],
)  # fmt: skip
def test_which_state_it_is(arguments: list[str], env: dict[str, str], identity: str, name: str, repo: Path) -> None:
    for unit in ("a", "b"):
        (repo / "live" / unit).mkdir(parents=True)
    initialise(repo / "live/b", "s3", {"bucket": "bucket", "key": "b.tfstate"})
    initialise(repo / "live/a", "s3", {"bucket": "bucket", "key": "other.tfstate"}, ".other")

    found = target(repo / "live/a", *arguments, **env)

    assert found.unit.location is not None
    assert (found.unit.location.identity, found.name) == (identity, name)


def test_a_backend_that_cannot_be_located_is_still_one(repo: Path) -> None:
    initialise(repo, "s3", {"bucket": "b"})

    found = target(repo, "apply")

    assert found.unit.location is None
    assert found.unit.backend.type == "s3"


def test_the_terragrunt_unit_behind_its_cache(repo: Path) -> None:
    cache = repo / "live/vpc/.terragrunt-cache/abc/def/modules/vpc"
    cache.mkdir(parents=True)

    assert target(cache, "apply").name == "live/vpc"
    assert unit_folder(Path("/a/b")) == Path("/a/b")


def test_a_module_that_was_cloned_into_the_cache_is_not_the_repo(repo: Path) -> None:
    cache = repo / "live/vpc/.terragrunt-cache/abc/def/modules/vpc"
    cache.mkdir(parents=True)
    (repo / "live/vpc/.terragrunt-cache/abc/def/.git").mkdir()

    found = target(cache, "apply")

    assert (found.root, found.name) == (repo, "live/vpc")


@pytest.mark.parametrize(
    ("folder", "settled"),
    [
        pytest.param("repo/live/vpc", "repo/live/vpc", id="in place"),
        pytest.param("repo/live/vpc/.terragrunt-cache/abc/def", "repo/live/vpc", id="in the unit's cache"),
        pytest.param("downloads/abc/def/modules/vpc", "began", id="downloaded to elsewhere"),
    ],
)
def test_whose_settings_count(folder: str, settled: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "downloads/abc/def").mkdir(parents=True, exist_ok=True)
    (tmp_path / "downloads/abc/def/.terragrunt-source-version").write_text("")

    assert settled_in(tmp_path / folder, {"DG_RUN_FROM": str(tmp_path / "began")}) == tmp_path / settled
    assert settled_in(tmp_path / folder, {}) == tmp_path / (folder if settled == "began" else settled)


def test_outside_of_any_repo(tmp_path: Path) -> None:
    assert target(tmp_path, "apply").name == "."
