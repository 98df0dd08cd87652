"""`dg backup restore`: bring the state in a backup back to where it belongs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.backup import Source, source_options
from driftgate.cli.backup_open import unit_folder
from driftgate.cli.state_target import find_unit
from driftgate.cli.state_write import DRY_RUN, guarded_write, write_options

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Kept

EPILOG = f"""\b
Examples:
  dg backup restore 3f9a                  show what that would change
  dg backup restore 3f9a --yes
  dg backup restore 000000000042-3f9a1c….tfstate.zst.age live/app --identity key.txt --yes

{DRY_RUN}
\b
Where nothing is stored, or what is stored is no state, the backup's bytes are stored as they are. Over a version of the
same state its content gets the next serial, so that it counts as the newest. Over another state it is refused.
"""


@click.command(epilog=EPILOG)
@click.argument("backup")
@click.argument("target", metavar="[UNIT]", required=False, type=click.Path(path_type=Path))
@click.option("--elsewhere", is_flag=True, help="Also where the unit's state is another place than the backup is of.")
@write_options
@source_options
def restore(backup: str, target: Path | None, elsewhere: bool, source: Source, **options: Any) -> int:
    """Bring the state in BACKUP back. UNIT is a unit's folder; default: the unit that the backup is of.

    It takes the backup's file and its key, and the unit's code, which says where the state belongs.
    """
    from driftgate.state.restore import restored
    from driftgate.state.successor import check_successor
    from driftgate.state.writer import Intent

    kept, data = source.opened(backup)
    folder = target or unit_folder(kept)
    if not elsewhere:
        choices = {name: options[name] for name in ("workspace", "backend_config", "tool")}
        _check_place(kept, folder, choices)
    check = partial(check_successor, older_writer=True)
    intent = Intent("backup restore", partial(restored, data), check, over_unusable=True, details={"restored": kept.id})
    return guarded_write(folder, intent, **options)


def _check_place(kept: Kept, folder: Path, choices: dict[str, Any]) -> None:
    """Returns when the unit's state is where the backup's was. Raises BackupError, RepoError."""
    from driftgate.pipeline.back_up import identity_of
    from driftgate.safety.backup import BackupError

    _, unit = find_unit(folder, **choices)
    identity = identity_of(unit)
    if identity != kept.label.subject.identity:
        raise BackupError(
            f"backup {kept.id} is of {kept.label.subject.identity}, the state of {unit.path} is {identity}",
            next_step="name the unit that it is of, or say --elsewhere if that is meant",
        )
