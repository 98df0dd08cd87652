"""What the demo shows: what was done to the cloud, and what `dg discover` and `dg drift scan` say about it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.finding import Report
    from driftgate.safety.redact import Redactor

FILES = (
    ("pr-comment.md", "markdown", "the comment for a pull request"),
    ("report.html", "html", "to open in a browser"),
    ("drift.json", "json", "for machines"),
)


def tell_what_was_done() -> None:
    from driftgate.demo.layout import PENDING
    from driftgate.demo.tamper import TAMPERS

    title("Behind Terraform's back somebody has")
    for tamper in TAMPERS:
        click.echo(f"  · {tamper.sentence}")
    title("A change of the code was merged and not applied")
    click.echo(f"  · {PENDING.sentence}")


def discover_and_scan(
    repo: Path, env: Mapping[str, str], scan: Callable[[Redactor], Report], out_dir: Path | None, *, typed: str
) -> int:
    """What the user would have `typed` in the repo. One scan, shown and written in every format."""
    from driftgate.cli.discover import command as discover
    from driftgate.cli.emit import emit, wants_color, width
    from driftgate.report.formats import Look, to_text
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    redactor = Redactor()
    with _standing_in(repo, env):
        title("$ dg discover")
        discover.main([], prog_name="dg discover", standalone_mode=False)
        title(f"$ {typed}")
        report = redact_report(scan(redactor), redactor)
    emit(to_text(report, "table", Look(wants_color(), width())), None)
    _write(report, out_dir)
    return ExitCode.ERROR if report.errors else ExitCode.CLEAN


def scan_terragrunt(repo: Path, env: Mapping[str, str], scan: Callable[[Redactor], Report], *, unit: str) -> int:
    """The same for a unit of the Terragrunt repo, which is planned without Terragrunt."""
    from driftgate.cli.emit import emit, wants_color, width
    from driftgate.report.formats import Look, to_text
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    redactor = Redactor()
    with _standing_in(repo, env):
        title(f"$ cd ../{repo.name} && dg drift scan {unit}   # a Terragrunt unit; its VPC was given another name")
        report = redact_report(scan(redactor), redactor)
    emit(to_text(report, "table", Look(wants_color(), width())), None)
    return ExitCode.ERROR if report.errors else ExitCode.CLEAN


def _write(report: Report, out_dir: Path | None) -> None:
    from driftgate.report.formats import to_text

    out = (out_dir or Path(tempfile.mkdtemp(prefix="driftgate-demo-reports-"))).resolve()
    out.mkdir(parents=True, exist_ok=True)
    title("The same as files")
    for name, format, purpose in FILES:
        (out / name).write_text(to_text(report, format), encoding="utf-8")
        click.echo(f"  {out / name}  {purpose}")


@contextmanager
def _standing_in(repo: Path, env: Mapping[str, str]) -> Iterator[None]:
    """The process as if it had been started in `repo` under exactly `env`: boto3 and git read the real environment."""
    before = dict(os.environ)
    _become(env)
    try:
        with chdir(repo):
            yield
    finally:
        _become(before)


def _become(env: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)


def title(text: str) -> None:
    from driftgate.cli.emit import wants_color

    click.echo("\n" + (click.style(text, bold=True) if wants_color() else text), color=True)
