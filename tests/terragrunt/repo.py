"""A Terragrunt repo that real terraform can apply without any provider, and how to apply its units."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from driftgate.discover.outputs import state_outputs
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.materialise import materialise
from driftgate.terragrunt.session import Session

FILES = {
    "root.hcl": """
remote_state {
  backend = "local"
  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
  config = { path = "${get_parent_terragrunt_dir()}/states/${path_relative_to_include()}/terraform.tfstate" }
}
generate "extra" {
  path      = "extra.tf"
  if_exists = "overwrite"
  contents  = "output \\"unit\\" {\\n  value = \\"${path_relative_to_include()}\\"\\n}\\n"
}
inputs = { env = "prod" }
""",
    "modules/net/main.tf": """
variable "env" {}
resource "terraform_data" "net" {
  input = var.env
}
output "id" {
  value = "net-${terraform_data.net.output}"
}
output "zones" {
  value = ["a", "b"]
}
output "password" {
  value     = "hunter2-canary"
  sensitive = true
}
""",
    "modules/app/main.tf": """
variable "env" {}
variable "net" {}
variable "zones" {
  type = list(string)
}
resource "terraform_data" "app" {
  for_each = toset(var.zones)
  input    = "${var.env}-${var.net}-${each.key}"
}
""",
    "live/net/terragrunt.hcl": """
include "root" {
  path = find_in_parent_folders("root.hcl")
}
terraform {
  source = "${get_repo_root()}/modules//net"
}
""",
    "live/app/terragrunt.hcl": """
include "root" {
  path = find_in_parent_folders("root.hcl")
}
terraform {
  source = "${get_repo_root()}/modules//app"
}
dependency "net" {
  config_path  = "../net"
  mock_outputs = { id = "mock", zones = ["m"] }
}
inputs = {
  net   = dependency.net.outputs.id
  zones = dependency.net.outputs.zones
  other = run_cmd("date")
}
""",
}


def lay_out(root: Path) -> Path:
    """Write the repo below `root`."""
    (root / ".git").mkdir(parents=True)
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def apply_unit(root: Path, unit: str, tree: Path) -> None:
    """Lay a unit out, and init and apply it with the real terraform."""
    env = dict(os.environ)
    session = Session(Files(root.as_posix()), env, command="apply")
    session = session.with_outputs(state_outputs(session))
    laid_out = materialise(open_unit(session, (root / unit).as_posix()), tree)
    for command in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        done = subprocess.run(
            ("terraform", *command),
            cwd=laid_out.folder,
            env={**env, **laid_out.env},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
