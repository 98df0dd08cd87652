"""`dg config`: which settings are in force, where each comes from, and whether they are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg config show --origin        every setting, its value and where that comes from
  dg config validate             check the repo's file; exit 1 names what is wrong
  dg config schema > schema.json for editors
  dg config path                 the files that are read

\b
A flag wins over DG_<SECTION>_<KEY>, that over the repo's .driftgate.toml (or [tool.driftgate] in pyproject.toml), that
over the user's driftgate/config.toml, that over the default.
"""


@click.group(name="config", epilog=EPILOG)
def group() -> None:
    """Show, check and explain the settings in force."""


@group.command(epilog=EPILOG)
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@output_options(["table", "json"])
def show(origin: bool, output: str, out: Path | None) -> int:
    """Show every setting and its value."""
    from driftgate.cli.emit import emit
    from driftgate.cli.settings import settings_in_force
    from driftgate.settings.load import DEFAULT, keys

    loaded = settings_in_force()
    rows = [
        {
            "key": f"{section}.{key}",
            "value": _plain(getattr(getattr(loaded.settings, section), key)),
            "origin": loaded.origin.get(f"{section}.{key}", DEFAULT),
        }
        for section, key, _, _ in keys()
    ]
    if output == "json":
        emit(json.dumps({"format_version": "1.0", "settings": rows}, indent=2, ensure_ascii=False), out)
        return ExitCode.CLEAN
    lines = [f"{row['key']:<24} {json.dumps(row['value'], ensure_ascii=False)}" for row in rows]
    if origin:
        width = max(map(len, lines))
        lines = [f"{line:<{width}}  {row['origin']}" for line, row in zip(lines, rows, strict=True)]
    emit("\n".join(lines), out)
    return ExitCode.CLEAN


@group.command(epilog=EPILOG)
def validate() -> int:
    """Check every settings file and variable; wrong ones are named with what would be right."""
    from driftgate.cli.emit import emit
    from driftgate.cli.settings import settings_in_force

    loaded = settings_in_force()
    emit("\n".join(f"{file}: fine" for file in loaded.files) or "no settings file: the defaults are in force", None)
    return ExitCode.CLEAN


@group.command(epilog=EPILOG)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write it to FILE.")
def schema(out: Path | None) -> int:
    """Print the JSON Schema of the settings file."""
    import msgspec

    from driftgate.cli.emit import emit
    from driftgate.settings.schema import Settings

    emit(json.dumps(msgspec.json.schema(Settings), indent=2), out)
    return ExitCode.CLEAN


@group.command(epilog=EPILOG)
def path() -> int:
    """Print the settings files that are read, the strongest last."""
    from driftgate.cli.emit import emit, note
    from driftgate.cli.settings import settings_in_force

    files = settings_in_force().files
    if files:
        emit("\n".join(map(str, files)), None)
    else:
        note("no settings file: the defaults are in force; `dg init` writes one")
    return ExitCode.CLEAN


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)
