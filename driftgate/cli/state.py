"""`dg state`: the group; its commands stand in `commands.py`."""

from __future__ import annotations

import click

from driftgate.cli.commands import STATE
from driftgate.cli.lazy import LazyGroup

EPILOG = """\b
Examples:
  dg state list live/app
  dg state diff live/app@41                  what happened since serial 41
  dg state history live/app
  dg state rollback live/app --to 41         shown only; --yes writes
  dg state locks                             who holds which lock in this repo

\b
UNIT is a unit's folder or a state file; default: the unit you stand in.
Values that are secret are masked unless you say --reveal.
"""


@click.group(name="state", cls=LazyGroup, table=STATE, epilog=EPILOG)
def group() -> None:
    """Look into states and change them safely, whatever backend they live in."""
