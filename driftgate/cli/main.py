"""`dg`: the entry point and the one error handler."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from driftgate import __version__
from driftgate.errors import DriftgateError, ExitCode
from driftgate.wrap.front import split


def main(argv: Sequence[str] | None = None) -> int:
    """Run `dg` with `argv` (default: the process's own) and return its exit code."""
    if sys.stderr is None:  # closed by who started us (`2>&-`): what is said is lost, and nothing else changes
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # for the whole process; children lack it
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:  # answered before anything is imported
        sys.stdout.write(f"dg {__version__}\n")
        return ExitCode.CLEAN
    front = split(arguments)
    if front is not None:
        from driftgate.wrap.passthrough import passthrough

        return passthrough(front)
    hung_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)  # nohup keeps us running
    previous = {number: signal.signal(number, _terminate) for number in (signal.SIGTERM, *hung_up)}
    try:
        code = _run(arguments)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if code == ExitCode.INTERRUPTED and argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # only threads are waited for: who asks again will not have that
    return code


def _run(arguments: list[str]) -> int:
    import click

    from driftgate.cli.root import root

    try:
        code = root.main(arguments, prog_name="dg", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.CLEAN
    except click.UsageError as error:
        error.show()
        return ExitCode.USAGE
    except click.Abort as error:
        return _interrupted(error)
    except click.ClickException as error:
        return _say(error, error.format_message())
    except DriftgateError as error:
        _say(error, error.message, error.next_step)
        return error.exit_code
    except (KeyboardInterrupt, InterruptedError) as error:
        return _interrupted(error)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CLEAN
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = error.filename or "the output"
        return _say(error, f"cannot write {where}: {error.strerror}", "make room and run again")
    next_step = "run again with DG_DEBUG=1 and report it"
    if os.environ.get("DG_DEBUG"):
        from driftgate.cli.failure import masked_traceback

        sys.stderr.write(masked_traceback(error))
        next_step = "report it with the lines above, in which secrets are masked"
    return _say(error, f"a bug in driftgate: {type(error).__name__}: {error}", next_step)


def _say(error: BaseException, message: str, next_step: str = "") -> int:
    from driftgate.cli.failure import masked, notes_of
    from driftgate.report.text import strip_controls

    lines = [f"dg: error: {message}", *notes_of(error), *([f"  → {next_step}"] if next_step else [])]
    sys.stderr.write(strip_controls(masked("\n".join(lines), error)) + "\n")
    return ExitCode.ERROR


def _interrupted(error: BaseException) -> int:
    from driftgate import process

    process.stop_children()  # before all else: who interrupts again must find us at it
    from driftgate.cli.failure import masked, notes_of
    from driftgate.report.text import strip_controls

    sys.stderr.write(strip_controls(masked("\n".join(["dg: interrupted", *notes_of(error)]), error)) + "\n")
    return ExitCode.INTERRUPTED


def _terminate(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
