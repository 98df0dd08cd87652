"""terraform's commands that change a state or hold its lock; what only reads is in `reads.py`."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from driftgate import process
from driftgate.tfexec.argv import FLAG, argv
from driftgate.tfexec.binary import ToolError
from driftgate.tfexec.reads import Terraform, call, failed

START_SECONDS = 120.0
_FRAME = re.compile(r"\x1b\[[0-9;]*m|[│╷╵|]")
_LOCK_LINE = re.compile(r"^\s*(ID|Path|Operation|Who|Version|Created|Info):[ \t]*(.*?)\s*$", re.MULTILINE)


class HeldElsewhereError(ToolError):
    """Somebody else holds the lock; `record` is what terraform says of them, by the keys of its record."""

    def __init__(self, message: str, record: dict[str, str]) -> None:
        super().__init__(message, next_step="wait for it")
        self.record = record


class StalePlanError(ToolError):
    """The state has moved since the plan was made: terraform refuses it, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A `terraform console` that holds a state's lock as long as it runs; `let_go` must end it."""

    process: process.Child
    gate: int


def apply(tf: Terraform, plan_file: Path, *, said: Path, lock_timeout: float = 0.0) -> None:
    """`terraform apply` of exactly the saved plan, under terraform's own lock; `lock_timeout` in seconds.

    It goes on when we are killed, and what it says is in the file `said` (0600).

    Raises HeldElsewhereError and StalePlanError, after which nothing was changed; ToolError when it failed, and may
    have done a part.
    """
    wait = f"{lock_timeout:g}s"
    command = argv(tf.binary.path, "apply", str(plan_file), input=False, lock=True, lock_timeout=wait, no_color=FLAG)
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        try:
            code = process.run_apart(command, cwd=tf.cwd, env=tf.env, output=output)
        except FileNotFoundError as error:
            raise ToolError(f"cannot start {command[0]}: {error.strerror}", next_step="check PATH") from None
    if code == 0:
        return
    words = said.read_bytes()
    if b"Saved plan is stale" in words:
        raise StalePlanError("the state has moved since the plan was made", next_step="plan again")
    raise _refused(tf, words, "apply")


def state_push(tf: Terraform, data: bytes, *, lock: bool) -> None:
    """`terraform state push`: what is stored is terraform's own print of `data`, under its serial + 1.

    Raises ToolError when terraform refuses it.
    """
    with tempfile.TemporaryDirectory(prefix="dg-push-") as folder:  # 0700
        path = Path(folder) / "state"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        command = argv(tf.binary.path, "state push", str(path), lock=lock, no_color=FLAG)
        result = call(tf, command)
    if not result.ok:
        raise failed(tf.binary.path, "state push", result.stderr or result.stdout)


def hold_lock(tf: Terraform) -> LockHolder:
    """Take the lock of the state, whatever its backend is, and keep it until `let_go`.

    `terraform console` takes the lock before it evaluates anything, and holds it until its stdin ends. Fed from a pipe
    it prints nothing until then; but what it is told to evaluate is `file()` of a FIFO, which can only be opened for
    writing when terraform has it open for reading: then the lock is held.

    Raises HeldElsewhereError, and ToolError when terraform ends for another reason.
    """
    with tempfile.TemporaryDirectory(prefix="dg-lock-") as folder:
        fifo = Path(folder) / "held"
        os.mkfifo(fifo, 0o600)
        with (Path(folder) / "said").open("w+b") as said:
            env = {**tf.env, "TF_INPUT": "0", "NO_COLOR": "1"}
            console = process.converse((tf.binary.path, "console"), cwd=tf.cwd, env=env, output=said)
            try:
                assert console.stdin is not None
                with contextlib.suppress(BrokenPipeError):
                    console.stdin.write(f'file("{fifo}")\n'.encode())
                    console.stdin.flush()
                return LockHolder(console, _opened(tf, fifo, console, said.name))
            except BaseException:
                process.hang_up(console)
                raise


def let_go(holder: LockHolder) -> None:
    """Give the lock back. Raises ToolError when terraform could not."""
    os.close(holder.gate)
    if process.hang_up(holder.process) != 0:
        raise ToolError(
            "terraform could not give the lock back, or had lost it", next_step="see `terraform force-unlock`"
        )


def lock_record(tf: Terraform) -> dict[str, str] | None:
    """Who holds the lock, by the keys of terraform's record, as terraform says when it is refused the lock.

    None when it is free: then it was held for a moment, in which nobody else could take it. Raises ToolError when
    terraform can neither take it nor say that it is held.
    """
    try:
        let_go(hold_lock(tf))
    except HeldElsewhereError as held:
        return held.record
    return None


def force_unlock(tf: Terraform, lock_id: str) -> None:
    """`terraform force-unlock`, which of some types takes any id. Raises ToolError when terraform refuses."""
    result = call(tf, argv(tf.binary.path, "force-unlock", lock_id, force=FLAG, no_color=FLAG))
    if not result.ok:
        raise failed(tf.binary.path, "force-unlock", result.stderr or result.stdout)


def _opened(tf: Terraform, fifo: Path, console: process.Child, said: str) -> int:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads yet
                raise
        if console.poll() is not None:
            raise _refused(tf, Path(said).read_bytes(), "console")
        if time.monotonic() > deadline:
            raise ToolError("terraform did not take the lock in time", next_step="look at `terraform console` there")
        time.sleep(0.02)


def _refused(tf: Terraform, said: bytes, command: str) -> ToolError:
    text = _FRAME.sub("", said.decode("utf-8", "replace"))
    if "Error acquiring the state lock" in text:
        return HeldElsewhereError("the state is locked", dict(_LOCK_LINE.findall(text)))
    return failed(tf.binary.path, command, said)
