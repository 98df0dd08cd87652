"""The wrapper's overhead: a command without hooks and one with them, behind dg and bare, in turn.

The state is local, so that there are no round trips; each apply changes it, so that every hook has something to do.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.row import Row, paired, wall

SOURCE = 'variable "n" {}\nresource "terraform_data" "x" {\n  count = 20\n  input = var.n\n}\n'
NO_HOOK = ("version",)
HOOK = ("apply", "-auto-approve", "-no-color")
BUDGETS = {"no hook": 0.040, "with hooks": 0.150}
TIMES = 15


def rows() -> list[Row]:
    terraform = shutil.which("terraform")
    if terraform is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder)
        (unit / "main.tf").write_text(SOURCE)
        env = {**os.environ, "HOME": folder, "CHECKPOINT_DISABLE": "1"}
        wall((terraform, "init"), unit, env)
        dg = (str(Path(sys.executable).with_name("dg")), "terraform")
        fresh = itertools.count()

        def changing(prefix: Sequence[str]) -> float:
            return wall((*prefix, *HOOK, f"-var=n={next(fresh)}"), unit, env)

        changing(dg)  # once, so that bytecode is cached
        plain = paired(lambda: wall((*dg, *NO_HOOK), unit, env), lambda: wall((terraform, *NO_HOOK), unit, env), TIMES)
        hooked = paired(lambda: changing(dg), lambda: changing((terraform,)), TIMES)
    return [_row("no hook", "version", *plain), _row("with hooks", "apply", *hooked)]


def _row(kind: str, command: str, ours: float, bare: float) -> Row:
    over, budget = ours - bare, BUDGETS[kind]
    return Row(
        f"dg terraform {command}, {kind}", ours * 1000, f"terraform {command}", bare * 1000, "ms",
        f"≤ {budget * 1000:.0f} ms over ({over * 1000:.0f} ms)", over <= budget,
    )  # fmt: skip
