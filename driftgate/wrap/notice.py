"""What dg itself says during a passthrough: always on stderr, always beginning with `dg:`. Light, no secrets."""

from __future__ import annotations

import os
import sys


def refuse(message: str, next_step: str = "") -> int:
    """Say why the tool was not run; the exit code that both terraform and Terragrunt take for a failure."""
    say(f"error: {message}", next_step)
    return 1


def say(message: str, next_step: str = "") -> None:
    """One line, with a next step under it."""
    tell(f"dg: {message}\n" + (f"  → {next_step}\n" if next_step else ""))


def tell(text: str) -> None:
    """Write to stderr. One that takes nothing (a full disk, a reader that is gone) changes nothing else, and not the
    exit code: Python would make it 120 for what is left unsaid."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # from here on nobody is told anything
