"""Whether a log is whole: finds the first record that was altered, dropped, put elsewhere or repeated, and names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from driftgate.safety.signing import VerifyKey
from driftgate.safety.trail.checkpoint import Checkpoint
from driftgate.safety.trail.record import GENESIS, Record, parse, torn


class Damage(StrEnum):
    """What is wrong with a log."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    REPEATED = "repeated"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing wrong: which record it befell, in which line that shows (0: at the end), in a sentence."""

    damage: Damage
    seq: int
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands: the `records` before the problem, the `last` of them, how many of them a checkpoint covers."""

    records: int
    last: Record | None
    signed: int
    problem: Problem | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """The records in order, as far as they follow one another."""

    hashes: list[str] = field(default_factory=list)
    last: Record | None = None
    fragment: bytes = b""
    fragment_line: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def expected(self) -> int:
        return len(self.hashes) + 1

    @property
    def head(self) -> str:
        return self.hashes[-1] if self.hashes else GENESIS


def verify(lines: Iterable[bytes], checkpoints: Sequence[Checkpoint] = (), keys: Sequence[VerifyKey] = ()) -> Verdict:
    """Judge the log's `lines`, held against `checkpoints` whose signatures must be by one of `keys`.

    Without keys the chain alone is judged. It shows every change but those of somebody who rewrote all that follows,
    or cut the end off: these only a checkpoint shows. Where no record is left there is no chain to judge: then any
    checkpoint shows that there were some.
    """
    walk = _Walk()
    problem = _follow(walk, iter(lines))
    if not problem and walk.fragment:
        walk.notes.append(f"the last {len(walk.fragment)} bytes are a record that was cut off while it was written")
    held = sorted(checkpoints, key=lambda c: (c.seq, c.time))
    if keys:
        against = next((found for checkpoint in held if (found := _against(walk, checkpoint, keys, problem))), None)
    else:
        against = _ends_before(walk, held[-1]) if held and not walk.hashes and not problem else None
    signed = max((c.seq for c in held if c.seq < walk.expected), default=0) if keys and not against else 0
    first = min((p for p in (problem, against) if p), key=lambda p: p.seq, default=None)
    return Verdict(len(walk.hashes), walk.last, signed, first, tuple(walk.notes))


def _follow(walk: _Walk, lines: Iterator[bytes]) -> Problem | None:
    """Follow the chain; what a crash cut off must be attested by the record behind it."""
    for number, line in enumerate(lines, 1):
        record = parse(line.rstrip(b"\n"))
        if record is None:
            walk.fragment_line = walk.fragment_line if walk.fragment else number
            walk.fragment += line
            continue
        fragment = walk.fragment.removesuffix(b"\n")
        if record.document.get("torn") != (torn(fragment) if walk.fragment else None):
            return _altered(walk, walk.fragment_line if walk.fragment else number)
        if fragment:
            walk.notes.append(f"before record {record.seq} stand {len(fragment)} bytes of a record that was cut off")
            walk.fragment = b""
        if (record.seq, record.prev) != (walk.expected, walk.head):
            return _out_of_place(walk, record, number, lines)
        walk.hashes.append(record.hash)
        walk.last = record
    return _altered(walk, walk.fragment_line) if walk.fragment.endswith(b"\n") else None


def _altered(walk: _Walk, line: int) -> Problem:
    seq = walk.expected
    return Problem(
        Damage.ALTERED, seq, line, f"record {seq} (line {line}) was altered: it does not agree with its hash"
    )


def _out_of_place(walk: _Walk, record: Record, line: int, rest: Iterator[bytes]) -> Problem:
    """What befell the chain where a sound record stands that does not follow the one before."""
    seq = walk.expected
    if record.hash in walk.hashes:
        return Problem(Damage.REPEATED, record.seq, line, f"{record.label} stands a second time in line {line}")
    if record.seq > seq:
        return _gap(walk, record, line, rest)
    if record.seq == seq and seq > 1:
        return Problem(
            Damage.ALTERED,
            seq - 1,
            line - 1,
            f"record {seq - 1} (line {line - 1}) was altered, its hash too: record {seq} followed another one",
        )
    return Problem(Damage.FORGED, record.seq, line, f"line {line} holds a {record.label} that is not of this chain")


def _gap(walk: _Walk, record: Record, line: int, rest: Iterator[bytes]) -> Problem:
    """Records are not where they belong: further down, or nowhere."""
    seq = walk.expected
    for number, later in enumerate(rest, line + 1):
        found = parse(later.rstrip(b"\n"))
        if found and (found.seq, found.prev) == (seq, walk.head):
            return Problem(
                Damage.REORDERED, seq, number, f"{found.label} stands in line {number}, behind record {record.seq}"
            )
    gone = _missing(seq, record.seq - 1)
    return Problem(Damage.MISSING, seq, line, f"{gone} missing: in line {line} follows {record.label}")


def _missing(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"


def _against(walk: _Walk, checkpoint: Checkpoint, keys: Sequence[VerifyKey], problem: Problem | None) -> Problem | None:
    """What a checkpoint says against the log."""
    seq = checkpoint.seq
    if not checkpoint.signed_by(keys):
        message = f"the checkpoint of record {seq} is not signed by a key that is trusted (it names {checkpoint.key})"
        return Problem(Damage.FORGED, seq, 0, message)
    if seq > len(walk.hashes):
        return None if problem else _ends_before(walk, checkpoint)
    if walk.hashes[seq - 1] != checkpoint.hash:
        message = f"record {seq} or one before it was altered after the checkpoint of {checkpoint.time}"
        return Problem(Damage.ALTERED, seq, seq, message)
    return None


def _ends_before(walk: _Walk, checkpoint: Checkpoint) -> Problem:
    gone = _missing(walk.expected, checkpoint.seq)
    message = f"{gone} missing: the log ends before its checkpoint of {checkpoint.time}"
    return Problem(Damage.MISSING, walk.expected, 0, message)
