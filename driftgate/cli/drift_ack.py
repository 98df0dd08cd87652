"""`dg drift ack`: say that somebody looks after a drift."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from driftgate.cli.ledgers import ledger_option
from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg drift ack aws_sqs_queue.jobs --until 2027-01-31 --reason 'being moved' --yes
  dg drift ack 'module.web.*' --until 2027-01-31 --reason 'see ticket 42' --by ada --yes

\b
It stays drift, and counts as before: this tells the others that somebody is on it. To accept drift use
`dg drift ignore`. Without --yes it only shows what would be acknowledged.
"""


@click.command(name="ack", epilog=EPILOG)
@click.argument("address")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day.")
@click.option("--reason", required=True, metavar="TEXT", help="What is being done.")
@click.option("--by", default="", metavar="NAME", help="Who. Default: you.")
@click.option("--yes", is_flag=True, help="Write it.")
@ledger_option
def command(address: str, until: datetime, reason: str, by: str, yes: bool, ledger: str) -> int:
    """Acknowledge open drift at ADDRESS (`*` stands for anything, or a fingerprint) until a day."""
    from fnmatch import fnmatchcase

    from driftgate.cli.emit import note
    from driftgate.cli.ignores import today
    from driftgate.cli.ledgers import ledger_at
    from driftgate.discover.root import repo_root
    from driftgate.ledger.document import LedgerError
    from driftgate.ledger.entry import Ack, Entries, Entry
    from driftgate.safety.actor import actor

    if until.date() < today():
        raise click.UsageError(f"--until {until.date()} is over already")
    who = by or str(actor(dict(os.environ)).get("user", ""))
    ack = Ack(who, until.date().isoformat(), reason)

    def chosen(entry: Entry) -> bool:
        named = fnmatchcase(entry.address, address) or (len(address) >= 8 and entry.fingerprint.startswith(address))
        return not entry.resolved and named

    def change(known: Entries) -> dict[str, Entry]:
        return {key: replace(entry, ack=ack) if chosen(entry) else entry for key, entry in known.items()}

    place = ledger_at(ledger, repo_root(Path.cwd()))
    meant = sorted(f"{entry.unit}: {entry.address}" for entry in place.load().values() if chosen(entry))
    if not meant:
        raise LedgerError(f"no open drift at {address} is remembered", next_step="`dg drift show` lists what is")
    for line in meant:
        click.echo(line)
    if not yes:
        note(f"nothing written; --yes acknowledges {len(meant)} for {who} until {ack.until}")
        return ExitCode.CLEAN
    place.update(change)
    note(f"acknowledged in {place.address}")
    return ExitCode.CLEAN
