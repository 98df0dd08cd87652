"""`dg state push`: a state file in the place of the stored state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from driftgate.cli.options import unit_argument
from driftgate.cli.state_write import DRY_RUN, guarded_write, write_options

EPILOG = f"""\b
Examples:
  dg state push fixed.tfstate live/app         show what that would change
  dg state push fixed.tfstate live/app --yes
  dg state pull --reveal | edit | dg state push - --yes

{DRY_RUN}
\b
The rules are terraform's: the same lineage, and a greater serial unless the content is the same. What is stored is the
file, byte for byte; `terraform state push` would add 1 to its serial and drop fields that it does not know.
"""


@click.command(name="push", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@unit_argument
@click.option("--force", is_flag=True, help="Whatever lineage and serial say, and over bytes that are no state.")
@write_options
def push(file: Path, target: Path, force: bool, **options: Any) -> int:
    """Store a state file in the place of a unit's state."""
    from driftgate.state.diagnose import RESTORE
    from driftgate.state.file import StateError
    from driftgate.state.parse import parse_state
    from driftgate.state.successor import check_successor
    from driftgate.state.writer import Intent

    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    another = "name a file that `dg state pull --reveal` made"
    if not data.strip():
        raise StateError(f"{file} is empty: that is no state", next_step=another)
    try:
        parse_state(data, str(file))
    except StateError as error:
        if RESTORE not in error.next_step:
            raise
        raise StateError(error.message, next_step=another) from error
    check = _anything if force else check_successor
    return guarded_write(target, Intent("state push", lambda current: data, check, over_unusable=force), **options)


def _anything(_new: object, _current: object) -> None:
    """--force: no rule."""
