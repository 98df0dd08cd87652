"""A command that may change something: the real tool with dg around it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from driftgate import process
from driftgate.errors import DriftgateError
from driftgate.settings.load import load
from driftgate.wrap.account import Account, render
from driftgate.wrap.around import Around
from driftgate.wrap.before import prepare
from driftgate.wrap.bounded import HookInterruptedError
from driftgate.wrap.child import run_child
from driftgate.wrap.front import Front, family
from driftgate.wrap.notice import refuse, say, tell
from driftgate.wrap.options import command_options
from driftgate.wrap.run_folder import VARIABLE, leave_account, moment
from driftgate.wrap.signals import Signals, die_by
from driftgate.wrap.target import settled_in, target_of
from driftgate.wrap.terraform_argv import terraform_command


def run(program: str, front: Front, env: dict[str, str]) -> int:
    """Run the tool to its end and return its exit code; a death by signal is repeated.

    Settings that cannot be read stop it, with exit 1: they might have said that it must not run.
    """
    try:
        settings = load(settled_in(Path.cwd(), env), env).settings
        command = terraform_command(front.arguments)
        options = command_options(command, env)
        target = target_of(command, options, tool=family(front.tool), cwd=Path.cwd(), env=env)
    except DriftgateError as error:
        return refuse(error.message, error.next_step)
    except OSError as error:
        return refuse(f"cannot look into {error.filename}: {error.strerror}", "check its permissions")
    began = moment()
    with Signals() as signals:
        around = Around(target, command.name, options, [front.tool, *front.arguments], settings, env, signals)
        try:
            code = _run(around, program)
        except HookInterruptedError:  # the signal was meant for the tool, which does not run
            process.stop_children()
            return die_by(signals.seen[-1])
        except OSError as error:
            return refuse(f"cannot run {program}: {error.strerror}")
        from driftgate.wrap.after import conclude

        account = conclude(around, code)
    _report(account, env, began)
    if around.unfinished:
        process.stop_children()
    return code if code >= 0 else die_by(-code)


def _run(around: Around, program: str) -> int:
    """Everything up to the end of the tool, or to the gate that it does not pass."""
    prepare(around)
    if around.interrupted or around.signals.seen:
        raise HookInterruptedError("interrupted")

    def tool(arguments: Sequence[str], env: Mapping[str, str]) -> int:
        argv = [around.argv[0], *arguments]
        return run_child(program, argv, env=env, signals=around.signals, meanwhile=_load_what_comes_after)

    if around.settings.gate.mode == "enforce":
        from driftgate.wrap.enforce import through_the_gate

        return through_the_gate(around, tool, program)
    return tool(around.argv[1:], around.env)


def _load_what_comes_after() -> None:
    import driftgate.wrap.after  # noqa: F401  # while the tool starts, so that it costs the user no time


def _report(account: Account, env: dict[str, str], began: str) -> None:
    """On stderr; in a run of many units into their common folder, for the summary at the end."""
    if VARIABLE not in env:
        tell(render(account, hints="TF_IN_AUTOMATION" not in os.environ))
        return
    try:
        leave_account(Path(env[VARIABLE]), began, account)
    except OSError as error:  # a folder that is gone: the tool's own result stands
        say(f"warning: no account of this run was left: {error.strerror}")
