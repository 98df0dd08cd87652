"""`terraform_remote_state` edges, found by the identity of the state that is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from driftgate.discover.units import discover
from driftgate.unit import Dependency

NET = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "net"\n    profile = "p"\n  }\n}\n'
LOCAL = 'resource "terraform_data" "x" {}\n'


def reads(config: str, more: str = "", backend: str = '"s3"') -> str:
    return f'data "terraform_remote_state" "r" {{\n  backend = {backend}\n  config = {config}\n  {more}\n}}\n'


S3 = '{ bucket = "b", key = "net", region = "us-east-1" }'
EDGES = {
    # files of the reading unit: identity, unit, reason
    "by identity": ({"app/main.tf": reads(S3)}, "s3://b/net", "net", ""),
    "in another workspace": ({"app/main.tf": reads(S3, 'workspace = "prod"')}, "s3://b/env:/prod/net", "net", ""),
    "in its own workspace": (
        {"app/main.tf": reads(S3, "workspace = terraform.workspace"), "app/.terraform/environment": "dev"},
        "s3://b/env:/dev/net", "net", "",
    ),
    "local, relative": (
        {"app/main.tf": reads('{ path = "${path.module}/../data/terraform.tfstate" }', backend='"local"')},
        "local://data/terraform.tfstate", "data", "",
    ),
    "by variables and locals": (
        {"app/main.tf": reads("{ bucket = var.b, key = local.k }") + 'variable "b" {}\nlocals {\n  k = "net"\n}',
         "app/terraform.tfvars.json": '{"//": 1, "b": "b"}'},
        "s3://b/net", "net", "",
    ),
    "by a variable from the environment": (
        {"app/main.tf": reads("{ bucket = var.env, key = var.l[0] }") + 'variable "env" {}\nvariable "l" {\n  type = list(string)\n}'},
        "s3://b/net", "net", "",
    ),
    "of a state elsewhere": ({"app/main.tf": reads('{ bucket = "z", key = "net" }')}, "s3://z/net", None, "no unit in this repo has this state"),
    "not constant": ({"app/main.tf": reads("{ bucket = var.unset }") + 'variable "unset" {}'}, None, None, "its bucket is not constant"),
    "workspace not constant": ({"app/main.tf": reads(S3, "workspace = var.unset") + 'variable "unset" {}'}, None, None, "its workspace is not constant"),
    "type not constant": ({"app/main.tf": reads(S3, backend="var.type")}, None, None, "its backend type is not a constant"),
    "for each": ({"app/main.tf": reads("{ bucket = each.value }", 'for_each = toset(["a"])')}, None, None, "its bucket is not constant"),
    "constant as far as it matters": (
        {"app/main.tf": reads('{ bucket = "b", key = "net", profile = var.p }') + 'variable "p" {}'}, "s3://b/net", "net", "",
    ),
    "by a whole object": (
        {"app/main.tf": reads("local.c") + 'locals {\n  c = { bucket = "b", key = "net" }\n}'}, "s3://b/net", "net", "",
    ),
    "unknown as a whole": ({"app/main.tf": reads("timestamp()")}, None, None, "its config is not constant"),
    "incomplete": ({"app/main.tf": reads("{}")}, None, None, "backend s3: bucket, key not set"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "identity", "unit", "reason"), EDGES.values(), ids=EDGES)
def test_edge(
    write: Callable[..., Path], files: dict[str, str], identity: str | None, unit: str | None, reason: str
) -> None:
    root = write({"net/main.tf": NET, "data/main.tf": LOCAL, **files})

    env = {"TF_VAR_env": "b", "TF_VAR_l": '["net"]'}
    ((edge,),) = [u.dependencies for u in discover(root, env=env) if u.dependencies]

    assert edge.name == "data.terraform_remote_state.r"
    assert (edge.identity, edge.unit) == (identity, PurePosixPath(unit) if unit else None)
    assert edge.reason.startswith(reason)
    assert bool(edge.reason) == (unit is None)


def test_edges_of_called_modules_with_what_the_call_passes(write: Callable[..., Path]) -> None:
    root = write({
        "net/main.tf": NET,
        "app/main.tf": 'module "m" {\n  source = "../m"\n  key = local.k\n}\nlocals {\n  k = "net"\n}\n' + reads(S3),
        "m/main.tf": 'variable "key" {}\nvariable "b" {\n  default = "b"\n}\n' + reads("{ bucket = var.b, key = var.key }"),
    })  # fmt: skip

    app, net = discover(root, env={})

    state, owner = "s3://b/net", PurePosixPath("net")
    assert net.dependencies == ()
    assert app.dependencies == (
        Dependency("data.terraform_remote_state.r", state, owner),
        Dependency("module.m.data.terraform_remote_state.r", state, owner),
    )


def test_modules_that_call_each_other_end(write: Callable[..., Path]) -> None:
    root = write({
        "app/main.tf": 'module "a" {\n  source = "../a"\n}\n',
        "a/main.tf": 'module "x" {\n  source = "../b"\n}\nmodule "y" {\n  source = "../b"\n}\n' + reads(S3),
        "b/main.tf": 'module "x" {\n  source = "../a"\n}\nmodule "y" {\n  source = "../a"\n}\n',
    })  # fmt: skip

    (app,) = discover(root, env={})

    assert [edge.name for edge in app.dependencies] == ["module.a.data.terraform_remote_state.r"]
