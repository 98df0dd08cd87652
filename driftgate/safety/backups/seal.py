"""The backup's file: a header, then the state packed with zstd and, with a key, sealed. docs/disaster-recovery.md
has it byte for byte.

    0      4 bytes   5D 2A 4D 18: a zstd skippable frame, so that `zstd -d` passes over the header
    4      4 bytes   n, little endian
    8      n bytes   the header: the label as canonical JSON
    8 + n            the state as one zstd frame; with `aes-256-gcm` nonce (12 bytes), ciphertext, tag (16 bytes)

With age, all of this is what age encrypts, and the file is plain age.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import zstandard

from driftgate.safety.backup import BackupError
from driftgate.safety.backups.label import Label, content_id, parse_label
from driftgate.safety.canonical import canonical

MAGIC = 0x184D2A5D
AGE_START = b"age-encryption.org/v1\n"
LEVEL = 3
_LARGEST_HEADER = 1 << 20


class Sealer(Protocol):
    """A way to seal backups."""

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the keys it seals for."""
        ...

    def seal(self, label: Label, packed: bytes) -> tuple[Label, bytes]:
        """The label that says how it is sealed, and the whole file for the `packed` state. Raises BackupError."""
        ...


@runtime_checkable
class Opener(Protocol):
    """A key that opens what was sealed for it."""

    def open_file(self, data: bytes) -> bytes | None:
        """The file inside an age file, None when that is not for this key."""
        ...

    def open_payload(self, label: Label, header: bytes, payload: bytes) -> bytes | None:
        """The packed state behind a header, None when that is not for this key. Raises BackupError if altered."""
        ...


class SealedError(BackupError):
    """A backup for which none of the keys at hand is the right one."""


@dataclass(frozen=True, slots=True)
class InClear:
    """No sealing: whoever can read the file has the state."""

    suffix: str = ".zst"
    keys: tuple[str, ...] = ()

    def seal(self, label: Label, packed: bytes) -> tuple[Label, bytes]:
        open_ = replace(label, sealing={"kind": "none"})
        return open_, framed(open_) + packed


def pack(data: bytes) -> bytes:
    """`data` as one zstd frame with its length and checksum."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)


def framed(label: Label) -> bytes:
    """The header with what stands before it."""
    header = canonical(label.document())
    return struct.pack("<II", MAGIC, len(header)) + header


def is_backup(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a backup."""
    return start.startswith((AGE_START, struct.pack("<I", MAGIC)))


def header_of(data: bytes) -> Label | None:
    """The label in a file's own header; None when the file is age's, which hides it. Raises BackupError."""
    return None if data.startswith(AGE_START) else _split(data)[0]


def unseal(data: bytes, openers: tuple[Opener, ...] = ()) -> tuple[Label, bytes]:
    """The label and the state's bytes in the file `data`, exactly those that its id stands for.

    Raises SealedError when no key fits, BackupError when the file is damaged or was altered.
    """
    if data.startswith(AGE_START):
        inner = next((found for opener in openers if (found := opener.open_file(data)) is not None), None)
        if inner is None:
            raise SealedError("it is sealed with age", next_step="give the private key: --identity FILE")
        data = inner
    label, header, payload = _split(data)
    state = _unpack(_opened(label, header, payload, openers), label.size)
    if content_id(state, label.subject, label.sealing.get("keys", ())) != label.id:
        raise BackupError("its state is not the one that its header names", next_step="take another backup")
    return label, state


def _opened(label: Label, header: bytes, payload: bytes, openers: tuple[Opener, ...]) -> bytes:
    if label.sealing.get("kind", "none") in ("none", "age"):
        return payload
    for opener in openers:
        packed = opener.open_payload(label, header, payload)
        if packed is not None:
            return packed
    names = ", ".join(label.sealing.get("keys", ()))
    raise SealedError(f"it is sealed with the key {names}", next_step="give the key: --key-file FILE, or access to KMS")


def _split(data: bytes) -> tuple[Label, bytes, bytes]:
    try:
        if len(data) < 8:
            raise ValueError("it is too short")
        magic, length = struct.unpack_from("<II", data)
        header = data[8 : 8 + length]
        if magic != MAGIC or length > _LARGEST_HEADER or len(header) != length:
            raise ValueError("its first bytes are others")
        return parse_label(header), header, data[8 + length :]
    except ValueError as error:
        raise BackupError(
            f"it is no backup of driftgate, or a damaged one ({error})", next_step="`dg backup list` shows the others"
        ) from None


def _unpack(packed: bytes, size: int | None) -> bytes:
    """The state, of the size that the header gives: a frame that claims another is not unpacked at all."""
    try:
        if zstandard.frame_content_size(packed) != size:
            raise zstandard.ZstdError("it has not the size that its header gives")
        return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise BackupError(f"its content is damaged ({error})", next_step="take another backup") from None
