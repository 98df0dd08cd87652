"""Discovery: 1,000 modules of a synthetic repo, against parsing its files once with python-hcl2."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.row import Row, wall

MODULES = 1000
BUDGET = 1.0
TIMES = 5

BACKEND = """\
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }}
  }}

  backend "s3" {{
    bucket       = "state-{region}"
    key          = "{name}/terraform.tfstate"
    region       = "{region}"
    use_lockfile = true
  }}
}}

provider "aws" {{
  region = var.region
}}
"""
MAIN = """\
locals {{
  name = "{name}"
  tags = merge(var.tags, {{ Unit = local.name, Team = "platform" }})
}}

module "service" {{
  source = "../../modules/service-{number}"
  name   = local.name
  tags   = local.tags
}}

resource "aws_sqs_queue" "jobs" {{
  for_each                  = toset(["high", "low"])
  name                      = "${{local.name}}-${{each.key}}"
  message_retention_seconds = 86400
  tags                      = local.tags

  lifecycle {{
    ignore_changes = [tags["Owner"]]
  }}
}}

data "terraform_remote_state" "network" {{
  backend = "s3"
  config = {{
    bucket = "state-{region}"
    key    = "unit-0/terraform.tfstate"
    region = "{region}"
  }}
}}
"""
VARIABLES = (
    'variable "region" {\n  default = "eu-west-1"\n}\n\nvariable "tags" {\n  type    = map(string)\n  default = {}\n}\n'
)
SERVICE = """\
variable "name" {}
variable "tags" {}

resource "aws_iam_role" "this" {
  name               = var.name
  tags               = var.tags
  assume_role_policy = jsonencode({ Version = "2012-10-17" })
}
"""


def lay_out(root: Path, modules: int = MODULES) -> None:
    """Units, one module in twenty that they call, three files a unit."""
    for number in range(modules // 20):
        folder = root / f"modules/service-{number}"
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(SERVICE)
    for number in range(modules - modules // 20):
        name, region = f"unit-{number}", ("eu-west-1", "us-east-1")[number % 2]
        folder = root / "live" / name
        folder.mkdir(parents=True)
        (folder / "backend.tf").write_text(BACKEND.format(name=name, region=region))
        (folder / "main.tf").write_text(MAIN.format(name=name, region=region, number=number % (modules // 20)))
        (folder / "variables.tf").write_text(VARIABLES)
    (root / ".git").mkdir()


OURS = """
import os, sys
from pathlib import Path
from driftgate.discover.units import discover
units = discover(Path(sys.argv[1]), env={})
assert len(units) == 950, len(units)
assert all(unit.location and not unit.error for unit in units)
"""
RIVAL = """
import sys
from pathlib import Path
import hcl2
for file in sorted(Path(sys.argv[1]).rglob("*.tf")):
    hcl2.loads(file.read_text())
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="driftgate-bench-") as folder:
        lay_out(Path(folder))
        ours = sorted(wall((sys.executable, "-c", OURS, folder)) for _ in range(TIMES))[TIMES // 2]
        rival = wall((sys.executable, "-c", RIVAL, folder))  # once: it takes its time
    return [
        Row(
            "discover 1,000 modules",
            ours,
            "python-hcl2 parsing its files",
            rival,
            "s",
            f"≤ {BUDGET:.0f} s",
            ours <= BUDGET,
        )
    ]
