"""`dg doctor`: what is wrong with this machine, this repo and its backends, and what mends it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.doctor.check import Finding

EPILOG = """\b
Examples:
  dg doctor              tools, settings, the repo's units, files that leak
  dg doctor --online     ... and whether every state can be reached
  dg doctor --reset-breakers --online   ask again what did not answer
  dg doctor -o json      for a bug report; secrets are masked

\b
Exit codes: 0 nothing fails (there may be warnings), 1 something does.
"""
MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command(name="doctor", epilog=EPILOG)
@click.option("--online", is_flag=True, help="Ask the backends too.")
@click.option("--reset-breakers", is_flag=True, help="First let endpoints be asked again that did not answer.")
@output_options(["table", "json"])
def command(online: bool, reset_breakers: bool, output: str, out: Path | None) -> int:
    """Look for what would go wrong later, and say what mends it."""
    from driftgate import process
    from driftgate.cli.emit import emit, wants_color
    from driftgate.discover.root import repo_root
    from driftgate.discover.units import discover
    from driftgate.doctor.check import Patient, Status
    from driftgate.doctor.checks import examine
    from driftgate.safety.redact import Redactor
    from driftgate.state.circuit import close_circuits

    here, env = Path.cwd(), dict(os.environ)
    if reset_breakers:
        close_circuits(env)
    root = repo_root(here)
    findings = examine(Patient(root, here, env, process.run, discover(root, env=env)), online=online)
    text = _json(findings) if output == "json" else _table(findings, color=wants_color(out))
    emit(Redactor().text(text), out)
    return ExitCode.ERROR if any(finding.status is Status.FAIL for finding in findings) else ExitCode.CLEAN


def _table(findings: Sequence[Finding], *, color: bool) -> str:
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        mark, ink = MARKS[finding.status]
        shown = click.style(mark, fg=ink) if color else mark
        lines.append(f"{shown}  {finding.name:<{width}}  {finding.detail}")
        if finding.mend:
            lines.append(f"{'':<{width + 6}}  → {finding.mend}")
    return "\n".join(lines)


def _json(findings: Sequence[Finding]) -> str:
    rows = [{"name": f.name, "status": f.status.value, "detail": f.detail, "mend": f.mend or None} for f in findings]
    return json.dumps({"format_version": "1.0", "checks": rows}, indent=2, ensure_ascii=False)
