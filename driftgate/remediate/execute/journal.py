"""The journal of a run: what was begun and what is done, on the disk before anything goes on.

One line, one record; `steps` are those that it is about, so steps that are taken together are all done or none is."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from driftgate.errors import DriftgateError, ExitCode
from driftgate.safety.private_files import create_private, private_folder, sync_folder, write_all

FILE = "journal.jsonl"
PLAN = "plan.json"
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")
Record = Mapping[str, Any]


class JournalError(DriftgateError):
    """A run that is not there, is damaged, or cannot be written down."""


class RunBusyError(JournalError):
    """Another process is at it."""

    exit_code = ExitCode.LOCKED


@dataclass(slots=True)
class Journal:
    """The records of one run in its `folder`, and the open file that more are added to."""

    folder: Path
    descriptor: int
    records: list[Record]

    @property
    def run(self) -> str:
        return self.folder.name

    @property
    def begun(self) -> Record:
        """What the run was begun with."""
        return self.records[0]

    @property
    def ended(self) -> str:
        """How the run ended, "" for one that has not."""
        last = self.of("ended")
        return str(last["outcome"]) if last else ""

    def write(self, event: str, **details: object) -> None:
        """Add a record; it is on the disk when this returns. Raises JournalError, after which nothing may be done."""
        record = {"event": event, **details}
        size = os.fstat(self.descriptor).st_size
        torn = size > 0 and os.pread(self.descriptor, 1, size - 1) != b"\n"
        try:
            write_all(self.descriptor, (b"\n" if torn else b"") + msgspec.json.encode(record) + b"\n")
            os.fsync(self.descriptor)
        except OSError as error:
            raise JournalError(
                f"cannot write the journal of run {self.run}: {error.strerror}",
                next_step=f"make room, then `dg remediate apply --resume {self.run}`",
            ) from None
        self.records.append(record)

    def of(self, event: str, step: int | None = None) -> Record | None:
        """The last record of that event, of that step where one is named."""
        return next((r for r in reversed(self.records) if _is(r, event, step)), None)

    def first(self, event: str, step: int) -> Record | None:
        """The first such record of the step."""
        return next((r for r in self.records if _is(r, event, step)), None)


def steps_of(event: str, records: Iterable[Record]) -> set[int]:
    """The numbers of the steps that have such a record."""
    return {number for record in records if record["event"] == event for number in record["steps"]}


def _is(record: Record, event: str, step: int | None) -> bool:
    return bool(record["event"] == event and (step is None or step in record.get("steps", ())))


def new_run(runs: Path, run: str, plan: bytes) -> Path:
    """A private folder for a run, with the plan that it takes. Raises JournalError."""
    folder = runs / run
    try:
        private_folder(folder)
        create_private(folder / PLAN, plan)
        create_private(folder / FILE, b"")
        sync_folder(folder)
    except OSError as error:
        raise JournalError(
            f"cannot keep a journal in {folder}: {error.strerror}", next_step="nothing was done; make room there"
        ) from None
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal in `folder`, no other process in it. Raises JournalError, RunBusyError."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"the journal of run {folder.name} cannot be opened: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunBusyError(f"run {folder.name} is under way in another process", next_step="wait for it") from None
        yield Journal(folder, descriptor, read(folder))
    finally:
        os.close(descriptor)


def read(folder: Path) -> list[Record]:
    """The records of the run in `folder`; a line that a kill cut off is none. Raises JournalError."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except OSError as error:
        raise JournalError(f"the journal of run {folder.name} cannot be read: {error.strerror}") from None
    records: list[Record] = []
    for line in lines:
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            continue
        if isinstance(record.get("event"), str):
            records.append(record)
    return records


def runs_in(runs: Path) -> list[Path]:
    """The folders of all runs, the oldest first."""
    return sorted(path for path in runs.glob("*") if _RUN.fullmatch(path.name)) if runs.is_dir() else []


def find_run(runs: Path, name: str) -> Path:
    """The folder of the run that `name` is, or is the beginning or end of. Raises JournalError."""
    found = [path for path in runs_in(runs) if path.name.startswith(name) or path.name.endswith(name)]
    if name and len(found) == 1:
        return found[0]
    what = f"{len(found)} runs are called {name}" if found else f"there is no run {name}"
    raise JournalError(what, next_step="`dg remediate runs` lists them")
