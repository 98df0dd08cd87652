"""What dg itself says during a passthrough: always on stderr, always beginning with `dg:`. Light, no secrets."""

from __future__ import annotations

import sys


def refuse(message: str, next_step: str = "") -> int:
    """Say why the tool was not run; the exit code that both terraform and Terragrunt take for a failure."""
    say(f"error: {message}", next_step)
    return 1


def say(message: str, next_step: str = "") -> None:
    """One line, with a next step under it."""
    sys.stderr.write(f"dg: {message}\n" + (f"  → {next_step}\n" if next_step else ""))
    sys.stderr.flush()
