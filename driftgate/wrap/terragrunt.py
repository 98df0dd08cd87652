"""`dg terragrunt …`: Terragrunt as it is, every unit's terraform behind dg, and a summary per unit at the end."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from driftgate import process
from driftgate.process import Runner
from driftgate.safety.masked_argv import masked_argv
from driftgate.settings.load import anchored
from driftgate.tfexec.terragrunt import version_in
from driftgate.wrap.account import Account, render
from driftgate.wrap.child import run_child
from driftgate.wrap.dg_command import dg_command
from driftgate.wrap.front import Front
from driftgate.wrap.notice import refuse, say, tell
from driftgate.wrap.run_folder import VARIABLE, accounts
from driftgate.wrap.shims import behind_shims, own_shims
from driftgate.wrap.signals import Signals, die_by
from driftgate.wrap.target import RUN_FROM
from driftgate.wrap.terragrunt_argv import WITHOUT_RUN_ALL, legacy, translated


def run_terragrunt(program: str, front: Front, env: Mapping[str, str]) -> int:
    """Run Terragrunt to its end; its exit code. Within another run of dg the summary is left to that."""
    arguments = modern(program, front.arguments, env, run=process.run)
    around = {
        **behind_shims(own_shims(env, dg_command()), anchored(env, Path.cwd())),
        "DG_RUN_ID": env.get("DG_RUN_ID") or run_id(),
        RUN_FROM: str(Path.cwd()),
    }
    if VARIABLE in env:
        code = _attended(program, [front.tool, *arguments], around)
    else:
        with tempfile.TemporaryDirectory(prefix="dg-run-") as folder:
            code = _attended(program, [front.tool, *arguments], {**around, VARIABLE: folder})
            tell(summary(accounts(Path(folder))))
    return code if code >= 0 else die_by(-code)


def modern(program: str, arguments: list[str], env: Mapping[str, str], *, run: Runner) -> list[str]:
    """`arguments`, translated when this Terragrunt no longer knows their command, which is said then."""
    word = legacy(arguments)
    if not word:
        return arguments
    said = run((program, "--version"), cwd=Path.cwd(), env=env).stdout.decode("utf-8", "replace")
    installed = version_in(said)
    if installed is None or installed < WITHOUT_RUN_ALL:
        return arguments
    new = translated(arguments)
    shown = " ".join(masked_argv(new))
    say(f"Terragrunt {'.'.join(map(str, installed))} has no {word}; running: terragrunt {shown}")
    return new


def summary(found: list[Account]) -> str:
    """What each unit did, in the order in which they ran."""
    return "".join(render(account, who=f"{account.unit}: {account.command}", hints=False) for account in found)


def run_id() -> str:
    """A name for everything that this command does, in the audit log and in notices: sortable by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _attended(program: str, argv: list[str], env: Mapping[str, str]) -> int:
    with Signals() as signals:
        try:
            return run_child(program, argv, env=env, signals=signals)
        except OSError as error:
            return refuse(f"cannot run {program}: {error.strerror}")
