"""Block, `-backend-config` and init's record together: used where that is certain, said where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from driftgate.discover.backend_items import BackendItemError, read_backend_file
from driftgate.discover.units import discover
from driftgate.errors import RepoError
from driftgate.unit import Unit

EMPTY = 'terraform {\n  backend "s3" {}\n}\n'
PARTIAL = 'terraform {\n  backend "s3" {\n    key = "k"\n  }\n}\n'
WHOLE = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n'
FILE = 'bucket = "f"\nkey = "k"\nregion = "r"\n'


def record(config: Mapping[str, object], type: str = "s3") -> str:
    return json.dumps({"version": 3, "backend": {"type": type, "config": {**config, "profile": None}, "hash": 1}})


def identity(unit: Unit) -> str | None:
    return unit.location.identity if unit.location else None


ONE_CANDIDATE = {
    "beside the block": {"u/main.tf": EMPTY, "u/prod.s3.tfbackend": FILE},
    "backend.hcl": {"u/main.tf": EMPTY, "u/backend.hcl": FILE},
    "backend-prod.conf": {"u/main.tf": EMPTY, "u/backend-prod.conf": FILE},
    "prod.backend.hcl": {"u/main.tf": EMPTY, "u/prod.backend.hcl": FILE},
    "JSON": {"u/main.tf": EMPTY, "u/prod.tfbackend.json": '{"//": "x", "bucket": "f", "key": "k"}'},
    "in a folder below": {"u/main.tf": EMPTY, "u/env/prod/x.tfbackend": FILE},
    "in a backend folder": {"u/main.tf": EMPTY, "u/backends/prod.tfvars": FILE, "u/backends/readme.md": "x"},
    "above": {"u/main.tf": PARTIAL, "backend.hcl": 'bucket = "f"'},
    "in a config folder above": {"u/main.tf": PARTIAL, "config/backend.hcl": 'bucket = "f"'},
    "beside variables of the same name": {"u/main.tf": EMPTY, "u/x.tfbackend": FILE, "u/backend.tfvars": "size = 1"},
}


@pytest.mark.parametrize("files", ONE_CANDIDATE.values(), ids=ONE_CANDIDATE)
def test_the_one_candidate_is_used_and_said(only: Callable[..., Unit], files: Mapping[str, str]) -> None:
    unit = only(files)
    (file,) = (
        name for name in files if "backend" in name and not name.endswith("backend.tfvars") and "readme" not in name
    )

    assert identity(unit) == "s3://f/k"
    assert unit.backend.source == file
    assert unit.backend_files == (PurePosixPath(file),)
    assert unit.undecided == ()
    assert len(unit.init_items) == 1


def test_the_one_candidate_may_be_a_command(only: Callable[..., Unit]) -> None:
    unit = only({
        "u/main.tf": PARTIAL,
        "Makefile": "init:\n\tcd u && terraform init -backend-config=bucket=f \\\n\t  -backend-config 'region=r' -upgrade\n",
    })  # fmt: skip

    assert identity(unit) == "s3://f/k"
    assert unit.backend.source == "Makefile:2"
    assert unit.init_items == ("bucket=f", "region=r")


def test_several_candidates_are_listed_not_guessed(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": EMPTY, "u/dev.tfbackend": FILE, "u/prod.tfbackend": FILE})

    assert identity(unit) is None
    assert unit.backend.source == "block"
    assert unit.backend_files == (PurePosixPath("u/dev.tfbackend"), PurePosixPath("u/prod.tfbackend"))
    assert unit.undecided == (
        "backend s3: bucket, key not set",
        "choose with --backend-config from u/dev.tfbackend, u/prod.tfbackend",
    )
    assert unit.init_items == ()


def test_no_candidate_names_the_missing_settings(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": PARTIAL, "u/backend.tfvars": "instances = 3"})

    assert unit.undecided[0] == "backend s3: bucket not set"
    assert "--backend-config" in unit.undecided[1]
    assert unit.backend_files == ()


def test_a_command_with_variables_is_no_candidate_but_is_shown(only: Callable[..., Unit]) -> None:
    unit = only({
        "u/main.tf": PARTIAL,
        ".github/workflows/ci.yml": (
            "steps:\n  - run: terraform init -backend-config=bucket=${{ inputs.env }}-state\n    working-directory: u\n"
        ),
    })  # fmt: skip

    assert identity(unit) is None
    assert "runs init with variables: bucket=${{inputs.env}}-state" in unit.undecided[1]


def test_a_candidate_must_not_move_a_state_that_is_decided(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": WHOLE, "u/x.tfbackend": 'bucket = "other"'})

    assert identity(unit) == "s3://b/k"
    assert unit.backend.source == "block"
    assert unit.backend_files == ()
    assert unit.undecided == (
        "u/x.tfbackend would put the state elsewhere and was not used: choose with --backend-config from u/x.tfbackend",
    )


def test_a_candidate_may_add_to_a_state_that_is_decided(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": WHOLE, "u/x.tfbackend": 'region = "r"\nprofile = "p"'})

    assert identity(unit) == "s3://b/k"
    assert unit.backend.config["profile"] == "p"
    assert unit.backend.source == "u/x.tfbackend"


def test_a_candidate_that_does_not_parse_is_shown(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": EMPTY, "u/x.tfbackend": "bucket = "})

    assert identity(unit) is None
    assert any(doubt.startswith("x.tfbackend:1:") for doubt in unit.undecided)


def test_candidates_of_one_unit_are_not_another_s(write: Callable[..., Path]) -> None:
    root = write({"main.tf": EMPTY, "backend.hcl": FILE, "u/main.tf": EMPTY})

    top, below = discover(root, env={})

    assert identity(top) == "s3://f/k"
    assert identity(below) is None


def test_asked_for_items_win_left_to_right(only: Callable[..., Unit]) -> None:
    files = {"u/main.tf": PARTIAL, "u/dev.tfbackend": FILE, "u/prod.tfbackend": 'bucket = "p"'}

    unit = only(files, backend_config=["dev.tfbackend", "prod.tfbackend", "key=x"])

    assert identity(unit) == "s3://p/x"
    assert unit.backend.source == "dev.tfbackend prod.tfbackend key=…"
    assert unit.backend_files == (PurePosixPath("u/dev.tfbackend"), PurePosixPath("u/prod.tfbackend"))
    assert unit.init_items == ("dev.tfbackend", "prod.tfbackend", "key=x")


def test_an_empty_item_means_none_but_only_on_its_own(only: Callable[..., Unit]) -> None:
    assert identity(only({"u/main.tf": WHOLE}, backend_config=[""])) == "s3://b/k"
    assert "only on its own" in only({"u/main.tf": WHOLE}, backend_config=["key=x", ""]).undecided[0]


def test_collections_on_the_command_line_are_hcl(only: Callable[..., Unit]) -> None:
    unit = only({"u/main.tf": WHOLE}, backend_config=['endpoints={ s3 = "http://minio:9000" }', "acl=[broken"])

    assert identity(unit) == "s3://b/k?endpoint=minio:9000"
    assert unit.backend.config["acl"] == "[broken"


def test_a_file_that_only_some_units_have(write: Callable[..., Path]) -> None:
    root = write(
        {
            "a/main.tf": EMPTY,
            "a/p.tfbackend": FILE,
            "b/main.tf": EMPTY,
            "c/main.tf": 'terraform {\n backend "local" {}\n}',
        }
    )

    a, b, c = discover(root, env={}, backend_config=["p.tfbackend"])

    assert identity(a) == "s3://f/k"
    assert identity(b) is None
    assert identity(c) == "local://c/terraform.tfstate"


def test_a_file_that_is_nowhere_is_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(RepoError, match=r"--backend-config no\.tfbackend: there is no such file"):
        discover(write({"a/main.tf": EMPTY}), env={}, backend_config=["no.tfbackend"])


def test_terraform_s_own_variable_gives_items(only: Callable[..., Unit]) -> None:
    env = {"TF_CLI_ARGS_init": '-backend-config="bucket=e" -upgrade', "TF_CLI_ARGS": "--backend-config key=z"}

    assert identity(only({"u/main.tf": PARTIAL}, env=env)) == "s3://e/z"
    assert any(
        "TF_CLI_ARGS_init" in doubt for doubt in only({"u/main.tf": PARTIAL}, env={"TF_CLI_ARGS_init": '"'}).undecided
    )


def test_what_init_recorded_is_preferred(only: Callable[..., Unit]) -> None:
    files = {"u/main.tf": PARTIAL, "u/a.tfbackend": FILE, "u/b.tfbackend": FILE}

    unit = only({**files, "u/.terraform/terraform.tfstate": record({"bucket": "i", "key": "k", "secret_key": "s"})})

    assert unit.initialised
    assert identity(unit) == "s3://i/k"
    assert unit.backend.source == "initialised"
    assert unit.backend.config == {"bucket": "i", "key": "k", "secret_key": "s"}
    assert unit.undecided == ()


DISAGREE = {
    "another type": record({"path": "x"}, "local"),
    "another value in the code": record({"bucket": "b", "key": "old"}),
}


@pytest.mark.parametrize("text", DISAGREE.values(), ids=DISAGREE)
def test_a_record_about_another_backend_is_not_used(only: Callable[..., Unit], text: str) -> None:
    unit = only({"u/main.tf": WHOLE, "u/.terraform/terraform.tfstate": text})

    assert identity(unit) == "s3://b/k"
    assert unit.backend.source == "block"
    assert "init -reconfigure" in unit.undecided[0]


def test_records_agree_however_values_are_written(only: Callable[..., Unit]) -> None:
    block = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    encrypt = "true"\n    endpoints { s3 = "http://h" }\n  }\n}\n'
    text = record({"bucket": "b", "key": "k", "encrypt": True, "endpoints": [{"s3": "http://h", "iam": None}]})

    assert only({"u/main.tf": block, "u/.terraform/terraform.tfstate": text}).backend.source == "initialised"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 3}', '{"backend": {"type": "s3", "config": null}}'])
def test_a_useless_record_is_no_catastrophe(only: Callable[..., Unit], text: str) -> None:
    unit = only({"u/main.tf": WHOLE, "u/.terraform/terraform.tfstate": text})

    assert unit.initialised
    assert identity(unit) == "s3://b/k"
    assert unit.backend.source == "block"


def test_asking_for_another_configuration_than_init_recorded_is_said(only: Callable[..., Unit]) -> None:
    files = {"u/main.tf": PARTIAL, "u/.terraform/terraform.tfstate": record({"bucket": "i", "key": "k"})}

    assert only(files, backend_config=["bucket=i"]).undecided == ()
    (doubt,) = only(files, backend_config=["bucket=other"]).undecided
    assert doubt.startswith("initialised with another configuration than --backend-config gives")


def test_the_data_folder_may_be_elsewhere(only: Callable[..., Unit]) -> None:
    files = {"u/main.tf": PARTIAL, "u/tfdata/terraform.tfstate": record({"bucket": "i", "key": "k"})}

    assert identity(only(files, env={"TF_DATA_DIR": "tfdata"})) == "s3://i/k"


WORKSPACES = [
    ("default", {}, {}, None, "default"),
    ("selected", {"u/.terraform/environment": "dev\n"}, {}, None, "dev"),
    ("TF_WORKSPACE wins", {"u/.terraform/environment": "dev"}, {"TF_WORKSPACE": "prod"}, None, "prod"),
    ("asked for wins", {"u/.terraform/environment": "dev"}, {"TF_WORKSPACE": "prod"}, "test", "test"),
]


@pytest.mark.parametrize(
    ("files", "env", "chosen", "expected"), [row[1:] for row in WORKSPACES], ids=[row[0] for row in WORKSPACES]
)
def test_the_workspace(
    only: Callable[..., Unit], files: dict[str, str], env: dict[str, str], chosen: str | None, expected: str
) -> None:
    unit = only({"u/main.tf": WHOLE, **files}, env=env, workspace=chosen)

    assert unit.backend.workspace == expected
    assert identity(unit) == ("s3://b/k" if expected == "default" else f"s3://b/env:/{expected}/k")


def test_a_cloud_block_names_its_workspace(only: Callable[..., Unit]) -> None:
    named = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }\n}\n'
    tagged = named.replace('name = "w"', 'tags = ["a"]')

    assert only({"main.tf": named}).backend.workspace == "w"
    unit = only({"main.tf": tagged})
    assert identity(unit) is None
    assert unit.undecided[0].endswith("choose one with --workspace")
    assert identity(only({"main.tf": tagged}, workspace="x")) == "cloud://app.terraform.io/o/x"


def test_a_setting_that_is_not_constant_leaves_the_place_undecided_unless_it_only_says_how(
    only: Callable[..., Unit],
) -> None:
    block = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    NAME = var.x\n  }\n}\n'

    how = only({"main.tf": block.replace("NAME", "profile")})
    assert identity(how) == "s3://b/k"
    assert how.undecided[0].startswith("backend s3: `profile` is not constant: var.x")
    where = {"main.tf": block.replace("NAME", "workspace_key_prefix")}
    assert identity(only(where)) is None
    assert identity(only(where, backend_config=["workspace_key_prefix=p"])) == "s3://b/k"


NOT_READABLE = {
    "JSON that is none": ("x.json", "{", "backend file x.json: "),
    "JSON that is no object": ("x.json", "[]", "backend file x.json: not a JSON object"),
    "not constant": ("x.hcl", "bucket = var.b", "backend file x.hcl: bucket is not a constant"),
    "not HCL": ("x.hcl", "bucket = ", "x.hcl:1:"),
}


@pytest.mark.parametrize(("name", "text", "why"), NOT_READABLE.values(), ids=NOT_READABLE)
def test_a_backend_file_that_cannot_be_read_leaves_the_block(
    only: Callable[..., Unit], name: str, text: str, why: str
) -> None:
    unit = only({"u/main.tf": WHOLE, f"u/{name}": text}, backend_config=[name])

    assert unit.undecided[0].startswith(why)
    assert unit.backend.source == "block"


def test_a_backend_file_without_permission(tmp_path: Path) -> None:
    with pytest.raises(BackendItemError, match="backend file x: No such file"):
        read_backend_file(tmp_path / "x", shown="x")


def test_repeated_blocks_and_empty_values(only: Callable[..., Unit]) -> None:
    block = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = null\n    x {\n    }\n    x {\n      a = 1\n    }\n    x {}\n  }\n}\n'

    unit = only({"main.tf": block})

    assert unit.backend.config == {"bucket": "b", "x": [{}, {"a": 1}, {}]}
    assert unit.undecided[0] == "backend s3: key not set"


def test_lists_and_blocks_of_the_record_are_compared_deeply(only: Callable[..., Unit]) -> None:
    block = (
        'terraform {\n  backend "remote" {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }\n}\n'
    )
    other = record({"organization": "o", "workspaces": [{"name": "z", "prefix": None}]}, "remote")

    unit = only({"main.tf": block, ".terraform/terraform.tfstate": other})

    assert identity(unit) == "cloud://app.terraform.io/o/w"
    assert "init -reconfigure" in unit.undecided[0]
