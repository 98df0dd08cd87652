"""Backups in a store: made, found, opened, checked and removed. Nothing is decided here about what may go."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.index import Index
from driftgate.safety.backups.label import (
    LABEL_SUFFIX,
    Label,
    body_name,
    content_id,
    fits,
    from_name,
    is_body,
    parse_label,
)
from driftgate.safety.backups.seal import InClear, Opener, SealedError, Sealer, header_of, pack, unseal
from driftgate.safety.backups.store import Store
from driftgate.safety.redact import Redactor
from driftgate.safety.trail.log import timestamp, utc_now
from driftgate.threads import in_threads

_READS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that is kept: the name of its file in the store, and its label."""

    name: str
    label: Label

    @property
    def id(self) -> str:
        return self.label.id


class Condition(StrEnum):
    """What a check found."""

    WHOLE = "whole"
    """Opened: the state in it is the one that its id stands for."""
    UNOPENED = "unopened"
    """The file is as it was written, by its hash; there was no key that fits."""
    UNPROVEN = "unproven"
    """Neither was there a key that fits, nor is the file's hash known: nobody can tell."""
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome for one backup, and in a sentence what is wrong or why it was not opened."""

    kept: Kept
    condition: Condition
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """The backups in `store`, sealed by `sealer`; `index` holds a copy of their labels. It is a `Backups`."""

    store: Store
    index: Index
    sealer: Sealer = field(default_factory=InClear)
    now: Callable[[], datetime] = utc_now

    def save(self, data: bytes, subject: Subject, *, reason: str) -> str:
        id_ = content_id(data, subject, self.sealer.keys)
        made = Label(id_, subject, timestamp(self.now()), Redactor().text(reason), len(data))
        label, body = self.sealer.seal(made, pack(data))
        name = body_name(label, self.sealer.suffix)
        if not self.store.put_new(name, body):
            if self._is_well_kept(name):
                return self._labelled(name, label)
            self.remove(Kept(name, label))
            self.store.put_new(name, body)
        return self._labelled(name, replace(label, stored=hashlib.sha256(body).hexdigest()))

    def _is_well_kept(self, name: str) -> bool:
        """Whether the copy that an earlier run has made is still whole; an object store is taken at its word."""
        if self.store.durable:
            return True
        openers = (self.sealer,) if isinstance(self.sealer, Opener) else ()
        condition = self.check(Kept(name, self._label(name)), openers).condition
        return condition not in (Condition.DAMAGED, Condition.MISSING)

    def _labelled(self, name: str, label: Label) -> str:
        """Put the label beside the backup, where it stands already unless a run was killed in between."""
        if self.store.put_new(name + LABEL_SUFFIX, label.to_json()):
            with contextlib.suppress(BackupError):  # a copy only; the backup is safe
                self.index.add({name: label})
        return label.id

    def known(self) -> tuple[Kept, ...]:
        """The backups in the index, without asking the store, oldest first. Raises BackupError."""
        return _sorted(self.index.labels())

    def list(self) -> tuple[Kept, ...]:
        """Every backup in the store, oldest first; the index is brought up to it. Raises BackupError."""
        bodies = {name for name in self.store.names() if is_body(name)}
        labels = self.index.labels()
        gone, new = labels.keys() - bodies, bodies - labels.keys()
        labelled = in_threads(self._label, sorted(new), parallelism=_READS_AT_ONCE)
        found = dict(zip(sorted(new), labelled, strict=True))
        self.index.drop(gone)
        self.index.add({name: label for name, label in found.items() if label.created})
        return _sorted({name: label for name, label in {**labels, **found}.items() if name in bodies})

    def _label(self, name: str) -> Label:
        """The label beside the file, else the one in it, else what its name tells."""
        readings: tuple[tuple[str, Callable[[bytes], Label | None]], ...] = (
            (name + LABEL_SUFFIX, parse_label),
            (name, header_of),
        )
        for source, read in readings:
            data = self.store.get(source)
            with contextlib.suppress(BackupError, ValueError):
                label = read(data or b"")
                if label and fits(label, name):
                    return label
        return from_name(name)

    def find(self, id_: str) -> Kept:
        """The backup whose id begins with `id_`. Raises BackupError when there is none, or more than one."""
        found = [kept for kept in self.list() if kept.id.startswith(id_.lower())] if id_ else []
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} backups have ids that begin with" if found else "there is no backup"
        raise BackupError(f"{what} {id_} in {self.store.address}", next_step="`dg backup list` shows them all")

    def file(self, kept: Kept) -> bytes:
        """The backup's file as stored. Raises BackupError."""
        data = self.store.get(kept.name)
        if data is None:
            raise BackupError(f"backup {kept.id} is no longer in {self.store.address}", next_step="take another")
        return data

    def read(self, kept: Kept, openers: tuple[Opener, ...] = ()) -> bytes:
        """The state's bytes, exactly as they were saved. Raises SealedError, BackupError when it is damaged."""
        data = self.file(kept)
        try:
            label, state = unseal(data, openers)
            if not fits(label, kept.name):
                raise BackupError("it holds another state than its name says", next_step="take another backup")
        except BackupError as error:
            message = f"backup {kept.id} cannot be opened: {error.message}"
            raise type(error)(message, next_step=error.next_step) from None
        return state

    def check(self, kept: Kept, openers: tuple[Opener, ...] = ()) -> Check:
        """Hash the file again and open it with the keys at hand. Raises BackupError when the store fails."""
        data = self.store.get(kept.name)
        if data is None:
            return Check(kept, Condition.MISSING, f"its file is no longer in {self.store.address}")
        if kept.label.stored and hashlib.sha256(data).hexdigest() != kept.label.stored:
            return Check(kept, Condition.DAMAGED, "its file is not the one that was written")
        try:
            self.read(kept, openers)
        except SealedError as error:
            if kept.label.stored:
                return Check(kept, Condition.UNOPENED, error.message)
            return Check(kept, Condition.UNPROVEN, f"{error.message}, and the hash of its file is not known")
        except BackupError as error:
            return Check(kept, Condition.DAMAGED, error.message)
        return Check(kept, Condition.WHOLE)

    def remove(self, kept: Kept) -> None:
        """Remove the backup and then its label, which alone would be nothing. Raises BackupError."""
        self.store.delete(kept.name)
        self.store.delete(kept.name + LABEL_SUFFIX)
        self.index.drop([kept.name])


def _sorted(labels: dict[str, Label]) -> tuple[Kept, ...]:
    return tuple(sorted(_each(labels), key=lambda kept: (kept.label.created, kept.name)))


def _each(labels: dict[str, Label]) -> Iterator[Kept]:
    return (Kept(name, label) for name, label in labels.items())
