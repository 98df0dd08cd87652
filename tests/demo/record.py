"""Records the plans that the package ships for `dg demo --recorded`: `python tests/demo/record.py`, about a minute."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driftgate import process
from driftgate.demo.layout import ROOT_MODULES, RootModule
from driftgate.demo.recorded import plan_file
from driftgate.demo.stage import Stage, applied, break_things

KEPT = ("format_version", "terraform_version", "resource_drift", "resource_changes", "prior_state", "configuration",
        "timestamp", "errored")  # fmt: skip
QUEUES = "https://sqs.us-east-1.amazonaws.com"


def trimmed(plan: bytes, endpoint: str) -> str:
    """The parts of a JSON plan that a scan reads, as if it had been made in AWS itself."""
    document = json.loads(plan.replace(endpoint.encode(), QUEUES.encode()))
    return json.dumps({key: document[key] for key in KEPT if key in document}, indent=1) + "\n"


@contextmanager
def say(name: str) -> Iterator[None]:
    sys.stderr.write(f"{name}\n")
    yield


def plan_of(stage: Stage, module: RootModule) -> bytes:
    tf, cwd = stage.terraform, stage.repo / module.path
    for words in (("plan", "-lock=false", "-input=false", "-out=demo.tfplan"), ("show", "-json", "demo.tfplan")):
        result = tf.run((tf.binary.path, *words), cwd=cwd, env=tf.env)
        assert result.ok, result.stderr.decode()
    return result.stdout


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        applied(Path(folder), env=os.environ, run=process.run, step=say) as stage,
    ):
        break_things(stage, say)
        for module in ROOT_MODULES:
            file = plan_file(module)
            file.parent.mkdir(exist_ok=True)
            file.write_text(trimmed(plan_of(stage, module), stage.aws.endpoint), encoding="utf-8")


if __name__ == "__main__":
    main()
