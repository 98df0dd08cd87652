"""Results to stdout or a file, talk to stderr."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from driftgate.errors import DriftgateError

if TYPE_CHECKING:
    from driftgate.report.formats import Look


def emit(text: str, out: Path | None, *, secret: bool = False) -> None:
    """Write a result to `out`, or to stdout; a file with a `secret` in it is 0600.

    Raises DriftgateError when the file cannot be written.
    """
    if not text.endswith("\n"):
        text += "\n"
    if out is None:
        click.echo(text, nl=False, color=True)  # the text carries colours only where they were wanted
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with open(out, "w", encoding="utf-8", opener=_private if secret else None) as file:
            file.write(text)
    except OSError as error:
        raise DriftgateError(
            f"cannot write {out}: {error.strerror}", next_step="name another file with --out"
        ) from None
    note(f"written to {out}")


def _private(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):  # no device, no pipe
        os.fchmod(descriptor, 0o600)
    return descriptor


def note(text: str) -> None:
    """One line of talk on stderr."""
    from driftgate.report.text import strip_controls

    click.echo(f"dg: {strip_controls(text)}", err=True)  # it may quote what a store said


def wants_color(out: Path | None = None, stream: TextIO | None = None) -> bool:
    """Whether to colour: never in files or under NO_COLOR, always under FORCE_COLOR, else on a terminal."""
    if out is not None or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def look(out: Path | None, template_dirs: tuple[Path, ...] = ()) -> Look:
    """How a report is to look here: the terminal's colours and width, the templates of the options or the settings."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.report.formats import Look

    report = settings_in_force().settings.report
    configured = (Path(report.template_dir),) if report.template_dir and not template_dirs else ()
    return Look(wants_color(out), width(), template_dirs or configured, report.show_values)


def width() -> int:
    """The columns to fill: the terminal's, between 80 and 140; 100 where there is no terminal."""
    return max(80, min(140, shutil.get_terminal_size((100, 24)).columns))
