"""`dg exec`: run any command with the shims first on PATH."""

from __future__ import annotations

import os
from pathlib import Path

import click

EPILOG = """\b
Examples:
  dg exec -- make deploy             whatever it runs of terraform goes through dg
  dg exec -- atlantis server
  DG_REASON=CHG-1234 dg exec -- ./deploy.sh

\b
Exit code: the command's own; 1 when it cannot be run.
"""


@click.command(
    name="exec", epilog=EPILOG, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def command(command: tuple[str, ...]) -> int:
    """Run COMMAND in dg's place, with shims for terraform, tofu and terragrunt first on its PATH."""
    from driftgate.settings.load import anchored
    from driftgate.wrap.dg_command import dg_command
    from driftgate.wrap.passthrough import become
    from driftgate.wrap.shims import behind_shims, own_shims

    env = anchored(os.environ, Path.cwd())
    become(command[0], list(command), behind_shims(own_shims(os.environ, dg_command()), env))
