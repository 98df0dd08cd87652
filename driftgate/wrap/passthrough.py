"""`dg terraform …`: finds the real tool and becomes it, or stays around it when the command may change something.

Imported before every passthrough, so light: what hooks need is imported by those that need it.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from driftgate.tfexec.real import find_real, override
from driftgate.wrap.front import GATE_MODES, Front, family
from driftgate.wrap.notice import refuse
from driftgate.wrap.terraform_argv import mutates, terraform_command

DEPTH_LIMIT = 10
"""dg inside terragrunt inside a provisioner is three deep; a loop of scripts that call each other has no end."""


def passthrough(front: Front) -> int:
    """Run the tool that `front` names. Returns its exit code, 1 when it cannot be run; or never, as it is executed."""
    try:
        return _passthrough(front)
    except KeyboardInterrupt:
        from driftgate.wrap.signals import die_by

        return die_by(signal.SIGINT)  # before the tool was started: what it would have done itself


def _passthrough(front: Front) -> int:
    env = {**_environment(), **front.options}
    if front.directory:
        try:
            os.chdir(front.directory)
        except OSError as error:
            return refuse(f"cannot change to {front.directory}: {error.strerror}")
    program = find_real(front.tool, env)
    if program is None:
        named = env.get(override(front.tool))
        if named:
            return refuse(f"{override(front.tool)}={named} is not an absolute path of a program")
        return refuse(f"{front.tool} is not on PATH", "install it, or name it with " + override(front.tool))
    argv = [front.tool, *front.arguments]
    if env.get("DG_DISABLE") not in (None, "", "0"):
        become(program, argv, env)
    depth = int(env["DG_DEPTH"]) + 1 if env.get("DG_DEPTH", "").isdigit() else 1
    if depth > DEPTH_LIMIT:
        return refuse(
            f"dg called itself {DEPTH_LIMIT} times: {program} leads back to dg",
            f"name the real program with {override(front.tool)}, or install the shims with `dg shim install`",
        )
    env["DG_DEPTH"] = str(depth)
    gate = front.options.get("DG_GATE_MODE")
    if gate and gate not in GATE_MODES:  # said of every command: a plan does not read the settings that would say so
        return refuse(f"--gate {gate} is none of {', '.join(GATE_MODES)}")
    if not needs_hooks(front, env):
        become(program, argv, env)
    return _stay(program, front, env)


def _stay(program: str, front: Front, env: dict[str, str]) -> int:
    try:
        os.getcwd()
    except OSError:
        return refuse("the folder that this was started in is gone", "change to one that is there")
    if family(front.tool) == "terragrunt":
        from driftgate.wrap.terragrunt import run_terragrunt

        return run_terragrunt(program, front, env)
    from driftgate.wrap.run import run

    return run(program, front, env)


def needs_hooks(front: Front, env: dict[str, str]) -> bool:
    """Whether dg has to stay around this command."""
    if "COMP_LINE" in env:  # the shell asks the tool for completions
        return False
    if family(front.tool) == "terragrunt":
        from driftgate.wrap.terragrunt_argv import legacy, may_change

        return may_change(front.arguments) or bool(legacy(front.arguments))
    return mutates(terraform_command(front.arguments))


def become(program: str, argv: list[str], env: dict[str, str]) -> NoReturn:
    """Replace this process by `program` (a path, or a name on the PATH of `env`), its signals as a shell sets them."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them
    try:
        os.execvpe(program, argv, env)  # noqa: S606  # no shell is the point
    except OSError as error:
        raise SystemExit(refuse(f"cannot run {program}: {error.strerror}")) from None


def _environment() -> dict[str, str]:
    """The environment that dg was given: without the LC_CTYPE that Python sets for itself in the C locale (PEP 538)."""
    env = dict(os.environ)
    if env.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8"):
        try:
            with open("/proc/self/environ", "rb", buffering=0) as file:
                given = file.read()
        except OSError:
            return env
        if b"\0LC_CTYPE=" not in b"\0" + given:
            del env["LC_CTYPE"]
    return env
