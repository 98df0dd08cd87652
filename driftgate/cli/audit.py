"""`dg audit`: the group; its commands stand in `commands.py`. Which log they mean is found here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.commands import AUDIT
from driftgate.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from driftgate.settings.schema import AuditSettings

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\b
Examples:
  dg audit list --since 7d               who did what in the last week
  dg audit verify                        is the log whole? exit 2 names the first damage
  dg audit keygen audit.key              make a key; [audit] signing_key in .driftgate.toml has it used
  dg audit checkpoint --out head.json    sign the log as it is now, and take that elsewhere
  dg audit verify --checkpoint head.json hold the log against it
  dg audit export -o csv --out audit.csv

\b
Exit codes: 0 done, 1 error, 2 (verify) the log is damaged.
"""


@click.group(name="audit", cls=LazyGroup, table=AUDIT, epilog=EPILOG)
def group() -> None:
    """Read, check and sign the log of who changed what.

    Every write that driftgate makes, and every run of terraform that it stands around, is a record in a chain: who,
    what, where, why, and how it ended.
    """


def log_option(function: F) -> F:
    """`--log FILE`: another log than the one that is set."""
    return click.option(
        "--log",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="This log instead of the one that is set ([audit] path).",
    )(function)


def audit_settings() -> AuditSettings:
    """The settings in force. Raises SettingsError."""
    from driftgate.cli.settings import settings_in_force

    return settings_in_force().settings.audit


def log_file(given: Path | None) -> Path:
    """The log that is meant: the one given, else the one that is set, which need not be there yet.

    Raises DriftgateError when the one given is not there: that is no empty log.
    """
    from driftgate.errors import DriftgateError
    from driftgate.safety.open import audit_file

    if given and not given.exists():
        raise DriftgateError(f"there is no log {given}", next_step="name a file that exists, or leave --log out")
    return given or audit_file(audit_settings(), dict(os.environ))
