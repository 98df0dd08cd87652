"""`dg remediate`: the group; its commands stand in `commands.py`. The options that both have are here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from driftgate.cli.commands import REMEDIATE
from driftgate.cli.lazy import LazyGroup
from driftgate.cli.options import parallelism_option, unit_options, var_file_option

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\b
Examples:
  dg remediate plan                     what closes each finding: commands, risk, undo
  dg remediate patch                    make the code say what is live, as a patch that a plan has proved
  dg remediate patch | git apply        ... and take it
  dg remediate pr                       ... or propose it: a branch, and a pull or merge request
  dg remediate apply fix.json --yes     take the steps of `dg remediate plan -o json --out fix.json`
  dg remediate rollback RUN --yes       undo what can be undone of it
"""


@click.group(name="remediate", cls=LazyGroup, table=REMEDIATE, epilog=EPILOG)
def group() -> None:
    """Close what a scan found: a plan of steps, proven patches of the code, and their execution."""


def scan_options(function: F) -> F:
    """What is scanned, and how wide patches may reach: `paths`, `wide`, `parallelism`, and what `wire` takes."""
    for option in (
        parallelism_option(4),
        click.option("--wide", is_flag=True, help="Also change literals that feed other attributes."),
        var_file_option,
        unit_options,
        click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path)),
    ):
        function = option(function)
    return function


def patch_options(function: F) -> F:
    """`scan_options`, and `no_verify`."""
    verify = click.option("--no-verify", is_flag=True, help="Do not plan the patched copy: patches are not proved.")
    return scan_options(verify(function))
