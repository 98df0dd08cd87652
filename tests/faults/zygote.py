"""Runs `dg` again and again in forked children of one warm process, each of them stopped or failed at one point.

One JSON line in for each run, one out. Points are the calls by which a process changes files or locks, counted from
the start; `kill within` leaves a write half-done.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from driftgate import process
from driftgate.backends import aws_session, local, s3
from driftgate.backends.registry import open_backend
from driftgate.cli import root, state_push, state_write
from driftgate.cli.main import main
from driftgate.safety import open as opening
from driftgate.state import reader, writer
from driftgate.unit import BackendConfig

WARM = (local, s3, root, state_push, state_write, opening, reader, writer)
CALLS = {
    os: [
        "open",
        "write",
        "pwrite",
        "ftruncate",
        "fsync",
        "posix_fallocate",
        "replace",
        "rename",
        "link",
        "unlink",
        "remove",
        "mkdir",
        "rmdir",
    ],
    fcntl: ["fcntl", "flock", "lockf"],
}
LONGEST_SECONDS = 180  # of one child: one that hangs dies of SIGALRM, and its test says so
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SETTING = {fcntl.F_SETLK, fcntl.F_SETLKW, getattr(fcntl, "F_OFD_SETLK", fcntl.F_SETLK)}


class Tripwire:
    """Counts the calls, and does `how` at the one with the number `at` (from 1; 0: never)."""

    def __init__(self, at: int, how: str) -> None:
        self.at, self.how, self.calls = at, how, list[str]()

    def spread(self) -> None:
        for module, names in CALLS.items():
            for name in names:
                setattr(module, name, self._wrapped(name, getattr(module, name)))

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if not self._counts(name, args):
                return real(*args, **more)
            self.calls.append(name)
            if len(self.calls) != self.at:
                return real(*args, **more)
            if self.how == "kill before":
                die()
            if self.how == "kill within" and name in ("write", "pwrite"):
                real(args[0], bytes(args[1])[: len(args[1]) // 2], *args[2:])
                die()
            if self.how == "fail":
                full = name in ("write", "pwrite", "posix_fallocate", "fsync", "open", "link", "mkdir")
                number = errno.ENOSPC if full else errno.EIO
                raise OSError(number, os.strerror(number))
            result = real(*args, **more)
            if self.how == "kill after":
                die()
            return result

        return call

    @staticmethod
    def _counts(name: str, args: tuple[Any, ...]) -> bool:
        if name == "open":
            return len(args) > 1 and bool(args[1] & WRITING)
        if name == "fcntl":
            return args[1] in SETTING
        return not (name == "write" and args[0] in (1, 2))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def child(order: dict[str, Any], report: int) -> None:
    """Never returns."""
    signal.alarm(LONGEST_SECONDS)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    Path(order["pid_file"]).write_text(str(os.getpid()))
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    aws_session.READ_SECONDS = order["read_seconds"]
    wire = Tripwire(order["at"], order["how"])
    write = os.write
    wire.spread()
    code = main(order["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    write(report, json.dumps(wire.calls).encode())
    os._exit(code)


def warm_up() -> None:
    """Have everything imported that the children need."""
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "w") as nowhere:
        unit = Path(name)
        (unit / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        (unit / "new").write_text('{"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": []}')
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            main(["state", "push", str(unit / "new"), str(unit)])
            main(["state", "mv", "a.b", "a.c", "--unit", str(unit)])
            main(["state", "rollback", str(unit), "--to", "1"])
            main(["backup", "restore", "abcdef", str(unit)])
            main(["state", "locks", str(unit)])
            main(["state", "unlock", str(unit)])


def warm_clients(order: dict[str, Any]) -> None:
    """Have the AWS clients of a site made, unconnected: loading their models takes longer than all else."""
    backend = open_backend(BackendConfig("s3", order["config"]), unit_dir=Path(), env=order["env"], runner=process.run)
    assert isinstance(backend, s3.S3Backend)
    aws_session.s3_client(backend.settings)
    if backend.table:
        aws_session.dynamodb_client(backend.settings)


warm_up()
for line in sys.stdin:
    if "config" in (order := json.loads(line)):
        warm_clients(order)
        continue
    ours, theirs = os.pipe()
    number = os.fork()
    if number == 0:
        try:
            child(order, theirs)
        finally:
            os._exit(99)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        calls = pipe.read()
    _, status = os.waitpid(number, 0)
    print(json.dumps({"code": os.waitstatus_to_exitcode(status), "calls": json.loads(calls or b"[]")}), flush=True)
