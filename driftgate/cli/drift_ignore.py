"""`dg drift ignore`: accept a drift for a while, with a reason."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg drift ignore type:aws_autoscaling_group.desired_capacity --reason 'scaled by itself'
  dg drift ignore 'module.web.*.tags' --reason 'tagged by hand' --owner @web --until 2027-01-31
  dg drift ignore aws_sqs_queue.jobs --unit live/app --reason 'moved by hand' --yes

\b
ADDRESS is what a report shows, with or without an attribute; `*` stands for anything. It covers all that is inside.
Without --yes the line is only shown.
"""


@click.command(name="ignore", epilog=EPILOG)
@click.argument("address")
@click.option("--reason", required=True, metavar="TEXT", help="Why this drift is all right.")
@click.option("--owner", default="", metavar="NAME", help="Who answers for it.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day; then it is drift again."
)
@click.option("--unit", default="", metavar="PATH", help="Only in this unit; `*` stands for anything.")
@click.option("--yes", is_flag=True, help="Write the line.")
def command(address: str, reason: str, owner: str, until: datetime | None, unit: str, yes: bool) -> int:
    """Add a line to the repo's .driftignore."""
    from driftgate.cli.emit import emit, note
    from driftgate.cli.ignores import read, today
    from driftgate.discover.root import repo_root
    from driftgate.drift.ignore import FILE, parse, spell, with_lines
    from driftgate.wrap.hooks.ignore_file import Code

    if not address.strip() or address.startswith("#"):
        raise click.UsageError("there is no address to ignore")
    line = spell(address, unit=unit, reason=reason, owner=owner, expires=until.date() if until else None)
    entries, mistakes = parse(line)
    if mistakes or "\n" in line or entries[0].pattern != address:
        why = mistakes[0].message if mistakes else "it cannot stand in one line of the file"
        raise click.UsageError(f"this would not be read back: {why}")
    if entries[0].expired(today()):
        raise click.UsageError(f"--until {entries[0].expires} is over already")
    file = repo_root(Path.cwd()) / FILE
    before = read(file) if file.exists() else ""
    if line in before.splitlines():
        note(f"{FILE} has this line already")
        return ExitCode.CLEAN
    emit(line, None)
    unknown = Code(file.parent).unknown(entries[0])
    if unknown is not None:
        note(f"warning: {unknown.message}{f'; {unknown.hint}'.rstrip() if unknown.hint else ''}")
    if not yes:
        note(f"nothing written; --yes adds this line to {file}")
        return ExitCode.CLEAN
    file.write_text(with_lines(before, [line]), encoding="utf-8", newline="")
    note(f"added to {file}")
    return ExitCode.CLEAN
