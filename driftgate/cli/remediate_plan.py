"""`dg remediate plan`: for every finding what closes it, its risk and its undo, and why nothing else was chosen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.clock import stamp
from driftgate.cli.options import output_options, template_option
from driftgate.cli.remediate import patch_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.cli.scan import Wired
    from driftgate.finding import Report
    from driftgate.remediate.step import RemediationPlan

EPILOG = """\b
Examples:
  dg remediate plan                       scan, and say what to do about each finding
  dg remediate plan live/app --strategy accept
  dg remediate plan --strategy missing=forget --strategy 'module.db=accept'
  dg remediate plan --interactive --out fix.md -o markdown
  dg remediate plan -o markdown --out fix.md
  dg remediate plan --from drift.json     what to do about a scan that was saved

\b
Exit codes: 0 nothing to do, 2 there are steps or findings left, 1 something could not be read.
Nothing is changed: the steps are told, with the commands and patches to take them.
"""


@click.command(name="plan", epilog=EPILOG)
@output_options(["table", "json", "markdown"])
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="[CLASS|ADDRESS=]NAME",
    help="For these findings; without CLASS or ADDRESS for all. Wins over the settings. Repeatable.",
)
@click.option("--interactive", is_flag=True, help="Ask for each finding.")
@click.option(
    "--from",
    "result",
    metavar="RESULT.json",
    type=click.Path(path_type=Path, allow_dash=True),
    help="What `dg drift scan -o json` saved, in place of a new scan.",
)
@click.option("--in-code", is_flag=True, help="Let `ignore` add ignore_changes to the code.")
@template_option
@patch_options
def command(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    strategies: tuple[str, ...],
    interactive: bool,
    result: Path | None,
    in_code: bool,
    template_dirs: tuple[Path, ...],
    no_verify: bool,
    wide: bool,
    parallelism: int,
    **choices: Any,
) -> int:
    """Say for every finding of a scan what closes it.

    The default puts the world back where the code says how it should be, and records in the state what the code leaves
    open; objects that only have a new address are moved. Other strategies are chosen by [[remediate.rules]] in the
    settings, by --strategy or by answers. Patches are only made for findings that need one for what is chosen.
    """
    from driftgate.cli.emit import note
    from driftgate.cli.remediate_accept import saved, scanned
    from driftgate.cli.remediate_ask import asked, require_terminal
    from driftgate.cli.remediate_choice import chooser
    from driftgate.cli.remediate_steps import Working, read_states
    from driftgate.cli.scan import wire
    from driftgate.safety.redact import Redactor

    choose = chooser(strategies)
    if interactive:
        require_terminal()
    redactor, env = Redactor(), dict(os.environ)
    wired = wire(paths, redactor, env=env, **choices)
    started = stamp()
    report = saved(wired, result) if result else scanned(wired, started=started, parallelism=parallelism)
    states = read_states(wired, report)
    working = Working(wired, report, states, env, template_dirs, in_code, wide, parallelism)
    if interactive:
        choose = asked(report.findings, working.offers(), choose, redactor.text)
    plan = working.plan(choose, verify=not no_verify)
    _print(plan, report, wired, output, out)
    for unit in report.errors:
        note(redactor.text(f"unread   {unit.path}  {unit.error}"))
    if report.errors:
        return ExitCode.ERROR
    return ExitCode.FINDINGS if plan.steps or plan.left or plan.conflicts else ExitCode.CLEAN


def _print(plan: RemediationPlan, report: Report, wired: Wired, output: str, out: Path | None) -> None:
    from driftgate.cli.emit import emit, wants_color, width
    from driftgate.remediate.chain import files_of, hashes_of
    from driftgate.report.remediation import to_json, to_text

    if output == "json":
        text = to_json(plan, report, files=files_of(plan, wired.root), var_files=hashes_of(wired.var_files))
    else:
        text = to_text(plan, output, color=wants_color(out), width=width())
    emit(wired.redactor.text(text), out)
