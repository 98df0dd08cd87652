"""The only place that starts a process: captured, never through a shell, always reaped."""

from __future__ import annotations

import contextlib
import io
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

GRACE_SECONDS = 10.0
HEARING_SECONDS = 0.1
"""How long to wait at a time: a signal that the kernel gave to another thread wakes nobody who waits without end."""
LAST_SECONDS = 600.0
"""For work that is asked to stop and has to save what it did."""
_CHUNK = 1 << 16
Child = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Result:
    """A finished process. A negative `returncode` is the signal that ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.returncode == 0


class Runner(Protocol):
    """The seam that tests replace: runs `argv` in `cwd` under exactly `env`, returns when it ended."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[bytes], None] | None = None,
    ) -> Result: ...


_live: set[Child] = set()
_live_lock = threading.Lock()
_stopping = False


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[bytes], None] | None = None,
) -> Result:
    """Run `argv` with no stdin and both outputs captured; `on_line` sees each stdout line as it comes.

    Files that the child makes are private to the user (umask 077). Raises FileNotFoundError or
    PermissionError when the program cannot be started, InterruptedError after `stop_children`.
    """
    process = _start(argv, cwd, env)
    try:
        stdout, stderr = _communicate(process, on_line)
        return Result(tuple(argv), _ended(process), stdout, stderr)
    finally:
        _reap(process)


def run_apart(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: IO[bytes]) -> int:
    """Run `argv` to its end, both outputs into the file `output`; its return code. For work that nobody may cut short.

    A child whose output is a pipe dies of it when we are killed; this one goes on. An interrupt is handed to it once,
    and it has time to end in good order; it is never killed. Raises as `run`.
    """
    process = _start(argv, cwd, env, output)
    try:
        return _ended(process)
    except BaseException:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_SECONDS)
        raise
    finally:
        with _live_lock:
            _live.discard(process)


def start(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: IO[bytes]) -> Child:
    """Start a long-running child (an embedded server) writing to `output`; `stop` must end it.

    `stop_children` leaves it alone: children that still talk to the server could not end in good order without it.
    """
    return subprocess.Popen(
        argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def converse(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: IO[bytes]) -> Child:
    """Start a child that reads what we write to its stdin and ends with it; stdout and stderr go to `output`.

    `stop_children` leaves it alone: it ends in good order when its stdin closes, also because we were killed.
    """
    return subprocess.Popen(
        argv, cwd=cwd, env=dict(env), stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
    )


def hang_up(child: Child) -> int:
    """Close the stdin of a child that we converse with and return what it ended with; it is stopped after a grace."""
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()
    try:
        return child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        stop(child)
        return child.wait()


def attach(argv: Sequence[str], *, program: str, env: Mapping[str, str]) -> Child:
    """Start `program` as `argv` on our own terminal: every descriptor, the process group, folder and umask are ours.

    Also what the shell opened for it (`-var-file=<(…)` is a descriptor above 2). `stop_children` leaves it alone.
    """
    return subprocess.Popen(argv, executable=program, env=dict(env), close_fds=False)


def stop(process: Child) -> None:
    """End a child: ask with SIGTERM, then SIGKILL after a grace, and reap it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_children(signum: int = signal.SIGINT) -> None:
    """End every live child: one graceful signal each; SIGKILL after a grace, or at once when interrupted again.

    New starts are refused.
    """
    global _stopping
    with _live_lock:
        _stopping = True
        children = list(_live)
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        for child in children:
            child.send_signal(signum)
        for child in children:
            child.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        _kill(child)


def _start(argv: Sequence[str], cwd: Path, env: Mapping[str, str], output: int | IO[bytes] = subprocess.PIPE) -> Child:
    with _live_lock:
        if _stopping:
            raise InterruptedError("driftgate is stopping")
        # A session of its own: one ^C must reach terraform once, from stop_children, not twice.
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            umask=0o077,
            start_new_session=True,
        )
        _live.add(process)
    return process


def _communicate(process: Child, on_line: Callable[[bytes], None] | None) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = bytearray(), bytearray()
    into = {process.stdout: _by_line(stdout, on_line) if on_line else stdout.extend, process.stderr: stderr.extend}
    with selectors.DefaultSelector() as ready:
        for stream, take in into.items():
            ready.register(stream, selectors.EVENT_READ, take)
        while ready.get_map():
            for key, _ in ready.select(HEARING_SECONDS):
                chunk = os.read(key.fd, _CHUNK)
                key.data(chunk)
                if not chunk:
                    ready.unregister(key.fileobj)
    return bytes(stdout), bytes(stderr)


def _by_line(kept: bytearray, on_line: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Takes output in pieces, none at its end, into `kept`; `on_line` sees each line of it."""
    begun = 0

    def take(chunk: bytes) -> None:
        nonlocal begun
        kept.extend(chunk)
        end = kept.rfind(b"\n", len(kept) - len(chunk)) + 1 if chunk else len(kept)
        if end > begun:
            lines = io.BytesIO(kept[begun:end]).readlines()
            begun = end
            for line in lines:
                on_line(line)

    return take


def _ended(process: Child) -> int:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(HEARING_SECONDS)


def _reap(process: Child) -> None:
    try:
        if process.poll() is None:  # we are interrupted: git and terraform take away the files that they lock with
            process.send_signal(signal.SIGINT)
            process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill(process)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        with _live_lock:
            _live.discard(process)


def _kill(process: Child) -> None:
    """SIGKILL to a child that lives and to all of its session: who else holds its output would keep us waiting."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
