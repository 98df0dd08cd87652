"""Addresses to blocks: through modules and overrides, with what `ignore_changes` says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.discover.source import ALL, SourceIndex
from driftgate.finding import SourceRange

MAIN = """\
resource "aws_x" "one" {
  count = 2
  name  = "n"
  rule { port = 1 }
  dynamic "part" {
    for_each = []
    content {}
  }
  lifecycle { prevent_destroy = true }
}
data "aws_x" "one" {}

module "a" {
  source   = "../modules/a"
  for_each = toset(["x"])
}
module "far" { source = "acme/far/aws" }
"""
A = 'module "b" {\n  source = "./b"\n}\nresource "aws_y" "two" { tags = {} }\n'


@pytest.fixture
def index(write: Callable[..., Path]) -> SourceIndex:
    installed = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "far", "Dir": ".terraform/modules/far/sub"}]}
    root = write({
        "u/main.tf": MAIN,
        "modules/a/main.tf": A,
        "modules/a/b/main.tf": 'resource "aws_z" "three" {}\n',
        "u/.terraform/modules/modules.json": json.dumps(installed),
        "u/.terraform/modules/far/sub/main.tf": '\n\nresource "aws_f" "four" {\n}\n',
    })  # fmt: skip
    return SourceIndex(root, root / "u")


NOT_FOUND = [
    "aws_x.two",
    "aws_y.one",
    "data.aws_y.one",
    "module.none.aws_x.one",
    "module.a.module.none.aws_x.y",
    "nonsense",
    "",
]


@pytest.mark.parametrize("address", NOT_FOUND)
def test_what_the_source_does_not_have(index: SourceIndex, address: str) -> None:
    assert index.find(address) is None


FOUND = [
    ("aws_x.one", "u/main.tf", 1, 10),
    ("aws_x.one[1]", "u/main.tf", 1, 10),
    ('aws_x.one["k"]', "u/main.tf", 1, 10),
    ("data.aws_x.one", "u/main.tf", 11, 11),
    ('module.a["x"].aws_y.two', "modules/a/main.tf", 4, 4),
    ('module.a["x"].module.b.aws_z.three[0]', "modules/a/b/main.tf", 1, 1),
    ("module.far.aws_f.four", "u/.terraform/modules/far/sub/main.tf", 3, 4),
]


@pytest.mark.parametrize(("address", "file", "line", "end"), FOUND)
def test_where_a_block_stands(index: SourceIndex, address: str, file: str, line: int, end: int) -> None:
    block = index.find(address)

    assert block is not None
    assert block.range == SourceRange(file, line, end)
    assert block.ignore_changes == frozenset()


def test_what_a_block_sets(index: SourceIndex) -> None:
    block = index.find("aws_x.one")

    assert block is not None
    assert block.sets == {"name", "rule", "part"}


def test_a_unit_without_installed_modules(write: Callable[..., Path]) -> None:
    root = write({"main.tf": 'module "far" { source = "acme/far/aws" }'})

    assert SourceIndex(root, root).find("module.far.aws_f.four") is None


IGNORED = {
    "nothing": ("ignore_changes = []", frozenset()),
    "names": ("ignore_changes = [tags, name]", {"tags", "name"}),
    "nested": ('ignore_changes = [tags["x"], rule[0].port, a.b, tags["a.b/c"]]', {"tags.x", "rule[0].port", "a.b", "tags.a.b/c"}),
    "quoted, as before 0.12": ('ignore_changes = ["tags", "rule.0.port"]', {"tags", "rule[0].port"}),
    "all": ("ignore_changes = all", ALL),
    "all, as before 0.12": ('ignore_changes = ["*"]', ALL),
    "not a path": ('ignore_changes = [1, f(x), tags, "}"]', {"tags"}),
}  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), IGNORED.values(), ids=IGNORED)
def test_ignore_changes(write: Callable[..., Path], line: str, expected: object) -> None:
    root = write({"main.tf": f'resource "a" "b" {{\n  lifecycle {{\n    {line}\n  }}\n}}\n'})

    block = SourceIndex(root, root).find("a.b")

    assert block is not None
    assert block.ignore_changes == expected


def test_ignore_changes_in_json(write: Callable[..., Path]) -> None:
    body = {"lifecycle": {"ignore_changes": ['tags["x"]', "name"]}, "size": 1, "dynamic": {"rule": {"for_each": []}}}
    every = {"lifecycle": [{"ignore_changes": "all"}], "dynamic": [{"rule": {}}, {"part": {}}]}
    root = write({"main.tf.json": json.dumps({"resource": {"a": {"b": body, "c": every}}})})
    index = SourceIndex(root, root)

    b, c = index.find("a.b"), index.find("a.c")

    assert b is not None
    assert (b.ignore_changes, b.sets) == ({"tags.x", "name"}, {"size", "rule"})
    assert c is not None
    assert (c.ignore_changes, c.sets) == (ALL, {"rule", "part"})


def test_overrides_add_and_replace(write: Callable[..., Path]) -> None:
    root = write({
        "main.tf": 'resource "a" "b" {\n  x = 1\n  lifecycle {\n    ignore_changes = [x]\n  }\n}\n',
        "o_override.tf": 'resource "a" "b" {\n  y = 1\n  lifecycle {\n    ignore_changes = [y]\n  }\n}\n',
        "p_override.tf": 'resource "a" "b" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n',
    })  # fmt: skip

    block = SourceIndex(root, root).find("a.b")

    assert block is not None
    assert block.range.file == "main.tf"
    assert block.ignore_changes == {"y"}
    assert block.sets == {"x", "y"}


def test_broken_source_is_no_reason_to_fail(write: Callable[..., Path]) -> None:
    root = write({"main.tf": 'resource "a" "b" {', "other.tf": 'resource "a" "c" {}'})
    index = SourceIndex(root, root)

    assert index.find("a.b") is None
    assert index.find("a.c") is not None
