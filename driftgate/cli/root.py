"""The root click group: global options and lazily loaded commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from driftgate import __version__
from driftgate.cli.commands import COMMANDS
from driftgate.cli.lazy import LazyGroup

SETTINGS_AS_DEFAULTS = ("drift",)
"""Commands with options whose defaults can be set in a file."""

EPILOG = """\b
Examples:
  dg demo                        see everything, without a cloud account
  dg discover                    which state lives where
  dg drift scan                  what drifted, in every unit of this repo
  dg drift scan live/prod -o json
  dg terraform apply             what you type anyway, with dg around it

\b
Exit codes: 0 clean, 1 error, 2 findings, 4 locked, 5 approval needed, 64 usage, 130 interrupted.
"""


def _change_directory(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None:
        os.chdir(value)
    return value


def _config(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None:
        os.environ["DG_CONFIG"] = str(value.resolve())  # for whatever `dg` this one starts, too
    return value


def _no_color(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    if value:
        ctx.color = False
        os.environ["NO_COLOR"] = "1"
    return value


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "DG", "max_content_width": 100},
)
@click.version_option(__version__, message="dg %(version)s")
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=_change_directory,
    expose_value=False,
    is_eager=True,
    help="Run as if started in DIR.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_config,
    expose_value=False,
    help="Settings from FILE instead of the repo's .driftgate.toml.",
)
@click.option("--no-color", is_flag=True, callback=_no_color, expose_value=False, help="No colours (as NO_COLOR does).")
def root(**_unused: Any) -> None:
    """Keeps Terraform, OpenTofu and Terragrunt honest: which state lives where, what drifted, and why."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand in SETTINGS_AS_DEFAULTS:
        from driftgate.cli.settings import option_defaults

        ctx.default_map = option_defaults()
