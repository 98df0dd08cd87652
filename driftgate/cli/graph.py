"""`dg graph`: which unit waits for which."""

from __future__ import annotations

import os
from pathlib import Path

import click

from driftgate.cli.options import output_options
from driftgate.cli.selection import Chosen, selection_options
from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg graph export -o dot | dot -Tsvg > units.svg
  dg graph export -o mermaid            for a comment or a wiki
  dg graph export -o json | jq .queue   the order of an apply, level by level
  dg graph export --include live/prod --with-dependents
  dg graph export --changed-since main --with-dependents -o json

\b
Exit codes: 0 written, 1 units wait for each other in a circle (says in which).
"""


GROUP_EPILOG = """\b
Examples:
  dg graph export -o dot | dot -Tsvg > units.svg
  dg graph export -o json | jq .queue
"""


@click.group(name="graph", epilog=GROUP_EPILOG)
def group() -> None:
    """Show which unit waits for which."""


@group.command(epilog=EPILOG)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@output_options(["dot", "mermaid", "json"], default="dot")
@selection_options
@click.option("--changed-since", metavar="REF", help="Only units whose code changed since this git revision.")
@click.option("--destroy", is_flag=True, help="The order of a destroy: dependents first.")
def export(
    path: Path | None, output: str, out: Path | None, chosen: Chosen, changed_since: str | None, destroy: bool
) -> int:
    """Write the graph of the units: an arrow leads from a unit to what it waits for.

    PATH limits it to the units at or under this folder. Default: the repo you stand in.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.discover.root import no_units, repo_of
    from driftgate.discover.units import discover
    from driftgate.graph.dag import queue
    from driftgate.graph.export import to_dot, to_json, to_mermaid

    env = dict(os.environ)
    root, under = repo_of([path] if path else [], Path.cwd())
    units = chosen.of(root, discover(root, env=env, under=under), env, changed_since)
    if not units:
        raise no_units(root, under)
    write = {"dot": to_dot, "mermaid": to_mermaid, "json": to_json}[output]
    emit(write(units, destroy=destroy), out)
    cycles = queue(units).cycles
    for cycle in cycles:
        note(f"dependency cycle: {' -> '.join(cycle)}")
    return ExitCode.ERROR if cycles else ExitCode.CLEAN
