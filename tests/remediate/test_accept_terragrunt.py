"""Terragrunt units accepted: what a literal of a shared file also feeds, and what it would change besides inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay, terragrunt_unit
from remediate.test_accept import finding

from driftgate.remediate.accept import accept
from driftgate.remediate.proposal import Proposal, targets
from driftgate.remediate.trace.site import Site

MODULE = 'variable "size" {\n  default = 1\n}\nvariable "name" {\n  default = "x"\n}\nresource "aws_x" "a" {\n  size = var.size\n  name = "${var.name}-${aws_y.b.id}"\n}\n'
UNIT = 'terraform {\n  source = "../../modules/m"\n}\ninclude "root" {\n  path   = find_in_parent_folders("root.hcl")\n  expose = true\n}\n'
ROOT = "locals {\n  size = 5\n}\ninputs = {\n  size = local.size\n}\n"
REPO = {
    "modules/m/main.tf": MODULE,
    "live/root.hcl": ROOT,
    "live/a/terragrunt.hcl": UNIT,
    "live/b/terragrunt.hcl": UNIT,
}


def opened(root: Path, unit: str, workspace: str) -> Site:
    return terragrunt_unit(root, unit)


def accepted(root: Path, *more: Any, wide: bool = False, units: tuple[str, ...] = ("live/a", "live/b")) -> Proposal:
    found = more or (finding("live/a", "aws_x.a", "size", 9),)
    return accept(root, targets(found), opened, others=[(unit, "default") for unit in units], wide=wide)


def test_nothing_to_accept(tmp_path: Path) -> None:
    lay(tmp_path, REPO)

    assert accept(tmp_path, [], opened, others=[("live/a", "default")]).after == {}


def test_a_literal_of_an_included_file_feeds_all_units_that_include_it(tmp_path: Path) -> None:
    lay(tmp_path, REPO)

    assert [r.reason for r in accepted(tmp_path).refused] == ["this literal also feeds live/b: aws_x.a.size"]
    assert accepted(tmp_path, wide=True).after == {"live/root.hcl": ROOT.replace("= 5", "= 9")}


def test_units_that_set_it_themselves_are_not_fed(tmp_path: Path) -> None:
    lay(tmp_path, {**REPO, "live/b/terragrunt.hcl": UNIT + "inputs = {\n  size = 2\n}\n"})

    assert accepted(tmp_path).after == {"live/root.hcl": ROOT.replace("= 5", "= 9")}


def test_unless_all_of_them_want_it(tmp_path: Path) -> None:
    lay(tmp_path, REPO)
    both = [finding(f"live/{unit}", "aws_x.a", "size", 9) for unit in "ab"]

    assert len(accepted(tmp_path, *both).accepted) == 2


def test_a_units_own_input_feeds_nobody_else(tmp_path: Path) -> None:
    own = UNIT + "inputs = {\n  size = 2\n}\n"
    lay(tmp_path, {**REPO, "live/a/terragrunt.hcl": own})

    assert accepted(tmp_path).after == {"live/a/terragrunt.hcl": own.replace("= 2", "= 9")}


def test_a_literal_of_the_module_feeds_all_units_that_run_it(tmp_path: Path) -> None:
    lay(tmp_path, {**REPO, "live/root.hcl": ""})

    assert [r.reason for r in accepted(tmp_path).refused] == ["this literal also feeds live/b: aws_x.a.size"]


def test_a_literal_feeds_what_is_known_only_in_part(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {**REPO, "live/root.hcl": ROOT.replace("size = local.size", 'size = local.size\n  name = "n${local.size}"')},
    )
    refused = accepted(tmp_path, units=("live/a",)).refused

    assert [r.reason for r in refused] == ["this literal also feeds live/a: aws_x.a.name"]


@pytest.mark.parametrize(
    ("section", "reached"),
    [
        pytest.param('remote_state {\n  backend = "s3"\n  config = {\n    key = "${local.size}"\n  }\n}\n', "remote_state.config", id="state"),
        pytest.param('generate "x" {\n  path = "x.tf"\n  if_exists = "skip"\n  contents = "# ${local.size}"\n}\n', "generate.x", id="generated file"),
    ],
)  # fmt: skip
def test_a_literal_that_moves_more_than_inputs_is_left_alone(tmp_path: Path, section: str, reached: str) -> None:
    lay(tmp_path, {**REPO, "live/root.hcl": ROOT + section})
    refused = accepted(tmp_path, units=("live/a",)).refused

    assert [r.reason for r in refused] == [f"this literal also feeds live/a: terragrunt.hcl.{reached}"]


def test_paths_of_the_copy_are_no_effects(tmp_path: Path) -> None:
    state = (
        'remote_state {\n  backend = "local"\n  config = {\n    path = "${get_terragrunt_dir()}/x.tfstate"\n  }\n}\n'
    )
    lay(tmp_path, {**REPO, "live/root.hcl": ROOT + state})

    assert len(accepted(tmp_path, units=("live/a",)).accepted) == 1


def test_a_unit_that_cannot_be_opened_hinders_no_other(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {**REPO, "live/a/terragrunt.hcl": UNIT + "inputs = {\n  size = 2\n}\n", "live/b/terragrunt.hcl": "x = \n"},
    )

    assert len(accepted(tmp_path).accepted) == 1
