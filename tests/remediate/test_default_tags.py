"""Tags that the provider block gives to all resources: changed there, which is wide."""

from __future__ import annotations

from pathlib import Path

import pytest
from remediate.repos import after, lay, traced
from remediate.test_accept import accepted, finding

from driftgate.finding import Mark
from driftgate.remediate.trace.site import CannotTraceError

PROVIDERS = """provider "aws" {
  default_tags {
    tags = {
      Team = "a"
      Env  = "dev"
    }
  }
}

provider "aws" {
  alias = "west"
  default_tags {
    tags = { Team = "w" }
  }
}
"""
CODE = PROVIDERS + "".join(
    f'resource "aws_x" "{name}" {{\n  tags = {{ Name = "{name}" }}\n}}\n' for name in ("a", "b", "c", "d")
)


@pytest.mark.parametrize(
    ("more", "address", "path", "live", "old", "new"),
    [
        pytest.param("", "aws_x.a", "tags_all.Team", "b", '"a"\n      Env', '"b"\n      Env', id="default provider"),
        pytest.param("", "aws_x.a", "tags.Team", "b", '"a"\n      Env', '"b"\n      Env', id="seen as a tag of its own"),
        pytest.param("", "aws_x.a", "tags_all.Env", Mark.ABSENT, '      Env  = "dev"\n', "", id="gone"),
        pytest.param("", "aws_x.a", "tags_all.Name", "n", '{ Name = "a" }', '{ Name = "n" }', id="its own"),
        pytest.param("", "aws_x.a", "tags_all.New", "n", '{ Name = "a" }', '{ Name = "a", New = "n" }', id="new"),
        pytest.param("", "aws_x.a", "tags_all", {"Team": "a", "Env": "dev", "Name": "n"}, '{ Name = "a" }', '{ Name = "n" }', id="all of them"),
        pytest.param('resource "aws_x" "w" {\n  provider = aws.west\n}\n', "aws_x.w", "tags_all.Team", "b", '"w" }', '"b" }', id="alias"),
        pytest.param('module "m" {\n  source = "./m"\n}\n', "module.m.aws_x.q", "tags_all.Team", "b", '"a"\n      Env', '"b"\n      Env', id="a called module inherits"),
        pytest.param('module "m" {\n  source = "./m"\n  providers = {\n    aws = aws.west\n  }\n}\n', "module.m.aws_x.q", "tags_all.Team", "b", '"w" }', '"b" }', id="a called module is given one"),
    ],
)  # fmt: skip
def test_where_the_tag_stands(
    tmp_path: Path, more: str, address: str, path: str, live: object, old: str, new: str
) -> None:
    text = CODE + more
    lay(tmp_path, {"main.tf": text, "m/main.tf": 'resource "aws_x" "q" {\n}\n'})

    assert text.count(old) == 1
    assert after(traced(tmp_path, address, path, live)) == ("main.tf", text.replace(old, new))


def test_a_tag_that_is_nowhere_in_the_code(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": CODE})

    with pytest.raises(CannotTraceError, match="the provider's default_tags"):
        traced(tmp_path, "aws_x.a", "tags_all.Owner", Mark.ABSENT)


def test_it_is_the_tag_of_all_resources(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": CODE})
    drift = finding(".", "aws_x.a", "tags_all.Team", "b")

    (refused,) = accepted(tmp_path, drift).refused
    assert (
        refused.reason
        == "this literal also feeds .: aws_x.b.tags_all.Team, .: aws_x.c.tags_all.Team, .: aws_x.d.tags_all.Team"
    )
    assert accepted(tmp_path, drift, wide=True).after == {"main.tf": CODE.replace('"a"\n      Env', '"b"\n      Env')}


def test_unless_all_of_them_have_it(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": CODE})

    assert len(accepted(tmp_path, *(finding(".", f"aws_x.{n}", "tags_all.Team", "b") for n in "abcd")).accepted) == 4
