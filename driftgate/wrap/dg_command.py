"""How to start this very dg again, from any folder and whatever PATH is then."""

from __future__ import annotations

import sys
from pathlib import Path


def dg_command() -> tuple[str, ...]:
    """The words that start the dg that runs now: its script, else its module without the current folder on sys.path."""
    script = Path(sys.executable).with_name("dg")
    if script.is_file():
        return (str(script),)
    return (sys.executable, "-P", "-m", "driftgate")
