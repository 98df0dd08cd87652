"""`dg backup diff` and `decrypt`: what is in a backup."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.backup import EPILOG, Source, source_options
from driftgate.cli.options import output_options, template_option, unit_options
from driftgate.cli.state_past import state_at
from driftgate.cli.state_target import load
from driftgate.errors import ExitCode
from driftgate.report.formats import FORMATS

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Kept
    from driftgate.state.file import StateFile


@click.command(epilog=EPILOG)
@click.argument("backup")
@click.argument("other", required=False)
@output_options(list(FORMATS))
@template_option
@unit_options
@source_options
def diff(
    backup: str,
    other: str | None,
    output: str,
    out: Path | None,
    template_dirs: tuple[Path, ...],
    source: Source,
    **choices: Any,
) -> int:
    """Say what happened from BACKUP to OTHER: a unit's folder, UNIT@VERSION, a state file, or another backup.

    Default: to the present state of the unit that the backup is of. Secret values are masked.
    """
    from driftgate.cli.emit import emit, look
    from driftgate.report.state_diff import Code
    from driftgate.report.state_diff_formats import to_text
    from driftgate.state.diff import diff as compare
    from driftgate.state.diff_view import diff_tree, redactor_of

    kept, before = _state(backup, source)
    after = _other(other, kept, source, choices)
    tree = diff_tree(compare(before, after), redactor_of(before, after))
    emit(to_text(tree, output, look(out, template_dirs), Code(kept.label.subject.unit)), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.argument("backup")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write to the new FILE (0600) instead of stdout.")  # fmt: skip
@source_options
def decrypt(backup: str, out: Path | None, source: Source) -> int:
    """Print the state in a backup, byte for byte as it was stored, secrets included."""
    from driftgate.cli.emit import note
    from driftgate.safety.backup import BackupError
    from driftgate.safety.private_files import create_private

    _, data = source.opened(backup)
    if out is None:
        sys.stdout.buffer.write(data)
        return ExitCode.CLEAN
    try:
        create_private(out, data)
    except OSError as error:
        raise BackupError(f"cannot write {out}: {error.strerror}", next_step="name a new file with --out") from None
    note(f"written to {out}; it holds secrets")
    return ExitCode.CLEAN


def unit_folder(kept: Kept) -> Path:
    """The folder of the unit that the backup is of, in the repo you stand in. Raises RepoError."""
    from driftgate.discover.root import repo_root
    from driftgate.errors import RepoError

    folder = repo_root(Path.cwd()) / kept.label.subject.unit
    if kept.label.subject.unit and folder.is_dir():
        return folder
    of = kept.label.subject.unit or kept.label.subject.identity
    raise RepoError(f"backup {kept.id} is of {of}, which is not here", next_step="name a unit's folder or a state file")


def _state(backup: str, source: Source) -> tuple[Kept, StateFile]:
    from driftgate.state.parse import parse_state

    kept, data = source.opened(backup)
    return kept, parse_state(data, f"backup {kept.id}")


def _other(other: str | None, kept: Kept, source: Source, choices: dict[str, Any]) -> StateFile | None:
    """What the backup is compared with."""
    if other is None:
        return load(unit_folder(kept), **choices)
    path = Path(other)
    if path.is_dir() or (path.is_file() and not _is_backup(path)) or "@" in other:
        return state_at(other, **choices)
    return _state(other, source)[1]


def _is_backup(path: Path) -> bool:
    from driftgate.safety.backups.seal import is_backup

    with path.open("rb") as file:
        return is_backup(file.read(64))
