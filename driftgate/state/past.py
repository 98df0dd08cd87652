"""Finds the one version of a state that is meant by `@5`, `@2026-11-20T10:00:00Z`, `@3h` or an id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from driftgate.backends.base import Backend, Version, Versioned
from driftgate.safety.backup import BackupError
from driftgate.safety.backups.archive import Kept
from driftgate.safety.trail.select import moment
from driftgate.state.file import StateError
from driftgate.state.history import Sources, kept_of, versions
from driftgate.state.parse import outer_meta
from driftgate.state.snapshot import SnapshotMeta

_SERIAL = re.compile(r"\d{1,19}")
_BACKUP = re.compile(r"[0-9a-f]{6,32}")
LIST = "`dg state history` lists what there is"


@dataclass(frozen=True, slots=True)
class Past:
    """A version that was found: its bytes, and in a few words which one it is and where it was kept."""

    data: bytes
    words: str


def find_past(sources: Sources, wanted: str, *, now: datetime) -> Past:
    """The version that `wanted` names: a serial, a time (what was stored then; `3h` ago), a backup's or a version's id.

    Raises StateError when there is none, or more than one; BackendError and BackupError when it cannot be read.
    """
    if _SERIAL.fullmatch(wanted):  # or an id of digits alone: Google's are, and the beginning of a backup's may be
        found = _by_serial(sources, int(wanted)) or _by_id(sources, wanted)
        missing = f"no version with serial {wanted} is kept"
    else:
        time = read_time(wanted, now)
        if time is not None:
            return _by_time(sources, time)
        found = _by_id(sources, wanted)
        missing = f"no version `{wanted}` is kept: it is no serial, time, version or backup id here"
    if found is None:
        raise StateError(missing, next_step=LIST)
    return found


def last_serial(backend: Backend) -> int:
    """The serial of the newest version in the store that is a state, 0 where it keeps none. Raises BackendError."""
    for version in versions(backend):
        assert isinstance(backend, Versioned)
        meta = _meta(backend.get_version(version.id))
        if meta:
            return meta.serial
    return 0


def read_time(text: str, now: datetime) -> datetime | None:
    """The moment that `text` names, None when it is no time: RFC 3339, a date (its start, UTC), `90m`, `3h`, `2d`."""
    try:
        return moment(text, now)
    except ValueError:
        return None


def _by_serial(sources: Sources, serial: int) -> Past | None:
    present = sources.backend.get()
    now = _meta(present.data) if present else None
    if present and now and now.serial == serial:
        return Past(present.data, f"serial {serial}, which is stored now")
    kept = [k for k in kept_of(sources, now.lineage if now else "") if k.label.subject.serial == serial]
    if len(kept) > 1:
        raise _several(f"serial {serial}", kept)
    if kept:
        return _opened(sources, kept[0])
    for version in versions(sources.backend):
        data = _body(sources, version)
        meta = _meta(data)
        if meta and meta.serial == serial:
            return Past(data, _words(version))
    return None


def _by_time(sources: Sources, time: datetime) -> Past:
    """What was stored at that time: the store's newest version not after it, else what the next backup replaced."""
    for version in versions(sources.backend):
        if datetime.fromisoformat(version.time) <= time:
            return Past(_body(sources, version), _words(version))
    present = sources.backend.get()
    now = _meta(present.data) if present else None
    kept = kept_of(sources, now.lineage if now else "")
    later = [k for k in kept if k.label.created and datetime.fromisoformat(k.label.created) >= time]
    if later:
        return _opened(sources, later[0])
    raise StateError(f"nobody knows what was stored at {time.isoformat(timespec='seconds')}", next_step=LIST)


def _by_id(sources: Sources, wanted: str) -> Past | None:
    for version in versions(sources.backend):
        if version.id == wanted:
            return Past(_body(sources, version), _words(version))
    if _BACKUP.fullmatch(wanted):
        kept = [k for k in kept_of(sources) if k.id.startswith(wanted)]
        if len(kept) > 1:
            raise _several(f"id {wanted}", kept)
        if kept:
            return _opened(sources, kept[0])
    return None


def _meta(data: bytes) -> SnapshotMeta | None:
    """Serial and lineage, None for what is no state: it is passed over, there may be a good one behind it."""
    try:
        return outer_meta(data)
    except StateError:
        return None


def _body(sources: Sources, version: Version) -> bytes:
    assert isinstance(sources.backend, Versioned)
    return sources.backend.get_version(version.id)


def _opened(sources: Sources, kept: Kept) -> Past:
    if sources.archive is None:
        raise BackupError("no backups are kept", next_step=LIST)
    return Past(sources.archive.read(kept, sources.openers), f"backup {kept.id} of {kept.label.created}")


def _words(version: Version) -> str:
    return f"version {version.id} of {version.time}"


def _several(what: str, kept: list[Kept]) -> StateError:
    ids = ", ".join(f"{k.id[:12]} of {k.label.created}" for k in kept)
    return StateError(f"{what} is kept more than once, with different contents", next_step=f"name one: {ids}")
