"""`dg drift`: the group; its commands stand in `commands.py`."""

from __future__ import annotations

import click

from driftgate.cli.commands import DRIFT
from driftgate.cli.lazy import LazyGroup

EPILOG = """\b
Examples:
  dg drift scan                     every unit of the repo you stand in
  dg drift scan live/prod -o html --out drift.html
  dg drift show                     what is remembered: since when, how often, who is on it
  dg drift ack aws_sqs_queue.jobs --until 2027-01-31 --reason 'being moved' --yes
  dg drift ignore 'module.web.*.tags' --reason 'tagged by hand' --yes
"""


@click.group(name="drift", cls=LazyGroup, table=DRIFT, epilog=EPILOG)
def group() -> None:
    """Tell what changed in the cloud from code that was not applied."""
