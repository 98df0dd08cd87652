"""`dg shim`: put dg in front of terraform, tofu and terragrunt for whatever calls them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.options import output_options
from driftgate.errors import ExitCode
from driftgate.wrap.front import TOOLS

if TYPE_CHECKING:
    from driftgate.wrap.shims import ShimStatus

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\b
Examples:
  dg shim install                       write the shims
  export PATH="$(dg shim path):$PATH"   and use them, in this shell
  dg shim status                        who would run now
  dg shim uninstall                     take them away again

\b
Exit codes: 0 done, 1 error, 2 (status) installed but not first on PATH.
"""


def _folder_option(function: F) -> F:
    return click.option(
        "--dir",
        "folder",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the shims. Default: `driftgate/shims` in the user's data folder.",
    )(function)


@click.group(name="shim", epilog=EPILOG)
def group() -> None:
    """Put dg in front of terraform, tofu and terragrunt for whatever calls them.

    A shim is a script of the tool's name that runs `dg TOOL`. With their folder first on PATH, Makefiles, scripts and
    Terragrunt go through dg without being changed. DG_DISABLE=1 makes every shim step aside.
    """


@group.command(name="install", epilog=EPILOG)
@_folder_option
@click.option(
    "--tools",
    metavar="A,B",
    default=",".join(TOOLS),
    show_default=True,
    help="For these, as far as they are installed.",
)
def install(folder: Path | None, tools: str) -> int:
    """Write the shims and say what to put on PATH."""
    from driftgate.cli.emit import note
    from driftgate.wrap.dg_command import dg_command
    from driftgate.wrap.shims import install as write

    wanted = [tool.strip() for tool in tools.split(",") if tool.strip()]
    unknown = [tool for tool in wanted if tool not in TOOLS]
    if unknown:
        raise click.UsageError(f"--tools: {unknown[0]} is none of {', '.join(TOOLS)}")
    place = _folder(folder)
    written = write(place, wanted, dg=dg_command(), env=os.environ)
    for path in written:
        note(f"written {path}")
    missing = sorted({*wanted} - {path.name for path in written})
    if missing:
        note(f"not installed, so without a shim: {', '.join(missing)}")
    note(f'now put the folder first on PATH: export PATH="{place}:$PATH"')
    return ExitCode.CLEAN


@group.command(name="uninstall", epilog=EPILOG)
@_folder_option
def uninstall(folder: Path | None) -> int:
    """Remove the shims, and nothing else."""
    from driftgate.cli.emit import note
    from driftgate.wrap.shims import uninstall as remove

    removed = remove(_folder(folder))
    for path in removed:
        note(f"removed {path}")
    if not removed:
        note(f"no shims in {_folder(folder)}")
    return ExitCode.CLEAN


@group.command(name="path", epilog=EPILOG)
@_folder_option
def path(folder: Path | None) -> int:
    """Print the folder of the shims, for PATH."""
    click.echo(str(_folder(folder)))
    return ExitCode.CLEAN


@group.command(name="status", epilog=EPILOG)
@_folder_option
@output_options(["table", "json"])
def status(folder: Path | None, output: str, out: Path | None) -> int:
    """Show which tools have a shim, whether it is the first on PATH, and the real program behind it."""
    from driftgate.cli.emit import emit
    from driftgate.wrap.shims import status as look

    found = look(_folder(folder), os.environ)
    emit(_json(found) if output == "json" else _table(found), out)
    return ExitCode.FINDINGS if any(item.shim and not item.first for item in found) else ExitCode.CLEAN


def _folder(given: Path | None) -> Path:
    from driftgate.wrap.shims import default_folder

    return (given or default_folder(os.environ)).resolve()


def _table(found: Sequence[ShimStatus]) -> str:
    if not found:
        return "no shims, and none of the tools is on PATH"
    return "\n".join(f"{item.tool:<11} {_says(item)}" for item in found)


def _says(item: ShimStatus) -> str:
    if item.shim is None:
        return f"no shim; {item.real} runs"
    if item.real is None:
        return f"{item.shim} has no {item.tool} behind it"
    return f"dg runs, then {item.real}" if item.first else f"{item.shim} is not first on PATH"


def _json(found: Sequence[ShimStatus]) -> str:
    rows = [
        {"tool": i.tool, "shim": str(i.shim) if i.shim else None, "first_on_path": i.first, "real": i.real}
        for i in found
    ]
    return json.dumps({"format_version": "1.0", "tools": rows}, indent=2, ensure_ascii=False)
