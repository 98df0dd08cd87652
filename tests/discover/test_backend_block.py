"""Which backend counts: one block, replaced by overrides, read by the right tool, in native syntax or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from driftgate.discover.units import discover
from driftgate.unit import Unit


def backend(type: str, body: str = "", keyword: str = "backend") -> str:
    return f'terraform {{\n  {keyword} "{type}" {{\n{body}\n  }}\n}}\n'


LOCAL_A, LOCAL_B = backend("local", 'path = "a"'), backend("local", 'path = "b"')
CLOUD = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }\n}\n'

FILES = {
    "one block": ({"main.tf": LOCAL_A}, "local://a"),
    "a cloud block": ({"main.tf": CLOUD}, "cloud://app.terraform.io/o/w"),
    "override replaces": ({"z.tf": LOCAL_A, "a_override.tf": LOCAL_B}, "local://b"),
    "plain override": ({"z.tf": LOCAL_A, "override.tf": LOCAL_B}, "local://b"),
    "the last override": ({"z.tf": LOCAL_A, "b_override.tf": LOCAL_A, "c_override.tf": LOCAL_B}, "local://b"),
    "override of another kind": ({"z.tf": LOCAL_A, "x_override.tf": CLOUD}, "cloud://app.terraform.io/o/w"),
    "only an override": ({"z.tf": "", "x_override.tf": LOCAL_B}, "local://b"),
    "JSON": ({"main.tf.json": '{"terraform": {"backend": {"local": {"path": "a"}}}}'}, "local://a"),
    "JSON with lists": ({"main.tf.json": '{"terraform": [{"backend": [{"local": [{"path": "a"}]}]}]}'}, "local://a"),
    "JSON comment": ({"main.tf.json": '{"//": "x", "terraform": {"backend": {"local": {"//": 1, "path": "a"}}}}'}, "local://a"),
    "JSON override": ({"main.tf": LOCAL_A, "o_override.tf.json": '{"terraform": {"backend": {"local": {"path": "b"}}}}'}, "local://b"),
    "CDKTF": ({"cdk.tf.json": '{"terraform": {"backend": {"s3": {"bucket": "b", "key": "k"}}}, "resource": {}}'}, "s3://b/k"),
    ".tofu shadows .tf": ({"main.tf": LOCAL_A, "main.tofu": LOCAL_B}, "local://b"),
    ".tofu beside .tf": ({"main.tf": "", "backend.tofu": LOCAL_B}, "local://b"),
    ".tofu.json shadows .tf.json": (
        {"m.tf.json": "{", "m.tofu.json": '{"terraform": {"backend": {"local": {"path": "b"}}}}'}, "local://b",
    ),
    "OpenTofu's own override": ({"main.tf": LOCAL_A, "x_override.tofu": LOCAL_B}, "local://b"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "identity"), FILES.values(), ids=FILES)
def test_the_block_that_counts(only: Callable[..., Unit], files: Mapping[str, str], identity: str) -> None:
    unit = only(files)

    assert unit.error is None
    assert unit.location is not None
    assert unit.location.identity == identity
    assert unit.backend.source == "block"


def test_terraform_does_not_read_tofu_files(only: Callable[..., Unit]) -> None:
    unit = only({"main.tf": LOCAL_A, "main.tofu": LOCAL_B}, tool="terraform")

    assert unit.backend.config == {"path": "a"}


BROKEN = {
    "two blocks": ({"a.tf": LOCAL_A, "b.tf": LOCAL_B}, "b.tf:2:3: a second backend block"),
    "backend and cloud": ({"a.tf": LOCAL_A, "b.tf": CLOUD}, "b.tf:2:3: a second cloud block"),
    "no label": ({"a.tf": "terraform {\n  backend {}\n}"}, "a.tf:2:3: a backend block needs one label"),
}


@pytest.mark.parametrize(("files", "error"), BROKEN.values(), ids=BROKEN)
def test_wrong_declarations(only: Callable[..., Unit], files: Mapping[str, str], error: str) -> None:
    unit = only(files)

    assert unit.error is not None
    assert unit.error.startswith(error)
    assert unit.location is None


def test_a_state_store_is_not_supported_yet(only: Callable[..., Unit]) -> None:
    unit = only({"main.tf": 'terraform {\n  state_store "aws_s3" {\n    provider "aws" {}\n  }\n}'})

    assert unit.location is None
    assert unit.undecided[0] == "state_store blocks are not supported yet"


def test_terraform_allows_only_constants(only: Callable[..., Unit]) -> None:
    unit = only({"main.tf": backend("s3", 'bucket = var.b\nkey = "k"') + 'variable "b" {\n  default = "x"\n}'})

    assert unit.location is None
    assert unit.undecided[0].startswith("backend s3: `bucket` is not constant")


def test_opentofu_allows_variables_and_locals(only: Callable[..., Unit]) -> None:
    unit = only({
        "main.tofu": backend("s3", 'bucket = "${var.env}-state"\nkey = local.key'),
        "v.tf": 'variable "env" {\n  default = "x"\n}\nvariable "app" {}\nlocals {\n  key = "${local.dir}/k"\n  dir = var.app\n}',
        "terraform.tfvars": 'env = "dev"', "b.auto.tfvars": 'env = "prod"', "a.auto.tfvars": 'env = "stage"',
    }, env={"TF_VAR_env": "test", "TF_VAR_app": "web"})  # fmt: skip

    assert unit.location is not None
    assert unit.location.identity == "s3://prod-state/web/k"


def test_variables_that_cannot_be_told_leave_the_setting_undecided(only: Callable[..., Unit]) -> None:
    unit = only({
        "main.tofu": backend("s3", 'bucket = var.b\nkey = var.k[0]') + 'variable "b" {}\nvariable "k" {\n  type = list(string)\n}',
        "terraform.tfvars": "b = ",
    }, env={"TF_VAR_k": "[broken"})  # fmt: skip

    assert unit.location is None
    assert [doubt.partition(":")[0] for doubt in unit.undecided[:2]] == ["backend s3", "backend s3"]


def test_a_lock_file_that_cannot_be_read_says_nothing_of_the_tool(write: Callable[..., Path]) -> None:
    root = write({"main.tf": LOCAL_A})
    (root / ".terraform.lock.hcl").write_bytes(b"\xff")

    assert [unit.tool for unit in discover(root, env={})] == ["terraform"]
