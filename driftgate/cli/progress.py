"""A live line on stderr while a scan runs; nothing at all when stderr is not a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from driftgate.finding import UnitResult
from driftgate.pipeline.check import Progress


class ScanProgress(Progress):
    """Units done, resources read, and which units are under way."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._lock = threading.Lock()
        self._read = 0
        self._under_way: list[str] = []
        columns = (SpinnerColumn(), TextColumn("scanning"), BarColumn(bar_width=24), MofNCompleteColumn(),
                   TextColumn("units, {task.fields[read]} resources read  {task.fields[now]}", markup=False),
                   TimeElapsedColumn())  # fmt: skip
        self.bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self.bar.add_task("scan", total=total, read=0, now="")

    def unit_started(self, unit: str) -> None:
        with self._lock:
            self._under_way.append(unit)
            self._show()

    def resource_read(self, unit: str, address: str) -> None:
        with self._lock:
            self._read += 1
            self._show()

    def unit_done(self, result: UnitResult) -> None:
        with self._lock:
            self._under_way.remove(result.path)
            self.bar.advance(self._task)
            self._show()

    def _show(self) -> None:
        self.bar.update(self._task, read=self._read, now=" ".join(self._under_way[:3]))


@contextmanager
def scan_progress(total: int) -> Iterator[Progress]:
    """A Progress that draws on stderr if that is a terminal, else a silent one."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    progress = ScanProgress(total)
    with progress.bar:
        yield progress
