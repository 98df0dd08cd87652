"""Terragrunt: discovery, backends and edges of 200, 1,000 and 5,000 units, against python-hcl2 parsing their files."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.row import Row, wall

BUDGETS = {200: 1.0, 1000: 1.0, 5000: 5.0}
TIMES = 3
PER_ENVIRONMENT = 25

ROOT = """\
locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl")).locals
  region  = read_terragrunt_config(find_in_parent_folders("region.hcl")).locals
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  prefix  = "acme-${local.account.name}-${local.region.name}"
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<EOF
provider "aws" {
  region              = "${local.region.name}"
  allowed_account_ids = ["${local.account.id}"]
}
EOF
}

remote_state {
  backend = "s3"
  config = {
    encrypt      = true
    bucket       = "${local.prefix}-state"
    key          = "${path_relative_to_include()}/terraform.tfstate"
    region       = local.region.name
    use_lockfile = true
  }
  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
}

inputs = merge(local.account, local.region, local.env)
"""
COMMON = """\
locals {
  env    = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  source = "git::https://example.com/modules.git//part"
}

inputs = {
  name    = "part-${local.env.environment}"
  storage = 10
}
"""
UNIT = """\
include "root" {{
  path = find_in_parent_folders("root.hcl")
}}

include "common" {{
  path   = "${{dirname(find_in_parent_folders("root.hcl"))}}/_common/part{common}.hcl"
  expose = true
}}

terraform {{
  source = "${{include.common.locals.source}}?ref=v0.8.{number}"
}}
{dependency}
inputs = {{
  instance_type = "t3.medium"
  min_size      = {number}
  vpc_id        = {vpc}
  tags          = {{ Unit = "unit{number}" }}
}}
"""
DEPENDENCY = """\
dependency "before" {{
  config_path = "../unit{before}"

  mock_outputs = {{
    vpc_id  = "vpc-0"
    subnets = ["a", "b"]
  }}
  mock_outputs_allowed_terraform_commands = ["validate", "plan"]
}}
"""


def lay_out(root: Path, count: int) -> None:
    """Accounts of two regions of two environments of 25 units, each unit waiting for the one before it."""
    (root / ".git").mkdir(parents=True)
    (root / "_common").mkdir()
    (root / "root.hcl").write_text(ROOT)
    for number in range(20):
        (root / f"_common/part{number}.hcl").write_text(COMMON)
    for unit in range(count):
        environment, number = divmod(unit, PER_ENVIRONMENT)
        account, rest = divmod(environment, 4)
        region, name = ("us-east-1", "eu-west-1")[rest // 2], ("qa", "prod")[rest % 2]
        top = root / f"account{account}"
        folder = top / region / name / f"unit{number}"
        folder.mkdir(parents=True)
        (top / "account.hcl").write_text(f'locals {{\n  name = "account{account}"\n  id = "{account:012d}"\n}}\n')
        (top / region / "region.hcl").write_text(f'locals {{\n  name = "{region}"\n}}\n')
        (top / region / name / "env.hcl").write_text(f'locals {{\n  environment = "{name}"\n}}\n')
        dependency = DEPENDENCY.format(before=number - 1) if number else ""
        vpc = "dependency.before.outputs.vpc_id" if number else '"vpc-0"'
        text = UNIT.format(common=number % 20, number=number, dependency=dependency, vpc=vpc)
        (folder / "terragrunt.hcl").write_text(text)


OURS = """
import os, resource, sys
from pathlib import Path
from driftgate.discover.units import discover
units = discover(Path(sys.argv[1]), env={})
assert len(units) == int(sys.argv[2]), len(units)
assert all(unit.location and not unit.error for unit in units), units[0]
assert sum(len(unit.dependencies) for unit in units) == len(units) * 24 // 25
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
RIVAL = """
import sys
from pathlib import Path
import hcl2
for file in sorted(Path(sys.argv[1]).rglob("*.hcl")):
    hcl2.loads(file.read_text())
"""


def rows() -> list[Row]:
    found = []
    for count, budget in BUDGETS.items():
        with tempfile.TemporaryDirectory(prefix="driftgate-bench-") as folder:
            lay_out(Path(folder), count)
            argv = (sys.executable, "-c", OURS, folder, str(count))
            ours = sorted(wall(argv) for _ in range(TIMES))[TIMES // 2]
            memory = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
            rival = wall((sys.executable, "-c", RIVAL, folder)) if count <= 1000 else 0.0
            what = f"discover {count:,} Terragrunt units ({memory} MB)"
            rival_name = "python-hcl2 parsing their files" if rival else "(not run)"
            found.append(Row(what, ours, rival_name, rival, "s", f"≤ {budget:.0f} s", ours <= budget))
    return found
