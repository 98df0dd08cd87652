"""A person at a terminal: starts a command on a pty of its own, types when asked, presses ^C, and keeps what was said.

The command's stdin and stdout are the pty, so it sees a terminal; its stderr goes to a file, so that what the tool says
and what dg says can be told apart.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 90.0
CTRL_C = b"\x03"


@dataclass(frozen=True)
class Ended:
    """How it ended: `code` as a shell's parent sees it, negative for a signal."""

    code: int
    screen: bytes
    stderr: bytes


Act = Callable[["Session"], None]


@dataclass
class Session:
    """A command that runs. `pid` is the process itself: what a `kill` from outside would hit."""

    pid: int
    fd: int
    screen: bytearray = field(default_factory=bytearray)

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill_group(self, number: int) -> None:
        os.killpg(os.getpgid(self.pid), number)

    def read(self, seconds: float) -> bool:
        """Read what there is within `seconds`; False at the end of the output."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the last process has closed the terminal
            return False
        self.screen += data
        return bool(data)


@dataclass(frozen=True)
class When:
    """Do `act` once `ready` says so: text on the screen, or any condition."""

    ready: bytes | Callable[[], bool]
    act: Act

    def due(self, session: Session) -> bool:
        return self.ready in session.screen if isinstance(self.ready, bytes) else self.ready()


def press_ctrl_c(session: Session) -> None:
    session.type(CTRL_C)


def after(seconds: float) -> Callable[[], bool]:
    """Ready that long after it was first asked: signals of one kind that come too fast are one."""
    asked: list[float] = []

    def ready() -> bool:
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > seconds

    return ready


def on_terminal(
    argv: Sequence[str | bytes], *, cwd: Path, env: Mapping[str, str], stderr: Path, script: Sequence[When] = ()
) -> Ended:
    """Run `argv` on a new terminal, doing the steps of `script` in order; fails when it takes too long."""
    pid, fd = pty.fork()
    if pid == 0:
        try:
            errors = os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(errors, 2)
            os.chdir(cwd)
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(argv[0], list(argv), dict(env))
        finally:
            os._exit(126)
    session, steps = Session(pid, fd), list(script)
    deadline = time.monotonic() + PATIENCE
    try:
        status = _attend(session, steps, deadline)
    finally:
        os.close(fd)
    assert not steps, f"never came to {steps[0].ready!r}; the screen: {bytes(session.screen)!r} {stderr.read_bytes()!r}"
    return Ended(os.waitstatus_to_exitcode(status), bytes(session.screen), stderr.read_bytes())


def _attend(session: Session, steps: list[When], deadline: float) -> int:
    open_ = True
    while True:
        if open_:
            open_ = session.read(0.02)
        else:
            time.sleep(0.02)
        pid, status = os.waitpid(session.pid, os.WNOHANG)
        if pid:
            while open_ and select.select([session.fd], [], [], 0.05)[0] and session.read(0):
                pass
            return status
        if steps and steps[0].due(session):
            steps.pop(0).act(session)
        if time.monotonic() > deadline:
            os.kill(session.pid, signal.SIGKILL)
            os.waitpid(session.pid, 0)
            raise AssertionError(f"still running; the screen: {bytes(session.screen)!r}")
