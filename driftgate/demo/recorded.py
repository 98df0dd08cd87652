"""What `terraform show -json` printed in this very demo, for where it cannot run.

`tests/demo/record.py` makes the recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from driftgate.demo.layout import PENDING, RootModule, change_code, lay_out, select_workspaces
from driftgate.process import Runner

PLANS = Path(__file__).parent / "recorded"


def lay_out_recorded(repo: Path, *, env: Mapping[str, str], run: Runner) -> None:
    """The repo as the recorded plans saw it: workspaces selected, the unapplied change made."""
    lay_out(repo, env=env, run=run)
    select_workspaces(repo)
    change_code(repo, PENDING, env=env, run=run)


def plan_file(module: RootModule) -> Path:
    """The recorded JSON plan of a root module."""
    return PLANS / f"{Path(module.path).name}.json"
