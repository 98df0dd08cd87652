"""`python -m benchmarks [NAME…]`: run the benchmarks and print a table of ratios."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "startup",
    "state_read",
    "backend_read",
    "state_edit",
    "discovery",
    "terragrunt",
    "hooks",
    "wrapper",
    "comment",
    "remediate",
)


def main(names: list[str]) -> int:
    print(f"{'what':38} {'ours':>10} {'rival':>10}  {'ratio':>6}  {'rival is':30} budget")
    missed = 0
    for name in names or NAMES:
        for row in import_module(f"benchmarks.{name}").rows():
            missed += not row.kept
            print(
                f"{row.what:38} {row.ours:7.1f} {row.unit:2} {row.rival:7.1f} {row.unit:2}  {row.ratio:6.2f}  "
                f"{row.rival_name:30} {row.budget}{'' if row.kept else '  MISSED'}",
                flush=True,
            )
    return 1 if missed else 0


raise SystemExit(main(sys.argv[1:]))
