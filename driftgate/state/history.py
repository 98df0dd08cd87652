"""A state's past: the versions that its store keeps and the backups that driftgate made, as one list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from driftgate.backends.base import Backend, BackendError, Version, Versioned
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.archive import Archive, Kept
from driftgate.safety.backups.label import content_id
from driftgate.safety.backups.seal import Opener
from driftgate.state.file import EncryptedStateError, StateError, StateFile
from driftgate.state.parse import outer_meta, parse_state
from driftgate.state.snapshot import SnapshotMeta
from driftgate.threads import in_threads

PARALLEL = 8
_RELATIVE = "local://"  # such an identity is relative to a repo: another repo's states may have the same


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the past of one state is kept; `openers` are the keys at hand for sealed backups."""

    backend: Backend
    subject: Subject
    archive: Archive | None = None
    openers: tuple[Opener, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored version of a state.

    `written` is when the store got it, "" where the store does not tell; `backups` were made when it was replaced.
    `meta` and `resources` (instances) are None for what could not be read, `unread` says why. RFC 3339 in UTC.
    """

    written: str = ""
    meta: SnapshotMeta | None = None
    size: int | None = None
    resources: int | None = None
    author: str = ""
    current: bool = False
    version: str = ""
    backups: tuple[Kept, ...] = ()
    unread: str = ""
    encrypted: bool = False
    """By OpenTofu: serial and lineage are in clear, the rest is not looked into."""

    @property
    def serial(self) -> int | None:
        return self.meta.serial if self.meta else None

    @property
    def replaced(self) -> str:
        """When the first backup was made of it, which is when something else took its place; "" for none."""
        return min((kept.label.created for kept in self.backups), default="")


@dataclass(frozen=True, slots=True)
class History:
    """The entries, newest first, and sentences on what is missing from them."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = field(default=())


def history(sources: Sources, *, limit: int) -> History:
    """At most `limit` versions from the store and as many backups, merged where they hold the same bytes.

    Versions are read to know their serials; what cannot be read is an entry that says why. Raises BackendError when
    not even the present state can be read.
    """
    notes: list[str] = []
    kept = _kept(sources, notes)
    entries = _from_store(sources, limit, kept, notes)
    lineage = next((entry.meta.lineage for entry in entries if entry.current and entry.meta), "")
    merged = {item.name for entry in entries for item in entry.backups}
    alone = [item for item in kept if item.name not in merged and _may_be_ours(item, sources.subject, lineage)]
    entries += [_from_backup(item, sources) for item in alone[-limit:]]
    return History(tuple(sorted(entries, key=lambda entry: _age(entry, lineage), reverse=True)), tuple(notes))


def _may_be_ours(kept: Kept, subject: Subject, lineage: str) -> bool:
    """Whether it is no other repo's state that has the same relative path."""
    return not subject.identity.startswith(_RELATIVE) or kept.label.subject.lineage in ("", lineage) or not lineage


def _age(entry: Entry, lineage: str) -> tuple[object, ...]:
    same = entry.meta is not None and entry.meta.lineage == lineage
    return (entry.current, same, -1 if entry.serial is None else entry.serial, entry.written or entry.replaced)


def versions(backend: Backend) -> Iterator[Version]:
    """The versions in the store, newest first; none where it keeps none. Raises BackendError."""
    return backend.versions() if isinstance(backend, Versioned) else iter(())


def _from_store(sources: Sources, limit: int, kept: Sequence[Kept], notes: list[str]) -> list[Entry]:
    found: list[Version] = []
    try:
        found = list(islice(versions(sources.backend), limit))
    except BackendError as error:
        notes.append(f"the store's versions are not listed: {error.message}")
    if found:
        return list(in_threads(lambda version: _from_version(version, sources, kept), found, parallelism=PARALLEL))
    if not notes:
        notes.append("the store keeps no versions of this state")
    present = sources.backend.get()
    return [] if present is None else [_with_backups(Entry(current=True), present.data, sources, kept)]


def _from_version(version: Version, sources: Sources, kept: Sequence[Kept]) -> Entry:
    """The entry of one version; its bytes are let go again, there may be hundreds."""
    entry = Entry(version.time, size=version.size, author=version.author, current=version.current, version=version.id)
    assert isinstance(sources.backend, Versioned)
    try:
        return _with_backups(entry, sources.backend.get_version(version.id), sources, kept)
    except BackendError as error:
        return replace(entry, unread=error.message)


def _read(entry: Entry, data: bytes) -> Entry:
    """The entry with what its bytes say."""
    entry = replace(entry, size=len(data))
    try:
        state = _parsed(data)
        meta = state.meta if state else outer_meta(data, "it")
    except StateError as error:
        return replace(entry, unread=error.message)
    return replace(entry, meta=meta, resources=count(state) if state else None, encrypted=state is None)


def _parsed(data: bytes) -> StateFile | None:
    """The state, None for one that OpenTofu encrypted."""
    try:
        return parse_state(data, "it")
    except EncryptedStateError:
        return None


def count(state: StateFile) -> int:
    """How many resource instances and deposed objects a state holds."""
    return sum(len(resource.instances or ()) for resource in state.resources)


def kept_of(sources: Sources, lineage: str = "") -> tuple[Kept, ...]:
    """The backups of this state, oldest first; with `lineage` none of another one. Raises BackupError."""
    listed = sources.archive.list() if sources.archive else ()
    mine = (kept for kept in listed if kept.label.subject.identity == sources.subject.identity)
    return tuple(kept for kept in mine if not lineage or kept.label.subject.lineage in ("", lineage))


def _kept(sources: Sources, notes: list[str]) -> Sequence[Kept]:
    try:
        return kept_of(sources)
    except BackupError as error:
        notes.append(f"backups are not listed: {error.message}")
        return ()


def _with_backups(entry: Entry, data: bytes, sources: Sources, kept: Sequence[Kept]) -> Entry:
    """The entry with what its bytes say, and the backups that hold the same."""
    entry = _read(entry, data)
    if entry.meta is None or sources.archive is None:
        return entry
    alike = [item for item in kept if item.label.subject.serial == entry.meta.serial]
    same = {content_id(data, subject, sources.archive.sealer.keys) for subject in {i.label.subject for i in alike}}
    return replace(entry, backups=tuple(item for item in alike if item.id in same))


def _from_backup(kept: Kept, sources: Sources) -> Entry:
    """What the backup holds when a key is at hand, else what its label says."""
    label = kept.label
    entry = Entry(size=label.size, backups=(kept,))
    assert sources.archive is not None
    try:
        return _read(entry, sources.archive.read(kept, sources.openers))
    except BackupError as error:
        known = label.subject.serial
        meta = None if known is None else SnapshotMeta(known, label.subject.lineage, "")
        return replace(entry, meta=meta, unread=error.message)
