"""`dg state diff`: what happened between two states, or two versions of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import output_options, template_option, unit_options
from driftgate.cli.state_past import REFERENCES, split, state_at
from driftgate.cli.state_target import find_unit
from driftgate.errors import ExitCode
from driftgate.report.formats import FORMATS

if TYPE_CHECKING:
    from driftgate.finding import SourceRange
    from driftgate.report.state_diff import Code

EPILOG = f"""\b
Examples:
  dg state diff live/app@41                    what happened since serial 41
  dg state diff live/app@41 live/app@2d        between two versions
  dg state diff before.tfstate after.tfstate -o json
  dg state diff live/app@41 -o html --out changes.html
  dg state diff 3f9a01c2 live/app              from a backup to what is stored now

{REFERENCES}
\b
Layout, order and serials do not count. Secrets are masked. Exit codes: 0 also when they differ, 1 error; with
--detailed-exitcode 2 when they differ.
"""


@click.command(epilog=EPILOG)
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--summary", is_flag=True, help="Ten lines at most, without values; for -o table.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when the two differ.")
@output_options(list(FORMATS))
@template_option
@unit_options
def diff(
    before: str,
    after: str | None,
    summary: bool,
    detailed_exitcode: bool,
    output: str,
    out: Path | None,
    template_dirs: tuple[Path, ...],
    **choices: Any,
) -> int:
    """Compare two states: resources added, removed, moved, replaced or changed, and outputs.

    B is what the unit of A has stored now, when only A is given.
    """
    from driftgate.cli.emit import emit, look
    from driftgate.report.state_diff import summary as short
    from driftgate.report.state_diff_formats import to_text
    from driftgate.state.diff import diff as compare
    from driftgate.state.diff_view import diff_tree, redactor_of

    if summary and output != "table":
        raise click.UsageError(f"--summary is a short table: leave it away with -o {output}")
    other = _other(before, after)
    older, newer = state_at(before, **choices), state_at(other, **choices)
    found, how = compare(older, newer), look(out, template_dirs)
    tree = diff_tree(found, redactor_of(older, newer))
    if summary:
        emit(short(tree, color=how.color, width=how.width), out)
    else:
        emit(to_text(tree, output, how, _code((other, before), output, choices)), out)
    return ExitCode.FINDINGS if detailed_exitcode and found else ExitCode.CLEAN


def _other(before: str, after: str | None) -> str:
    if after is not None:
        return after
    unit, version = split(before)
    if not version:
        raise click.UsageError("name a second state, or a version of one: A must be UNIT@VERSION when it stands alone")
    return unit


def _code(references: tuple[str, str], output: str, choices: dict[str, Any]) -> Code:
    """The code of the first of the two that is of a unit; nothing where the format has no use for it."""
    from driftgate.discover.source import SourceIndex
    from driftgate.report.state_diff import Code

    folder = next((path for path in (Path(split(each)[0]) for each in references) if path.is_dir()), None)
    if folder is None or output in ("table", "json", "ndjson"):
        return Code()
    root, unit = find_unit(folder, **choices)
    index = SourceIndex(root, root / unit.path)

    def find(address: str) -> SourceRange | None:
        block = index.find(address)
        return block.range if block else None

    return Code(str(unit.path), find)
