"""`dg demo`: the whole main job on an embedded AWS with the real terraform, or on recorded plans."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.clock import stamp
from driftgate.cli.demo_show import discover_and_scan, scan_terragrunt, tell_what_was_done, title
from driftgate.errors import DriftgateError

if TYPE_CHECKING:
    from driftgate.finding import Report
    from driftgate.safety.redact import Redactor

EPILOG = """\b
Examples:
  dg demo                       about a minute, nothing is left but the reports
  dg demo --keep shop           leave the repo in shop/ to look at
  dg demo --keep shop --hold    ... and keep the embedded AWS running until ^C, to play on
  dg demo --recorded            without terraform: judge plans that were recorded

\b
Exit codes: 0 the demo ran (the drift it finds is meant to be found), 1 something broke.
No cloud account is touched: the only credentials in play are fake ones for a server on 127.0.0.1.
"""


@click.command(name="demo", epilog=EPILOG)
@click.option("--keep", metavar="DIR", type=click.Path(path_type=Path), help="Play in this new folder, and leave it.")
@click.option("--hold", is_flag=True, help="Keep the embedded AWS running until ^C, to try more.")
@click.option("--recorded", is_flag=True, help="Do not run terraform: judge the recorded plans.")
@click.option("--out-dir", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
              help="Where the reports go. Default: a new folder for temporary files.")  # fmt: skip
def command(keep: Path | None, hold: bool, recorded: bool, out_dir: Path | None) -> int:
    """Run the whole main job without a cloud account.

    Applies a small repo with the real terraform to an embedded AWS, changes things behind Terraform's back, leaves a
    change of the code unapplied, and then runs `dg discover` and `dg drift scan` to tell the one from the other.
    """
    from driftgate.cli.emit import note
    from driftgate.demo.terraform import NoTerraformError

    with _folder(keep) as folder:
        if not recorded:
            try:
                return _play(folder, out_dir, keep=keep is not None, hold=hold)
            except NoTerraformError as error:
                note(f"{error.message}: showing what was recorded of this demo instead")
        return _play_recorded(folder, out_dir)


def _play(folder: Path, out_dir: Path | None, *, keep: bool, hold: bool) -> int:
    from driftgate import process
    from driftgate.cli.scan import scan_units
    from driftgate.cli.steps import steps
    from driftgate.demo.environment import shell_script
    from driftgate.demo.stage import applied, break_things
    from driftgate.demo.terragrunt import UNIT

    with ExitStack() as world:
        with steps() as step:
            stage = world.enter_context(applied(folder, env=dict(os.environ), run=process.run, step=step))
            break_things(stage, step)
        tell_what_was_done()
        env, tool = stage.terraform.env, stage.terraform.binary.name

        def scan(redactor: Redactor) -> Report:
            return scan_units(
                [], redactor, started=stamp(), env=env, workspace=None, tool=tool,
                backend_config=(), var_files=(), changed_since=None, parallelism=4,
            )  # fmt: skip

        def scan_live(redactor: Redactor) -> Report:
            return scan_units(
                [stage.live / UNIT], redactor, started=stamp(), env=env, workspace=None, tool=tool, parallelism=1
            )

        code = discover_and_scan(stage.repo, env, scan, out_dir, typed="dg drift scan")
        code = max(code, scan_terragrunt(stage.live, env, scan_live, unit=UNIT))
        if keep or hold:
            (folder / "env.sh").write_text(shell_script(env, user=os.environ), encoding="utf-8")
        if hold:
            _hold(folder)
        elif keep:
            title(f"The repo is in {stage.repo}; its AWS is gone, so `dg discover` works there and a scan does not.")
    return code


def _play_recorded(folder: Path, out_dir: Path | None) -> int:
    from driftgate import process
    from driftgate.demo.environment import own_environment
    from driftgate.demo.recorded import lay_out_recorded

    repo, env = folder / "repo", own_environment(os.environ, folder)
    shutil.rmtree(repo, ignore_errors=True)
    lay_out_recorded(repo, env=env, run=process.run)
    tell_what_was_done()
    return discover_and_scan(repo, env, _scan_recorded, out_dir, typed="dg drift scan --plan-json RECORDED")


def _scan_recorded(redactor: Redactor) -> Report:
    from driftgate.cli.scan import scan_plans
    from driftgate.demo.layout import ROOT_MODULES
    from driftgate.demo.recorded import plan_file

    reports = []
    for module in ROOT_MODULES:
        plan = f"{module.path}={plan_file(module)}"
        reports.append(scan_plans([plan], [], redactor, started=stamp(), workspace=module.workspace))
    return replace(reports[0], units=tuple(unit for report in reports for unit in report.units), recorded=True)


def _hold(folder: Path) -> None:
    from driftgate.cli.emit import note

    title("The embedded AWS runs until ^C. In another terminal:")
    click.echo(f"  cd {folder / 'repo'} && . ../env.sh\n  dg drift scan live/network\n  dg state list live/network")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        note("stopping the embedded AWS")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A new folder to play in; without `keep` it is gone afterwards."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="driftgate-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise DriftgateError(f"{keep} is not empty", next_step="name a new folder with --keep")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()
