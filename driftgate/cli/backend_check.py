"""`dg backend check`: can this backend be trusted with a state, and may we do what is needed?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import output_options, unit_argument, unit_options
from driftgate.cli.state_write import own_lock, place_of
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.backends.base import Fact

EPILOG = """\b
Examples:
  dg backend check live/app           what can be seen by reading
  dg backend check live/app --yes     also take and give back the lock, and try a write that must be refused

\b
The state is never changed. Exit codes: 0 all as it should be, 1 the state cannot be read, 2 something should be mended.
"""


@click.command(name="check", epilog=EPILOG)
@unit_argument
@click.option("--yes", is_flag=True, help="Try the lock and the condition of writes too.")
@output_options(["table", "json"])
@unit_options
def check(target: Path, yes: bool, output: str, out: Path | None, **choices: Any) -> int:
    """Look how a unit's backend keeps its state, and what we may do there."""
    from driftgate.cli.emit import emit, note
    from driftgate.safety.redact import Redactor
    from driftgate.state.probe import attempt, look

    place = place_of(target, **choices)
    found = list(look(place.backend))
    readable = found[0].good is not False
    if yes and readable:
        found += attempt(place.backend, own_lock("backend check"))
    text = _json(place.subject.identity, found) if output == "json" else _table(place.subject.identity, found)
    emit(Redactor().text(text), out)
    if not yes and readable:
        note("lock and writes are not tried; --yes tries them, changing nothing")
    if not readable:
        return ExitCode.ERROR
    return ExitCode.FINDINGS if any(fact.good is False for fact in found) else ExitCode.CLEAN


def _table(identity: str, found: Sequence[Fact]) -> str:
    lines = [identity]
    for fact in found:
        mark = {True: "✓", False: "✗", None: "?"}[fact.good]
        lines.append(f"{mark} {fact.name:<10} {fact.said}")
        lines += [f"             → {fact.mend}"] if fact.mend and not fact.good else []
    return "\n".join(lines)


def _json(identity: str, found: Sequence[Fact]) -> str:
    rows = [{"name": f.name, "good": f.good, "said": f.said, "mend": f.mend or None} for f in found]
    return json.dumps({"format_version": "1.0", "identity": identity, "facts": rows}, indent=2, ensure_ascii=False)
