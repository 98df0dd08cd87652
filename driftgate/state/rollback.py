"""Going back: an older state under the next serial, what that would mean, and the way back from there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from driftgate.safety.trail.record import Record, parse
from driftgate.state.diff import Change, StateDiff
from driftgate.state.edit import with_serial
from driftgate.state.file import StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.successor import check_successor, same_content

ACTION = "state rollback"
_SERIAL = re.compile(rb'"serial"\s*:\s*(\d{1,19})')
check_rollback = partial(check_successor, older_writer=True)
"""May the older state follow? The same lineage; that an older Terraform wrote it is what going back means."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a rollback does to some resources: `what` in a word, `sentence` for people, their labels."""

    what: str
    sentence: str
    labels: tuple[str, ...]


def rolled_back(old: bytes, *, above: int = 0) -> Callable[[StateFile | None], bytes]:
    """A change that makes the present state the `old` one again, under the next serial; nothing where it is that.

    Where there is no usable state the serial is greater than that of `old` and than `above`.
    """

    def change(current: StateFile | None) -> bytes:
        state = parse_state(old, "the older state")
        if current is None:
            return with_serial(old, max(state.serial, above) + 1)
        return current.data if same_content_but_serial(state, current) else with_serial(old, current.serial + 1)

    return change


def same_content_but_serial(old: StateFile, current: StateFile) -> bool:
    """Whether the two say the same, whatever their serials."""
    return same_content(parse_state(with_serial(old.data, current.serial)), current)


def serial_in(damaged: bytes) -> int:
    """The serial that bytes that are no state, or no longer one, still seem to have; 0 for none."""
    found = _SERIAL.search(damaged)
    return int(found[1]) if found else 0


def consequences(diff: StateDiff) -> tuple[Consequence, ...]:
    """What the next plan makes of going back, from the `diff` of the present state to the older one."""
    managed = [item for item in diff.instances if item.instance.resource.mode == "managed"]
    found = (
        Consequence(what, sentence, tuple(item.instance.label for item in managed if item.change is change))
        for change, what, sentence in _SENTENCES
    )
    return tuple(item for item in found if item.labels)


_SENTENCES = (
    (
        Change.REMOVED,
        "forgotten",
        "would be forgotten: the object goes on existing, nothing manages it, and the next apply creates another one",
    ),
    (
        Change.REPLACED,
        "older object",
        "would stand for the object before it was replaced: the present one is forgotten, and the next plan creates "
        "the older one again where it is gone",
    ),
    (
        Change.ADDED,
        "back",
        "would be in the state again: the next plan looks for the object, and creates it where it is gone but in code",
    ),
    (
        Change.MOVED,
        "older address",
        "would stand at an older address: the next plan moves it where a `moved` block says so, else it destroys and "
        "creates",
    ),
    (
        Change.CHANGED,
        "older values",
        "would have older values until the next plan reads the present ones; it then wants what differs from code",
    ),
)


def to_undo(log: Iterable[bytes], identity: str, current: StateFile | None) -> str:
    """The id of the backup that the last rollback made of what it replaced, from the lines of the audit log.

    Raises StateError when it was not a rollback that wrote what is stored now.
    """
    written = _written(log, identity)
    last: Mapping[str, Any] = next((details for details in reversed(written) if details.get("backup")), {})
    if current is None or last.get("serial_after") != current.serial:
        stored = f"serial {current.serial} was not written by a rollback" if current else "there is no state"
        raise StateError(
            f"there is nothing to undo: {stored}, as far as the audit log of this machine knows",
            next_step="`dg state rollback --to` goes to any version that `dg state history` lists",
        )
    return str(last["backup"])


_OF_ROLLBACK = f'"{ACTION}"'.encode()


def _written(log: Iterable[bytes], identity: str) -> list[Mapping[str, Any]]:
    """What the log says of each rollback of the state at `identity` that is not known to have failed, in order."""
    found: list[Mapping[str, Any]] = []
    for record in (parse(line.strip()) for line in log if _OF_ROLLBACK in line):
        if record is None or record.action != ACTION or not _is_of(record, identity):
            continue
        if str(record.document.get("outcome")).startswith("failed"):
            found = found[:-1]  # what was written down when it began, all that a killed one leaves
        else:
            details = record.document.get("details")
            found.append(details if isinstance(details, dict) else {})
    return found


def _is_of(record: Record, identity: str) -> bool:
    subject = record.document.get("subject")
    return isinstance(subject, dict) and subject.get("identity") == identity
