"""Runs dg inside the test's own process, with real children: as a subprocess would, but measured and without a start."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn
from unittest import mock

import pytest

from driftgate.cli.main import main

FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
"""For tests that enter Signals inside a process that has threads, as a worker of xdist has."""


def inside(
    args: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """`dg ARGS` in `cwd` under exactly `env`. What dg would be replaced by is run as a child."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        with (
            _descriptors(given, out, err),
            contextlib.chdir(cwd),
            mock.patch.dict(os.environ, env, clear=True),
            mock.patch("os.execvpe", _run),
            mock.patch("driftgate.process._stopping", False),
        ):
            dispositions = {number: signal.getsignal(number) for number in (signal.SIGPIPE, signal.SIGXFSZ)}
            try:
                code = main(args)
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                for number, disposition in dispositions.items():
                    signal.signal(number, disposition)
        return subprocess.CompletedProcess(list(args), code, _text(out), _text(err))


def _run(program: str, argv: list[str], env: dict[str, str]) -> NoReturn:
    raise SystemExit(subprocess.run(argv, executable=program, env=env, check=False).returncode)


@contextlib.contextmanager
def _descriptors(*files: IO[bytes]) -> Iterator[None]:
    """0, 1 and 2 are `files`, and Python's own streams write there, too."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    saved = [os.dup(number) for number in range(3)]
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        with (
            open(1, "w", encoding="utf-8", closefd=False) as out,
            open(2, "w", encoding="utf-8", closefd=False) as err,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            yield
    finally:
        for number, copy in enumerate(saved):
            os.dup2(copy, number)
            os.close(copy)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
