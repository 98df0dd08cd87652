"""What `A` and `B` mean to commands: a state file, a unit, `unit@serial`, `unit@time`, `unit@id`, a backup's id."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.cli.state_target import decoded, load
from driftgate.cli.state_write import place_of
from driftgate.errors import DriftgateError

if TYPE_CHECKING:
    from driftgate.state.file import StateFile
    from driftgate.state.history import Sources
    from driftgate.state.past import Past
    from driftgate.state.writer import Place

REFERENCES = """\b
A version is named by its serial, by a time (what was stored then: 2026-11-20, 2026-11-20T10:00:00Z, or 3h, 2d ago),
by a backup's id (its first six or more characters) or by the store's own version id; see `dg state history`.
"""
_BACKUP = re.compile(r"[0-9a-f]{6,32}")


def state_at(reference: str, **choices: Any) -> StateFile | None:
    """The state that `reference` means, None where nothing is stored. `choices` are those of `unit_options`.

    Raises DriftgateError for what means nothing, and whatever reading raises.
    """
    if Path(reference).exists():
        return load(Path(reference), **choices)
    unit, version = split(reference)
    if version:
        found = past_of(sources_of(place_of(Path(unit), **choices)), version)
        return decoded(found.data, found.words, Path(unit), **choices)
    if _BACKUP.fullmatch(reference):
        found = backup_at(reference)
        return decoded(found.data, found.words, Path(), **choices)
    raise DriftgateError(
        f"`{reference}` is no file, no unit and no backup",
        next_step="name a state file, a unit's folder, UNIT@SERIAL, UNIT@TIME or the id of a backup",
    )


def split(reference: str) -> tuple[str, str]:
    """Unit and version of `unit@version`; no version for anything else. `@4` is of the unit you stand in."""
    unit, at, version = reference.rpartition("@")
    return (unit or ".", version) if at and version and (not unit or Path(unit).exists()) else (reference, "")


def sources_of(place: Place) -> Sources:
    """Where the past of the state at `place` is kept: its backend, and the backups that the settings name."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.backups.keys import openers_of
    from driftgate.safety.open import open_backups
    from driftgate.state.history import Sources

    env, settings = dict(os.environ), settings_in_force().settings.backup
    return Sources(place.backend, place.subject, open_backups(settings, env), openers_of(settings, env))


def past_of(sources: Sources, version: str) -> Past:
    """The version of a state that `version` means. Raises as `find_past`."""
    from driftgate.state.past import find_past

    return find_past(sources, version, now=datetime.now(UTC))


def backup_at(reference: str) -> Past:
    """The state in the backup that `reference` is the id of, or the beginning of it. Raises BackupError."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.backups.keys import openers_of
    from driftgate.safety.open import open_backups
    from driftgate.state.past import Past

    env, settings = dict(os.environ), settings_in_force().settings.backup
    archive = open_backups(settings, env)
    kept = archive.find(reference)
    return Past(archive.read(kept, openers_of(settings, env)), f"backup {kept.id}")
