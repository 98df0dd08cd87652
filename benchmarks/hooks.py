"""The offline hooks on a repo of 300 units for a one-file change, in processor time, against python-hcl2 reading it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.discovery import RIVAL, lay_out
from benchmarks.row import Row, cpu

UNITS = 300
BUDGET = 0.3
TIMES = 5
HOOKS = {
    "dg-config": ".driftgate.toml",
    "dg-no-state": "live/unit-7/backend.tf",
    "dg-backend": "live/unit-7/backend.tf",
    "dg-fmt-ignore": "",
}


# The synthetic backends do not ask for encryption: found, and left out, so that the hook ends well.
_REST = "--hook-config=--skip=no-encryption"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="driftgate-bench-") as folder:
        root = Path(folder)
        lay_out(root, UNITS)
        (root / ".git").rmdir()
        (root / ".driftgate.toml").write_text('[drift]\nfail_on = "high"\n')
        (root / ".driftignore").write_text("aws_sqs_queue.jobs.tags  # tagged by hand\ntype:aws_sqs_queue  # all\n")
        for command in (
            ("init", "-q"),
            ("add", "."),
            ("-c", "user.name=b", "-c", "user.email=b@x.y", "commit", "-qm", "b"),
        ):
            subprocess.run(("git", *command), cwd=root, check=True)
        rival = cpu((sys.executable, "-c", RIVAL, folder))
        return [_row(root, hook, file, rival) for hook, file in HOOKS.items()]


def _row(root: Path, hook: str, file: str, rival: float) -> Row:
    argv = (sys.executable, "-m", "driftgate", "-C", str(root), "hook", hook, _REST, *([file] if file else []))
    ours = sorted(cpu(argv) for _ in range(TIMES))[TIMES // 2]
    name = f"{hook}, one file of {UNITS} units"
    return Row(name, ours, "python-hcl2 parsing its files", rival, "s", f"≤ {BUDGET} s", ours <= BUDGET)
