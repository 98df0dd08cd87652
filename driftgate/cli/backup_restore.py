"""`dg backup restore`: bring the state in a backup back to where it belongs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.backup import Source, source_options
from driftgate.cli.backup_open import unit_folder
from driftgate.cli.state_write import DRY_RUN, place_of, write_at, write_options

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Kept
    from driftgate.state.writer import Place

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
    """Bring the state in BACKUP back. UNIT is a unit's folder or a state file; default: the unit that the backup is of.

    It takes the backup's file and its key, and the unit's code, which says where the state belongs.
    """
    from driftgate.state.restore import restored
    from driftgate.state.successor import check_successor
    from driftgate.state.writer import Intent

    kept, data = source.opened(backup)
    choices = {name: options.pop(name) for name in ("workspace", "backend_config", "tool")}
    place = place_of(target or unit_folder(kept), **choices)
    if not elsewhere:
        _check_place(kept, place)
    check = partial(check_successor, older_writer=True)
    intent = Intent("backup restore", partial(restored, data), check, over_unusable=True, details={"restored": kept.id})
    return write_at(place, intent, **options)


def _check_place(kept: Kept, place: Place) -> None:
    """Returns when the state is where the backup's was. Raises BackupError."""
    from driftgate.safety.backup import BackupError

    if place.subject.identity != kept.label.subject.identity:
        raise BackupError(
            f"backup {kept.id} is of {kept.label.subject.identity}, not of {place.source}",
            next_step="name the unit that it is of, or say --elsewhere if that is meant",
        )
