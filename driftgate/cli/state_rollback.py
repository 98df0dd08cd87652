"""`dg state rollback`: an older version of a state in the place of the present one, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import unit_argument
from driftgate.cli.state_past import REFERENCES, past_of, sources_of
from driftgate.cli.state_write import DRY_RUN, place_of, write_at, write_options

if TYPE_CHECKING:
    from driftgate.state.file import StateFile
    from driftgate.state.history import Sources
    from driftgate.state.past import Past
    from driftgate.state.writer import Place

EPILOG = f"""\b
Examples:
  dg state history live/app
  dg state rollback live/app --to 41             show what that would change and what the next plan would want
  dg state rollback live/app --to 2d --yes --reason "apply went wrong"
  dg state rollback live/app --undo --yes        back to before the rollback

{REFERENCES}
{DRY_RUN}
\b
The older version is stored under the next serial with the same lineage, so that terraform goes on from it. Only the
state changes: what exists in the cloud stays as it is.
"""


@click.command(epilog=EPILOG)
@unit_argument
@click.option("--to", "version", metavar="VERSION", help="A serial, a time, a backup's id or a version's id.")
@click.option("--undo", is_flag=True, help="Back to what stood there before the last rollback.")
@write_options
def rollback(target: Path, version: str | None, undo: bool, **options: Any) -> int:
    """Store an older version of a state again."""
    from driftgate.cli.emit import note
    from driftgate.state.file import EncryptedStateError
    from driftgate.state.rollback import ACTION, check_rollback, consequences, rolled_back
    from driftgate.state.writer import Intent

    if undo == (version is not None):
        raise click.UsageError("say either --to VERSION or --undo")
    place = place_of(target, **{name: options.pop(name) for name in ("workspace", "backend_config", "tool")})
    sources = sources_of(place)
    try:
        current, above = _current(place)
        found = past_of(sources, version) if version is not None else _before_rollback(sources, current)
        note(f"going back to {found.words}")
        intent = Intent(ACTION, rolled_back(found.data, above=above), check_rollback, over_unusable=True)
        return write_at(place, intent, foresee=consequences, **options)
    except EncryptedStateError as error:
        error.next_step = "driftgate only reads such states: use `tofu state push` in the unit"
        raise


def _current(place: Place) -> tuple[StateFile | None, int]:
    """What is stored and its serial; None for nothing and for bytes that are no state: a reason to go back.

    Then the serial is what can still be known of the last one: a plan saved for it must not fit what is stored next.

    Raises EncryptedStateError: a state in clear must not take the place of an encrypted one.
    """
    from driftgate.cli.emit import note
    from driftgate.state.file import EncryptedStateError, StateError
    from driftgate.state.parse import parse_state
    from driftgate.state.rollback import serial_in

    stored = place.ask(lambda backend: backend.get())
    if stored is None or not stored.data:
        return None, _last_serial(place)
    try:
        state = parse_state(stored.data, place.source)
    except EncryptedStateError:
        raise
    except StateError as error:
        note(f"what is stored is not usable: {error.message}")
        return None, max(serial_in(stored.data), _last_serial(place))
    return state, state.serial


def _last_serial(place: Place) -> int:
    from driftgate.backends.base import BackendError
    from driftgate.cli.emit import note
    from driftgate.state.past import last_serial

    try:
        return place.ask(last_serial)
    except BackendError as error:
        note(f"the last serial is not known: {error.message}")
        return 0


def _before_rollback(sources: Sources, current: StateFile | None) -> Past:
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.open import audit_file
    from driftgate.safety.trail.log import lines
    from driftgate.state.rollback import to_undo

    log = audit_file(settings_in_force().settings.audit, dict(os.environ))
    return past_of(sources, to_undo(lines(log), sources.subject.identity, current))
