"""Terragrunt units: one case for each place that an input may come from, each with the one literal that changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import after, lay, terragrunt_unit

from driftgate.address import Address
from driftgate.attribute_path import read_steps
from driftgate.finding import Mark
from driftgate.remediate.trace.resource import resource_change
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.remediate.trace.wanted import Change

UNIT = "live/dev/app"
OWN = f"{UNIT}/terragrunt.hcl"
A = "aws_x.a"
MODULE = """variable "size" {
  default = 1
}
variable "tags" {
  default = {}
}
variable "ids" {
  default = []
}
resource "aws_x" "a" {
  size  = var.size
  tags  = var.tags
  ids   = var.ids
  fixed = 7
}
"""
SOURCE = 'terraform {\n  source = "../../../modules/app"\n}\n'
INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
DEEP = 'include "root" {\n  path           = find_in_parent_folders("root.hcl")\n  merge_strategy = "deep"\n}\n'
EXPOSED = 'include "root" {\n  path   = find_in_parent_folders("root.hcl")\n  expose = true\n}\n'
BARE = 'include {\n  path   = find_in_parent_folders("root.hcl")\n  expose = true\n}\n'
COMMON = 'include "common" {\n  path = "${dirname(find_in_parent_folders("root.hcl"))}/common.hcl"\n}\n'
READ = 'locals {\n  env = read_terragrunt_config(find_in_parent_folders("env.hcl"))\n}\n'


def inputs(text: str) -> str:
    return f"inputs = {{\n{text}}}\n"


CASES = [
    pytest.param({OWN: SOURCE + inputs("  size = 5 # why\n")}, "size", 9, OWN, "size = 5 # why", "size = 9 # why", id="own inputs"),
    pytest.param({OWN: SOURCE}, "fixed", 9, "modules/app/main.tf", "fixed = 7", "fixed = 9", id="literal in the module"),
    pytest.param({OWN: SOURCE}, "size", 9, "modules/app/main.tf", "default = 1", "default = 9", id="default of the module"),
    pytest.param({OWN: SOURCE + "locals {\n  n = 5\n}\n" + inputs("  size = local.n\n")}, "size", 9, OWN, "n = 5", "n = 9", id="local"),
    pytest.param({OWN: SOURCE + INCLUDE, "live/root.hcl": inputs("  size = 5\n")}, "size", 9, "live/root.hcl", "size = 5", "size = 9", id="inputs of an included file"),
    pytest.param({OWN: SOURCE + INCLUDE + inputs("  size = 5\n"), "live/root.hcl": inputs("  size = 6\n")}, "size", 9, OWN, "size = 5", "size = 9", id="shallow: the unit's own goes before"),
    pytest.param({OWN: SOURCE + INCLUDE + COMMON, "live/root.hcl": inputs("  size = 6\n"), "live/common.hcl": inputs("  size = 5\n")}, "size", 9, "live/common.hcl", "size = 5", "size = 9", id="the last include goes before"),
    pytest.param({OWN: SOURCE + INCLUDE, "live/root.hcl": "locals {\n  n = 5\n}\n" + inputs("  size = local.n\n")}, "size", 9, "live/root.hcl", "n = 5", "n = 9", id="local of an included file"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  tags = { Team = "a" }\n'), "live/root.hcl": inputs('  tags = { Env = "dev" }\n')}, "tags.Env", "prod", "live/root.hcl", '"dev"', '"prod"', id="deep: key of the included file"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  tags = { Team = "a" }\n'), "live/root.hcl": inputs('  tags = { Env = "dev", Team = "b" }\n')}, "tags.Team", "c", OWN, '"a"', '"c"', id="deep: key of both"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  tags = { Team = "a" }\n'), "live/root.hcl": inputs('  tags = { Env = "dev" }\n')}, "tags.New", "c", OWN, '{ Team = "a" }', '{ Team = "a", New = "c" }', id="deep: a new key"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  tags = { Team = "a" }\n'), "live/root.hcl": inputs('  tags = { Env = "dev" }\n')}, "tags", {"Team": "a", "Env": "prod"}, "live/root.hcl", '"dev"', '"prod"', id="deep: the whole map"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  tags = { Team = "a" }\n'), "live/root.hcl": inputs('  tags = { Env = "dev", Old = "x" }\n')}, "tags.Old", Mark.ABSENT, "live/root.hcl", ', Old = "x"', "", id="deep: a key that is gone"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  ids = ["b"]\n'), "live/root.hcl": inputs('  ids = ["a"]\n')}, "ids", ["a", "c"], OWN, '["b"]', '["c"]', id="deep: list, the unit's part"),
    pytest.param({OWN: SOURCE + DEEP + inputs('  ids = ["b"]\n'), "live/root.hcl": inputs('  ids = ["a"]\n')}, "ids", ["c", "b"], "live/root.hcl", '["a"]', '["c"]', id="deep: list, the included part"),
    pytest.param({OWN: SOURCE + EXPOSED + inputs("  size = include.root.locals.n\n"), "live/root.hcl": "locals {\n  n = 5\n}\n"}, "size", 9, "live/root.hcl", "n = 5", "n = 9", id="local of an exposed include"),
    pytest.param({OWN: SOURCE + BARE + inputs("  size = include.locals.n\n"), "live/root.hcl": "locals {\n  n = 5\n}\n"}, "size", 9, "live/root.hcl", "n = 5", "n = 9", id="local of a bare include"),
    pytest.param({OWN: SOURCE + EXPOSED + inputs("  size = include.root.inputs.n\n"), "live/root.hcl": inputs("  n = 5\n")}, "size", 9, "live/root.hcl", "n = 5", "n = 9", id="input of an exposed include"),
    pytest.param({OWN: SOURCE + READ + inputs("  size = local.env.locals.n\n"), "live/dev/env.hcl": "locals {\n  n = 5\n}\n"}, "size", 9, "live/dev/env.hcl", "n = 5", "n = 9", id="read_terragrunt_config: local"),
    pytest.param({OWN: SOURCE + READ + inputs("  size = local.env.inputs.n\n"), "live/dev/env.hcl": inputs("  n = 5\n")}, "size", 9, "live/dev/env.hcl", "n = 5", "n = 9", id="read_terragrunt_config: input"),
    pytest.param({OWN: SOURCE + 'inputs = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals\n', "live/dev/env.hcl": "locals {\n  size = 5\n}\n"}, "size", 9, "live/dev/env.hcl", "size = 5", "size = 9", id="read_terragrunt_config: all locals"),
    pytest.param({OWN: SOURCE + READ + "inputs = merge(local.env.locals, {\n  name = \"x\"\n})\n", "live/dev/env.hcl": "locals {\n  size = 5\n}\n"}, "size", 9, "live/dev/env.hcl", "size = 5", "size = 9", id="merge of a file's locals"),
    pytest.param({OWN: SOURCE + INCLUDE, "live/root.hcl": READ + inputs("  size = local.env.locals.n\n"), "live/dev/env.hcl": "locals {\n  n = 5\n}\n"}, "size", 9, "live/dev/env.hcl", "n = 5", "n = 9", id="a file that the included file reads"),
    pytest.param({OWN: SOURCE + 'feature "size" {\n  default = 5\n}\n' + inputs("  size = feature.size.value\n")}, "size", 9, OWN, "default = 5", "default = 9", id="default of a feature"),
    pytest.param({OWN: SOURCE + inputs("  size = 5\n"), f"{UNIT}/terraform.tfvars": "size = 6\n"}, "size", 9, f"{UNIT}/terraform.tfvars", "size = 6", "size = 9", id="tfvars go before inputs"),
    pytest.param({OWN: SOURCE + inputs("  size = 5\n"), "modules/app/a.auto.tfvars": "size = 6\n"}, "size", 9, "modules/app/a.auto.tfvars", "size = 6", "size = 9", id="tfvars of the module"),
    pytest.param({OWN: 'terraform {\n  source = "../../../modules/app"\n  extra_arguments "v" {\n    commands           = ["plan"]\n    required_var_files = ["../dev.tfvars"]\n  }\n}\n' + inputs("  size = 5\n"), "live/dev/dev.tfvars": "size = 6\n"}, "size", 9, "live/dev/dev.tfvars", "size = 6", "size = 9", id="variable file of extra_arguments"),
    pytest.param({OWN: SOURCE + inputs("  size = 5\n"), f"{UNIT}/terraform.tfvars.json": '{"size": 6}'}, "size", 9, f"{UNIT}/terraform.tfvars.json", "6", "9", id="variables in JSON"),
    pytest.param({OWN: inputs("  size = 5\n"), f"{UNIT}/main.tf": MODULE}, "size", 9, OWN, "size = 5", "size = 9", id="a unit that is its own module"),
    pytest.param({OWN: SOURCE + inputs("  size = 5\n"), f"{UNIT}/main.tf": MODULE.replace("var.size", "3")}, "size", 9, f"{UNIT}/main.tf", "size  = 3", "size  = 9", id="the unit's own file over the module's"),
]  # fmt: skip


def change_of(root: Path, files: dict[str, str], path: str, value: Any, **more: Any) -> Change:
    lay(root, {"modules/app/main.tf": MODULE, **files})
    return resource_change(terragrunt_unit(root, UNIT, **more), Address.parse(A), read_steps(path), value)


@pytest.mark.parametrize(("files", "path", "value", "file", "old", "new"), CASES)
def test_the_literal_changes_and_nothing_else(
    tmp_path: Path, files: dict[str, str], path: str, value: Any, file: str, old: str, new: str
) -> None:
    found = after(change_of(tmp_path, files, path, value))
    before = {"modules/app/main.tf": MODULE, **files}[file]

    assert before.count(old) == 1 or file.endswith("main.tf")
    assert found == (file, before.replace(old, new, 1))


REFUSED = [
    pytest.param({OWN: SOURCE + 'dependency "d" {\n  config_path = "../d"\n}\n' + inputs("  size = dependency.d.outputs.n\n"), "live/dev/d/terragrunt.hcl": ""}, "size", "from an output of another unit", id="dependency"),
    pytest.param({OWN: SOURCE + inputs('  size = get_env("SIZE", "5")\n')}, "size", "cannot be turned round", id="environment of Terragrunt"),
    pytest.param({OWN: 'terraform {\n  source = "git::https://example.org/app.git"\n}\n' + inputs("  size = 5\n")}, "size", "is not in the repo: its source has to change", id="remote module"),
    pytest.param({OWN: SOURCE + 'generate "x" {\n  path      = "x.tf"\n  if_exists = "overwrite"\n  contents  = <<-EOT\n    resource "aws_x" "a" {\n      size = 5\n    }\n  EOT\n}\n', "modules/app/main.tf": ""}, "size", 'x.tf is written by generate "x"', id="generated file"),
    pytest.param({OWN: 'terraform {\n  source = "../../../modules/app"\n  extra_arguments "v" {\n    commands = ["plan"]\n    env_vars = { TF_VAR_size = "5" }\n  }\n}\n'}, "size", "comes from extra_arguments (TF_VAR_size)", id="environment of extra_arguments"),
    pytest.param({OWN: SOURCE + EXPOSED + inputs("  size = include.root.terraform.source\n"), "live/root.hcl": 'terraform {\n  source = "/x"\n}\n'}, "size", "no local or input", id="another section of an include"),
    pytest.param({OWN: SOURCE + inputs("  size = local.n\n")}, "size", "is not defined", id="no such local"),
    pytest.param({OWN: SOURCE + "locals {\n  x = \n}\n"}, "size", "live/dev/app/terragrunt.hcl:", id="does not parse"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "path", "reason"), REFUSED)
def test_what_cannot_be_traced_says_why(tmp_path: Path, files: dict[str, str], path: str, reason: str) -> None:
    with pytest.raises(CannotTraceError) as caught:
        change_of(tmp_path, files, path, 9)
    assert reason in caught.value.message


def test_a_feature_given_on_the_command_line_is_no_source(tmp_path: Path) -> None:
    files = {OWN: SOURCE + 'feature "size" {\n  default = 5\n}\n' + inputs("  size = feature.size.value\n")}

    with pytest.raises(CannotTraceError, match="given on the command line"):
        change_of(tmp_path, files, "size", 9, size="6")


def test_the_environment_goes_before_inputs(tmp_path: Path) -> None:
    with pytest.raises(CannotTraceError, match="comes from the environment"):
        change_of(tmp_path, {OWN: SOURCE + inputs("  size = 5\n")}, "size", 9, env={"TF_VAR_size": "3"})


def test_a_generated_block_is_edited_where_it_is_written(tmp_path: Path) -> None:
    root = 'generate "x" {\n  path      = "x.tf"\n  if_exists = "overwrite"\n  contents  = "resource \\"aws_x\\" \\"a\\" {}"\n}\n'

    with pytest.raises(CannotTraceError) as caught:
        change_of(tmp_path, {OWN: SOURCE + INCLUDE, "live/root.hcl": root, "modules/app/main.tf": ""}, "size", 9)
    assert caught.value.next_step == "edit it by hand: live/root.hcl:1:1"
