"""`dg backend`: the group; its commands stand in `commands.py`."""

from __future__ import annotations

import click

from driftgate.cli.commands import BACKEND
from driftgate.cli.lazy import LazyGroup

EPILOG = """\b
Examples:
  dg backend check live/app         is the state encrypted, versioned, locked; what may we do there
  dg discover                       which backend every unit has
"""


@click.group(name="backend", cls=LazyGroup, table=BACKEND, epilog=EPILOG)
def group() -> None:
    """Look after the backends that keep the states."""
