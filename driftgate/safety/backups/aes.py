"""Sealing with AES-256-GCM under a fresh data key for each backup, that a key file or AWS KMS keeps."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from driftgate.safety.backup import BackupError
from driftgate.safety.backups.label import Label
from driftgate.safety.backups.seal import framed
from driftgate.safety.canonical import canonical

KIND = "aes-256-gcm"
KEY_BYTES = 32
NONCE_BYTES = 12
LARGEST = 2**31 - 1 - 16
"""Bytes that one AES-GCM call of OpenSSL seals, packed."""
MAKE_KEY = "make one with `openssl rand -base64 32 > FILE && chmod 600 FILE`"


class KeyKeeper(Protocol):
    """Who makes data keys and gives them back."""

    @property
    def name(self) -> str:
        """The name of the key that protects the data keys."""
        ...

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A fresh data key and its wrapped form, bound to `context` where that can be. Raises BackupError."""
        ...

    def give_back(self, wrapped: bytes, name: str, context: dict[str, str]) -> bytes | None:
        """The data key again, None when it was wrapped by another key. Raises BackupError."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class KeyFile:
    """A local AES-256 key. Data keys are wrapped after RFC 3394."""

    key: bytes
    random: Callable[[int], bytes] = field(default=os.urandom)

    @property
    def name(self) -> str:
        return "file:" + hashlib.sha256(b"driftgate backup key\n" + self.key).hexdigest()[:16]

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        key = self.random(KEY_BYTES)
        return key, aes_key_wrap(self.key, key)

    def give_back(self, wrapped: bytes, name: str, context: dict[str, str]) -> bytes | None:
        if name != self.name:
            return None
        try:
            return aes_key_unwrap(self.key, wrapped)
        except (InvalidUnwrap, ValueError):
            raise BackupError("its data key was altered", next_step="take another backup") from None


def read_key_file(path: Path) -> KeyFile:
    """The key in `path`: the base64 of 32 bytes. Raises BackupError."""
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError as error:
        raise _unread(path, str(error.strerror)) from None
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise BackupError(f"{path} does not hold the base64 of {KEY_BYTES} bytes", next_step=MAKE_KEY)
    return KeyFile(key)


@dataclass(frozen=True, slots=True)
class AesSealer:
    """Seals under data keys of `keeper`, and opens them again."""

    keeper: KeyKeeper
    random: Callable[[int], bytes] = field(default=os.urandom)
    suffix: str = ".zst.aes"

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.keeper.name,)

    def seal(self, label: Label, packed: bytes) -> tuple[Label, bytes]:
        if len(packed) > LARGEST:
            raise BackupError(f"{len(packed)} packed bytes are more than AES-GCM seals at once", next_step="use age")
        key, wrapped = self.keeper.new_key(_context(label))
        sealing = {"kind": KIND, "keys": list(self.keys), "wrapped": base64.b64encode(wrapped).decode()}
        sealed = replace(label, sealing=sealing)
        nonce = self.random(NONCE_BYTES)
        ciphertext = AESGCM(key).encrypt(nonce, packed, canonical(sealed.document()))
        return sealed, framed(sealed) + nonce + ciphertext

    def open_file(self, data: bytes) -> bytes | None:
        return None

    def open_payload(self, label: Label, header: bytes, payload: bytes) -> bytes | None:
        wrapped, name = _wrapped(label.sealing)
        key = self.keeper.give_back(wrapped, name, _context(label))
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(payload[:NONCE_BYTES], payload[NONCE_BYTES:], header)
        except (InvalidTag, ValueError):
            raise BackupError("it was altered or is cut off: its seal is broken", next_step="take another") from None


@dataclass(frozen=True, slots=True)
class KeyElsewhere:
    """In the place of a sealer whose key file `path` is not on this machine: only sealing has to fail."""

    path: Path
    suffix: str = ".zst.aes"
    keys: tuple[str, ...] = ()

    def seal(self, label: Label, packed: bytes) -> tuple[Label, bytes]:
        raise _unread(self.path, "there is none")


def _unread(path: Path, why: str) -> BackupError:
    return BackupError(
        f"cannot read the key file {path}: {why}",
        next_step=f"put the key there, or set where it is; a first one: {MAKE_KEY}",
    )


def _context(label: Label) -> dict[str, str]:
    """What a data key is bound to and what KMS writes in its own log: whose state it was, and which."""
    subject = label.subject
    return {
        "driftgate:backup": label.id,
        "driftgate:identity": subject.identity or "unknown",
        "driftgate:lineage": subject.lineage or "none",
        "driftgate:serial": str(subject.serial),
    }


def _wrapped(sealing: Any) -> tuple[bytes, str]:
    try:
        return base64.b64decode(sealing["wrapped"], validate=True), str(sealing["keys"][0])
    except (KeyError, IndexError, TypeError, binascii.Error):
        raise BackupError("its header does not say how it is sealed", next_step="take another backup") from None
