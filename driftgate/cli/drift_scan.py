"""`dg drift scan`: scan units for drift and report it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.clock import stamp
from driftgate.cli.ledgers import ledger_option
from driftgate.cli.options import (
    SEVERITIES,
    output_options,
    parallelism_option,
    template_option,
    unit_options,
    var_file_option,
)
from driftgate.cli.selection import Chosen, selection_options
from driftgate.cli.terragrunt import Terragrunt, planner_option, terragrunt_options
from driftgate.errors import ExitCode
from driftgate.report.formats import FORMATS

if TYPE_CHECKING:
    from driftgate.finding import Report

REDACTOR = "driftgate.redactor"
"""Under this name click's context remembers what the scan learnt to be secret."""

SCAN_EPILOG = """\b
Examples:
  dg drift scan                            every unit of the repo
  dg drift scan live/prod --fail-on high   exit 2 only from high severity on
  dg drift scan -o json --out drift.json   for machines (docs/json.md)
  dg drift scan --shard 2/5 -o json --out 2.json   then `dg report merge 1.json 2.json …`
  dg drift scan --plan-json plan.json      a saved plan, no cloud needed:
                                           terraform plan -out p && terraform show -json p > plan.json

\b
Exit codes: 0 no drift, 2 drift at or above --fail-on, 1 something could not be read (says what).
Nothing is ever changed: no lock is taken and nothing is written to your tree.
"""


def _shard(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, int]:
    if value is None:
        return (1, 1)
    number, slash, count = value.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise click.BadParameter(f"{value} is not I/N with 1 ≤ I ≤ N, such as 2/5")
    return int(number), int(count)


@click.command(name="scan", epilog=SCAN_EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@output_options(list(FORMATS))
@template_option
@unit_options
@click.option("--plan-json", "plans", multiple=True, metavar="[UNIT=]FILE",
              help="Judge this JSON plan instead of asking the cloud. Repeatable.")  # fmt: skip
@var_file_option
@click.option("--changed-since", metavar="REF", help="Only units whose code changed since this git revision.")
@selection_options
@planner_option
@terragrunt_options
@click.option(
    "--shard", metavar="I/N", callback=_shard, help="Only every N-th unit, from the I-th on: for a CI matrix."
)
@click.option("--ignore-file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Instead of the repo's .driftignore.")  # fmt: skip
@ledger_option
@click.option("--no-ledger", is_flag=True, help="Remember nothing of this scan.")
@parallelism_option(4)
@click.option("--fail-fast", is_flag=True, help="Start no further unit after one that could not be read.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), default="info", show_default=True,
              help="Exit 2 from this severity on; `none`: never.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Anything unread or uncertain is an error too.")
def command(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    template_dirs: tuple[Path, ...],
    workspace: str | None,
    backend_config: tuple[str, ...],
    tool: str | None,
    plans: tuple[str, ...],
    var_files: tuple[Path, ...],
    changed_since: str | None,
    shard: tuple[int, int],
    ignore_file: Path | None,
    ledger: str,
    no_ledger: bool,
    chosen: Chosen,
    terragrunt: Terragrunt,
    fail_fast: bool,
    parallelism: int,
    fail_on: str,
    strict: bool,
) -> int:
    """Compare every unit's state with the live cloud, and say which differences are drift.

    PATH limits the scan to the units at or under these folders. Default: the repo you stand in.
    """
    from driftgate.cli.emit import emit, look, note
    from driftgate.cli.ignores import without_ignored
    from driftgate.cli.ledgers import remember_scan
    from driftgate.cli.scan import scan_plans, scan_units
    from driftgate.discover.root import repo_of
    from driftgate.report.build import view_of
    from driftgate.report.formats import to_text
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    redactor = click.get_current_context().meta[REDACTOR] = Redactor()
    if plans:
        report = scan_plans(plans, paths, redactor, started=stamp(), workspace=workspace)
    else:
        report = scan_units(
            paths, redactor, started=stamp(), env=dict(os.environ), workspace=workspace, tool=tool,
            backend_config=backend_config, var_files=var_files, changed_since=changed_since, part=shard,
            chosen=chosen, terragrunt=terragrunt, parallelism=parallelism, fail_fast=fail_fast,
        )  # fmt: skip
    root = repo_of(paths, Path.cwd())[0]
    report = without_ignored(report, root, ignore_file)
    safe = redact_report(report, redactor)
    emit(to_text(safe, output, look(out, template_dirs)), out)
    if out is not None:
        note(view_of(safe).verdict.headline)
    if not no_ledger and (ledger or not (plans or safe.recorded)):
        remember_scan(safe, root, ledger, must=bool(ledger))
    elif not no_ledger:
        note("not remembered: a saved plan is no scan of the cloud; --ledger PLACE remembers it, --no-ledger is silent")
    return exit_code(report, fail_on, strict)


def exit_code(report: Report, fail_on: str, strict: bool) -> int:
    """ERROR when a unit could not be read (or, strictly, anything), FINDINGS from `fail_on` on, else CLEAN."""
    from driftgate.finding import DriftClass, Severity

    unread = any(f.cls is DriftClass.UNREAD for f in report.findings)
    if report.errors or (strict and (unread or any(unit.notes for unit in report.units))):
        return ExitCode.ERROR
    if fail_on == "none":
        return ExitCode.CLEAN
    threshold = Severity.parse(fail_on)
    return (
        ExitCode.FINDINGS
        if any(f.cls.is_drift and f.severity >= threshold for f in report.findings)
        else ExitCode.CLEAN
    )
