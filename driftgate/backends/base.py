"""What a backend is: the place of one state's bytes, and what more some of them can do, each a Protocol of its own.

Bytes and locks only: lineage, serial, backups and audit stand once above all of them, in `state/writer.py`. Whether a
backend can do something is asked with isinstance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from driftgate.errors import DriftgateError
from driftgate.process import Runner
from driftgate.tfexec.binary import Binary


class BackendError(DriftgateError):
    """A state that cannot be reached."""


class NoAnswerError(BackendError):
    """An endpoint that does not answer: no connection, or no answer on it. Never a refusal of any kind."""


NO_HEADER = "the login holds a character that no header may hold (a line break at its end?)"
"""What to say where an HTTP client would quote the login."""


class ConflictError(BackendError):
    """What is stored is no longer what the write was based on; nothing was written."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A state's bytes as stored, and the store's token for exactly this version (ETag, …), None where it has none."""

    data: bytes
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version of a state as the store keeps it.

    `id` is the store's own (S3 version id, GCS generation, …), `time` is RFC 3339 in UTC, `current` marks what `get`
    reads now. `author` and `serial` are only known to some stores.
    """

    id: str
    time: str
    size: int | None = None
    current: bool = False
    author: str = ""
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a backend may draw on besides its settings: the unit's folder, the environment, and terraform.

    `binary` None means that terraform was not looked for yet; a backend that needs it looks for `tool` (`terraform`,
    `tofu`, None: the first there is).
    """

    unit_dir: Path
    env: Mapping[str, str]
    run: Runner
    binary: Binary | None = None
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about how a store keeps states: `good` None when it could not be found out; `mend` is what to do."""

    name: str
    good: bool | None
    said: str
    mend: str = ""


class Backend(Protocol):
    """The state of one unit in one workspace."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences worth showing about how it is reached, e.g. settings that are not honoured."""
        ...

    def get(self) -> Payload | None:
        """What is stored now; None when there is no state object. A stored empty file gives empty `data`.

        Raises BackendError when that could not be found out.
        """
        ...


@runtime_checkable
class Writable(Protocol):
    """A backend that we can store a state in."""

    @property
    def conditional(self) -> bool:
        """Whether `put` itself refuses when what is stored has moved; where False, only the lock protects."""
        ...

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """Store `data` in place of `replacing` (None: there was no state), read after `lock_id` was taken.

        Whatever belongs to the state in this store (digest item, metadata, chunks) is written with it. Raises
        ConflictError when the store can tell that something else is stored now, BackendError when it failed.
        """
        ...


@runtime_checkable
class Reprinting(Protocol):
    """A backend that stores its own print of a state, under a serial of its own, not the bytes it is given."""

    @property
    def reprints(self) -> bool:
        """True."""
        ...


@runtime_checkable
class Digested(Protocol):
    """A store with a digest beside the state, by which terraform refuses a state that does not fit it."""

    def digest_fault(self, payload: Payload | None) -> str:
        """What is wrong with the digest of `payload`, just read; "" when it fits, or where there is none."""
        ...

    def write_digest(self, payload: Payload | None) -> None:
        """Make the digest fit `payload`, read under the lock. Raises BackendError."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A store that keeps old versions of the state."""

    def versions(self) -> Iterator[Version]:
        """The versions there are, newest first; empty when the store keeps none for this state.

        Raises BackendError when that could not be found out, e.g. without permission to list versions.
        """
        ...

    def get_version(self, version_id: str) -> bytes:
        """The bytes of a version. Raises BackendError when there is no such version."""
        ...


@runtime_checkable
class Deletable(Protocol):
    """A backend that we can remove a state from."""

    def delete(self, *, lock_id: str | None = None) -> None:
        """Remove the state and what belongs to it in this store; nothing happens where there is none."""
        ...


@runtime_checkable
class Workspaces(Protocol):
    """A backend that can say which workspaces have a state in it."""

    def workspaces(self) -> tuple[str, ...]:
        """Their names, sorted, `default` always among them."""
        ...


@runtime_checkable
class Described(Protocol):
    """A store that can be asked how it keeps its states: who we are there, versions, encryption, who else can read."""

    def facts(self) -> Iterator[Fact]:
        """What there is to know; one that cannot be found out is a fact with the permission it takes."""
        ...
