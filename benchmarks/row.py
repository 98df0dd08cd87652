"""One measured line: ours, the rival's, the budget."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` and `rival` in `unit`s; `budget` in words, `kept` whether ours is inside it."""

    what: str
    ours: float
    rival_name: str
    rival: float
    unit: str
    budget: str
    kept: bool

    @property
    def ratio(self) -> float:
        return self.ours / self.rival if self.rival else float("inf")


def paired(ours: Callable[[], float], rival: Callable[[], float], times: int) -> tuple[float, float]:
    """The medians of the two, measured in turn A B A B, so that both see the same machine."""
    pairs = [(ours(), rival()) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def wall(argv: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> float:
    """Seconds that a whole process takes, in that folder and environment (default: our own)."""
    begun = time.perf_counter()
    subprocess.run(argv, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def cpu(argv: Sequence[str]) -> float:
    """Seconds of the processor that a whole process and its children take: other work on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall(argv)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
