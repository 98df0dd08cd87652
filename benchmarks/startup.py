"""Start-up: `dg --version` and `dg --help` over bare Python."""

from __future__ import annotations

import sys

from benchmarks.row import Row, paired, wall

BARE = (sys.executable, "-c", "pass")
BUDGETS = {"--version": 0.060, "--help": 0.150}
TIMES = 15


def rows() -> list[Row]:
    found = []
    for option, budget in BUDGETS.items():
        wall((sys.executable, "-m", "driftgate", option))  # once, so that bytecode is cached
        ours, bare = paired(lambda: wall((sys.executable, "-m", "driftgate", option)), lambda: wall(BARE), TIMES)  # noqa: B023
        over = ours - bare
        found.append(
            Row(f"dg {option}", ours * 1000, "bare python", bare * 1000, "ms",
                f"≤ {budget * 1000:.0f} ms over ({over * 1000:.0f} ms)", over <= budget)
        )  # fmt: skip
    return found
