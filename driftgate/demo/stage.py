"""Sets the demo's stage: the repo applied by the real terraform to the embedded AWS, progress told step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from driftgate import process
from driftgate.demo.aws import EmbeddedAws, embedded_aws, require_moto
from driftgate.demo.environment import own_environment
from driftgate.demo.layout import APP, DATA, NETWORK, PENDING, RootModule, change_code, commit, lay_out
from driftgate.demo.tamper import TAMPERS
from driftgate.demo.terraform import find_terraform, init, install_provider, terraform
from driftgate.demo.terragrunt import UNIT, apply_units, create_state_buckets, lay_out_live, rename_network
from driftgate.process import Runner
from driftgate.tfexec.reads import Terraform
from driftgate.threads import awaited

STATE_BUCKET = "shop-terraform-state"
QUEUE = "shop-orders"

Step = Callable[[str], AbstractContextManager[None]]
"""Wraps one step of the demo, named for the user; steps may run at the same time in several threads."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: a repo, the terraform (with its environment) that applied it, the AWS that it runs on.

    `live` is a second repo, of Terragrunt units.
    """

    repo: Path
    terraform: Terraform
    aws: EmbeddedAws

    @property
    def live(self) -> Path:
        """Beside the first."""
        return self.repo.parent / "terragrunt-live"


@contextmanager
def applied(folder: Path, *, env: Mapping[str, str], run: Runner, step: Step) -> Iterator[Stage]:
    """`folder/repo`, applied to an embedded AWS that lives as long as the block; `env` is the user's environment.

    Raises NoTerraformError without a terraform or its AWS provider, MissingExtra without moto, ToolError when an apply
    fails.
    """
    own = own_environment(env, folder)
    repo = folder / "repo"
    tf = Terraform(find_terraform(own, run), repo, own, run)
    require_moto()
    with step("lay out a repo of three root modules and one of Terragrunt units"):
        lay_out(repo, env=own, run=run)
        lay_out_live(folder / "terragrunt-live")
    with step("find the AWS provider"):
        install_provider(tf, repo / NETWORK.path / "terraform.tf", env=env)
    with ExitStack() as stack:
        with step("start an embedded AWS (moto)"):
            aws = stack.enter_context(embedded_aws(folder, env))
            create_what_was_there(aws)
            create_state_buckets(aws)
        stage = Stage(repo, Terraform(tf.binary, repo, own | aws.settings, run), aws)
        apply_all(stage, step)
        commit(repo, "Lock the AWS provider", env=own, run=run)
        yield stage


def create_what_was_there(aws: EmbeddedAws) -> None:
    """The versioned state bucket, and a queue that is older than the code.

    The queue fits the code, which imports it: terraform waits 25 s for SQS whenever it creates or changes one.
    """
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    aws.client("sqs").create_queue(
        QueueName=QUEUE,
        Attributes={"MaximumMessageSize": "262144", "MessageRetentionPeriod": "1209600", "VisibilityTimeout": "60"},
        tags={"Project": "shop", "ManagedBy": "terraform"},
    )


def apply_all(stage: Stage, step: Step) -> None:
    """`init` and `apply` every root module; `live/app` waits for the outputs of `live/network`.

    Raises NoTerraformError when an init fails, ToolError when an apply does. An interrupt ends terraform at once.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(_network_then_app, stage, step), pool.submit(_apply, stage, DATA, step)]
        futures.append(pool.submit(_apply_live, stage, step))
        try:
            for future in futures:
                awaited(future)
        except KeyboardInterrupt:
            process.stop_children()
            raise


def break_things(stage: Stage, step: Step) -> None:
    """Change the world behind Terraform's back, and the code without applying it."""
    with step(f"change {len(TAMPERS)} things behind Terraform's back"):
        for tamper in TAMPERS:
            tamper.do(stage.aws)
        rename_network(stage.aws)
    with step("merge a change of the code, and do not apply it"):
        change_code(stage.repo, PENDING, env=stage.terraform.env, run=stage.terraform.run)


def _apply_live(stage: Stage, step: Step) -> None:
    with step(f"{stage.terraform.binary.name} init, apply {UNIT} of the Terragrunt repo, without Terragrunt"):
        apply_units(replace(stage.terraform, cwd=stage.live), [UNIT], stage.repo.parent / "trees")


def _network_then_app(stage: Stage, step: Step) -> None:
    _apply(stage, NETWORK, step)
    queue_url = stage.aws.client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]
    imports = stage.repo / APP.path / "imports.tf"
    imports.write_text(f'import {{\n  to = aws_sqs_queue.orders\n  id = "{queue_url}"\n}}\n', encoding="utf-8")
    _apply(stage, APP, step)
    imports.unlink()


def _apply(stage: Stage, module: RootModule, step: Step) -> None:
    parent = stage.terraform
    tf = Terraform(parent.binary, stage.repo / module.path, parent.env, parent.run)
    workspace = "" if module.workspace == "default" else f" in workspace {module.workspace}"
    with step(f"{tf.binary.name} init, apply {module.path}{workspace}"):
        init(tf, *module.init)
        if workspace:
            terraform(tf, "workspace", "new", module.workspace)
        terraform(tf, "apply", "-auto-approve", "-input=false", "-no-color")
