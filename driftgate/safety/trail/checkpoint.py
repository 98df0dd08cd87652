"""Signed statements that a log had this head: what makes a rewritten or shortened log show.

They stand in a file beside the log, one JSON object a line, and are worth more the farther away copies are kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.safety.canonical import canonical
from driftgate.safety.private_files import write_all
from driftgate.safety.trail.record import VERSION, Head

if TYPE_CHECKING:
    from driftgate.safety.signing import SigningKey, VerifyKey

PURPOSE = "audit checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`signature` by the key `key` says: at `time` the log's record `seq` had this `hash`."""

    seq: int
    hash: str
    time: str
    key: str
    signature: str

    def signed_by(self, keys: Iterable[VerifyKey]) -> bool:
        """Whether one of `keys` made the signature."""
        message = _message(self.seq, self.hash, self.time, self.key)
        return any(key.id == self.key and key.verify(message, self.signature, purpose=PURPOSE) for key in keys)

    def to_line(self) -> bytes:
        """The checkpoint as it is stored, with its newline."""
        return canonical({**_statement(self.seq, self.hash, self.time, self.key), "signature": self.signature}) + b"\n"


def make_checkpoint(head: Head, key: SigningKey, time: str) -> Checkpoint:
    """The statement that the log ends in `head`, signed."""
    name = key.public.id
    signature = key.sign(_message(head.seq, head.hash, time, name), purpose=PURPOSE)
    return Checkpoint(head.seq, head.hash, time, name, signature)


def add_checkpoint(log: Path, head: Head, key: SigningKey, time: str) -> Checkpoint:
    """Sign `head` and put the checkpoint beside `log`, whose lock the caller holds. Raises OSError."""
    checkpoint = make_checkpoint(head, key, time)
    path = checkpoint_file(log)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        write_all(descriptor, (b"\n" if cut_off else b"") + checkpoint.to_line())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return checkpoint


def checkpoint_file(log: Path) -> Path:
    """Where the checkpoints of `log` stand."""
    return log.with_name(log.name + ".checkpoints")


def parse_checkpoints(data: bytes) -> tuple[list[Checkpoint], int]:
    """The checkpoints in `data`, and how many lines are none."""
    found = [_parse(line) for line in data.splitlines() if line.strip()]
    good = [checkpoint for checkpoint in found if checkpoint]
    return good, len(found) - len(good)


def _parse(line: bytes) -> Checkpoint | None:
    try:
        given = json.loads(line)
        return Checkpoint(int(given["seq"]), *(str(given[name]) for name in ("hash", "time", "key", "signature")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _message(seq: int, head: str, time: str, key: str) -> bytes:
    return canonical(_statement(seq, head, time, key))


def _statement(seq: int, head: str, time: str, key: str) -> dict[str, Any]:
    return {"v": VERSION, "seq": seq, "hash": head, "time": time, "key": key}
