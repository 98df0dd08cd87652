"""`dg state verify`: whether a stored state is whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import output_options, unit_argument, unit_options
from driftgate.cli.state_write import guards, lock_options, place_of
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.state.verify import Check

EPILOG = """\b
Examples:
  dg state verify live/app
  dg state verify live/app --mend --yes     make the digest fit again that s3 keeps in DynamoDB

\b
Looked at are the bytes, the digest beside them, the document as terraform's reader would, and the lock.
Exit codes: 0 whole, 1 could not be read, 2 something is wrong with it.
"""


@click.command(name="verify", epilog=EPILOG)
@unit_argument
@click.option("--mend", is_flag=True, help="Mend what can be mended without touching the state: its digest.")
@lock_options
@output_options(["table", "json"])
@unit_options
def verify(
    target: Path,
    mend: bool,
    yes: bool,
    lock_timeout: float,
    reason: str,
    output: str,
    out: Path | None,
    **choices: Any,
) -> int:
    """Look whether a stored state is whole, and mend the digest beside it."""
    from driftgate.cli.emit import emit, note
    from driftgate.safety.redact import Redactor
    from driftgate.state import writer
    from driftgate.state.verify import verify as checks_of

    place = place_of(target, **choices)
    if mend and yes:
        for sentence in writer.mend(place, guards("state verify", lock_timeout, reason)):
            note(sentence)
    checks = place.ask(lambda backend: list(checks_of(backend, place.source)))
    emit(Redactor().text(_json(checks) if output == "json" else _table(checks)), out)
    if mend and not yes and any(check.name == "digest" and check.faults for check in checks):
        note("dry run: nothing is mended; --yes mends the digest")
    return ExitCode.FINDINGS if any(check.faults for check in checks) else ExitCode.CLEAN


def _table(checks: Sequence[Check]) -> str:
    from driftgate.report.text import strip_controls

    lines = []
    for check in checks:
        lines.append(
            f"{'✗' if check.faults else '✓'} {check.name:<8} {check.said if not check.faults else ''}".rstrip()
        )
        lines += [f"    {fault}" for fault in check.faults]
        if check.faults and check.mend:
            lines.append(f"    → {check.mend}")
    return strip_controls("\n".join(lines))


def _json(checks: Sequence[Check]) -> str:
    from driftgate.report.json_report import laid_out

    found = [{"name": c.name, "ok": not c.faults, "said": c.said, "faults": list(c.faults)} for c in checks]
    return laid_out({"format_version": "1.0", "checks": found})
