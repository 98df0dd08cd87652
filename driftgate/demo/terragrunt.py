"""The demo's Terragrunt repo, and how some units of it are applied: as a run-all would, without Terragrunt."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from driftgate.demo.aws import EmbeddedAws
from driftgate.demo.terraform import init, terraform
from driftgate.discover.outputs import state_outputs
from driftgate.discover.units import discover
from driftgate.graph.dag import queue
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.materialise import Materialised, materialise
from driftgate.terragrunt.session import Session
from driftgate.tfexec.reads import Terraform
from driftgate.unit import Unit

ACCOUNTS = ("dev", "prod", "staging")
UNIT = "live/dev/us-east-1/network"
"""The one that the demo applies and tampers with: more would take more than a minute."""


def example() -> Path:
    """The layout: inside the installed package, or in a source checkout."""
    packaged = Path(str(files("driftgate"))) / "examples/terragrunt-live"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples/terragrunt-live"


def lay_out_live(repo: Path) -> None:
    """Copy the layout to `repo`, which must not exist yet."""
    shutil.copytree(example(), repo)
    (repo / ".git").mkdir(exist_ok=True)  # where a repo ends


def create_state_buckets(aws: EmbeddedAws) -> None:
    """The buckets that `root.hcl` names, one for each account."""
    for account in ACCOUNTS:
        aws.client("s3").create_bucket(Bucket=f"acme-{account}-state")


def apply_units(tf: Terraform, wanted: Sequence[str], trees: Path, *, parallelism: int = 2) -> None:
    """Apply these units of the repo in `tf.cwd`, laid out below `trees`, each when those it waits for are done.

    A unit sees the real outputs of the others. Raises ToolError when an apply fails, NoTerraformError when an init
    does.
    """
    units = {str(unit.path): unit for unit in discover(tf.cwd, env=tf.env) if str(unit.path) in wanted}
    done: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(parallelism) as pool:
        for level in queue(list(units.values())).levels:  # those that are waited for were begun before
            for path in level:
                before = [done[str(one.unit)] for one in units[path].dependencies if str(one.unit) in done]
                done[path] = pool.submit(_apply, tf, units[path], trees / path, before)
    for future in done.values():
        future.result()


def rename_network(aws: EmbeddedAws) -> None:
    """What somebody did by hand to the VPC of `UNIT`."""
    ec2 = aws.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["dev-use1"]}])["Vpcs"]
    ec2.create_tags(Resources=[vpcs[0]["VpcId"]], Tags=[{"Key": "Name", "Value": "legacy"}])


def _apply(tf: Terraform, unit: Unit, tree: Path, before: Sequence[Future[None]]) -> None:
    for future in before:
        future.result()
    laid_out = _laid_out(tf, unit, tree)
    here = replace(tf, cwd=laid_out.folder, env={**tf.env, **laid_out.env})
    init(here)
    terraform(here, "apply", "-auto-approve", "-input=false", "-no-color")


def _laid_out(tf: Terraform, unit: Unit, tree: Path) -> Materialised:
    session = Session(Files(tf.cwd.as_posix()), tf.env, command="apply")
    session = session.with_outputs(state_outputs(session))
    return materialise(open_unit(session, (tf.cwd / unit.path).as_posix()), tree, tool=tf.binary.name)
