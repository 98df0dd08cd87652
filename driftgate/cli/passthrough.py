"""`dg terraform|tofu|terragrunt`: here for the help only, `cli/main.py` takes these words before click can see them."""

from __future__ import annotations

import click

from driftgate.wrap.front import Front
from driftgate.wrap.passthrough import passthrough

EPILOG = """\b
Options of dg's own stand before the tool's name, or are variables:
  -C DIR          run as if started in DIR
  --reason TEXT   why, for the audit log (DG_REASON)
  --no-backup     no backup of the state before this run (DG_WRAP_BACKUP=false)
  --gate MODE     off, observe or enforce (DG_GATE_MODE)
  --config FILE   settings from FILE (DG_CONFIG)
DG_DISABLE=1 makes dg step aside completely.

\b
Examples:
  dg {tool} plan
  dg -C live/prod {tool} apply -auto-approve
  dg --reason CHG-1234 {tool} apply
"""


def _tool(name: str, title: str, more: str) -> click.Command:
    def run(arguments: tuple[str, ...]) -> int:
        return passthrough(Front(name, list(arguments), "", {}))

    return click.Command(
        name,
        callback=run,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar="ARGUMENTS...")],
        help=(
            f"Run {title} as if dg were not there: same arguments, prompts, colours, signals and exit code.\n\n{more}"
        ),
        short_help=f"Run {title} behind dg.",
        epilog=EPILOG.format(tool=name),
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )


AROUND = (
    "Around a command that changes something (apply, destroy, import, state mv, …) the state is backed up before, what "
    "changed in it is said on stderr after, and both are recorded in the audit log."
)
UNITS = (
    "Every unit's terraform or tofu goes through dg: each state is backed up before it changes, and a summary per unit "
    "comes at the end, on stderr. `run-all` is translated for a Terragrunt that no longer knows it."
)

terraform = _tool("terraform", "Terraform", AROUND)
tofu = _tool("tofu", "OpenTofu", AROUND)
terragrunt = _tool("terragrunt", "Terragrunt", UNITS)
