"""`dg discover`: which units a repo has, and where each keeps its state."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.options import absolute_files, output_options, unit_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.report.units_view import Shared
    from driftgate.unit import Unit

EPILOG = """\b
Examples:
  dg discover                        every unit of the repo you stand in
  dg discover live/prod              only those at or under a folder
  dg discover --changed-since main   only those whose code changed on this branch
  dg discover -o json | jq -r '.units[].identity'

\b
Exit codes: 0 all read, 1 source that does not parse, or no units at all.
Only files are read: no terraform runs and no backend is asked.
"""


@click.command(name="discover", epilog=EPILOG)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@output_options(["table", "json", "markdown"])
@unit_options
@click.option("--changed-since", metavar="REF", help="Only units whose code changed since this git revision.")
def command(
    path: Path | None,
    output: str,
    out: Path | None,
    workspace: str | None,
    backend_config: tuple[str, ...],
    tool: str | None,
    changed_since: str | None,
) -> int:
    """List the units of a repo and where each keeps its state.

    PATH limits the list to the units at or under this folder. Default: the repo you stand in.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.discover.changed import changed_units
    from driftgate.discover.root import no_units, repo_of
    from driftgate.discover.units import discover, is_under, shared_states
    from driftgate.safety.redact import Redactor

    root, under = repo_of([path] if path else [], Path.cwd())
    items = absolute_files(backend_config)
    everything = discover(root, env=dict(os.environ), under=[root, *under], backend_config=items,
                          workspace=workspace, tool=tool)  # fmt: skip
    units = [unit for unit in everything if is_under(root, unit, under)]
    if not units:
        raise no_units(root, under)
    if changed_since is not None:
        from driftgate.report.view import plural

        units = changed_units(root, units, changed_since, env=dict(os.environ))
        note(f"{plural(len(units), 'unit')} changed since {changed_since}")
    listed = {unit.path for unit in units}
    shared = [(identity, paths) for identity, paths in shared_states(everything) if listed.intersection(paths)]
    text = _text(units, shared, output, root_is_git=(root / ".git").exists(), out=out)
    emit(Redactor().text(text), out)
    return ExitCode.ERROR if any(unit.error for unit in units) else ExitCode.CLEAN


def _text(units: Sequence[Unit], shared: Shared, output: str, *, root_is_git: bool, out: Path | None) -> str:
    from driftgate.cli.emit import wants_color, width
    from driftgate.report.units_view import to_json, to_markdown, to_table

    if output == "json":
        return to_json(units, shared, root_is_git=root_is_git)
    if output == "markdown":
        return to_markdown(units, shared)
    return to_table(units, shared, color=wants_color(out), width=width())
