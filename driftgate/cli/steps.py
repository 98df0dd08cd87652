"""Named steps with their seconds on stderr: live lines with a spinner on a terminal, else a plain line for each."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import click

Step = Callable[[str], AbstractContextManager[None]]


@contextmanager
def steps() -> Iterator[Step]:
    """Yield a function that wraps a step; steps may run at the same time in several threads."""
    if sys.stderr.isatty():
        with _live() as step:
            yield step
    else:
        yield _plain


@contextmanager
def progress_steps() -> Iterator[Step]:
    """As `steps` on a terminal; elsewhere nothing is said."""
    if sys.stderr.isatty():
        with _live() as step:
            yield step
    else:
        yield lambda name: nullcontext()


@contextmanager
def _live() -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    bar = Progress(*columns, console=Console(stderr=True))

    @contextmanager
    def step(name: str) -> Iterator[None]:
        task: TaskID = bar.add_task(name, total=1)
        try:
            yield
        except BaseException:
            bar.stop_task(task)
            bar.update(task, description=f"{name}: failed")
            raise
        bar.advance(task)

    with bar:
        yield step


_lines = threading.Lock()


@contextmanager
def _plain(name: str) -> Iterator[None]:
    begun = time.monotonic()
    how = ": failed"
    try:
        yield
        how = ""
    finally:
        with _lines:
            click.echo(f"{time.monotonic() - begun:6.1f} s  {name}{how}", err=True)
