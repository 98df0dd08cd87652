"""Sealing for age recipients: the files are age's own, any age opens them (https://age-encryption.org/v1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError
from driftgate.safety.backups.label import Label
from driftgate.safety.backups.seal import framed


@dataclass(frozen=True, slots=True)
class AgeSealer:
    """Seals for `keys`: age public keys (`age1…`) or SSH ones (`ssh-ed25519 …`, `ssh-rsa …`)."""

    keys: tuple[str, ...]
    suffix: str = ".zst.age"

    def seal(self, label: Label, packed: bytes) -> tuple[Label, bytes]:
        pyrage = _pyrage()
        recipients = [_recipient(text) for text in self.keys]
        sealed = replace(label, sealing={"kind": "age", "keys": sorted(self.keys)})
        try:
            return sealed, bytes(pyrage.encrypt(framed(sealed) + packed, recipients))
        except pyrage.EncryptError as error:
            raise BackupError(f"age could not seal the backup: {error}", next_step="check the recipients") from None


@dataclass(frozen=True, slots=True, repr=False)
class AgeOpener:
    """Opens with private keys, age's or SSH's."""

    identities: tuple[Any, ...]

    def open_file(self, data: bytes) -> bytes | None:
        pyrage = _pyrage()
        try:
            return bytes(pyrage.decrypt(data, list(self.identities)))
        except pyrage.DecryptError as error:
            if "no matching" in str(error).lower():
                return None
            raise BackupError(f"age could not open it: {error}", next_step="take another backup") from None

    def open_payload(self, label: Label, header: bytes, payload: bytes) -> bytes | None:
        return None


def read_identities(paths: Sequence[Path]) -> AgeOpener:
    """The private keys in files as age-keygen writes them (one a line, `#` comments), or SSH ones without passphrase.

    Raises BackupError.
    """
    return AgeOpener(tuple(key for path in paths for key in _identities(path)))


def check_recipients(keys: Sequence[str]) -> AgeSealer:
    """A sealer for these public keys. Raises BackupError for one that is none, MissingExtra."""
    for key in keys:
        _recipient(key)
    return AgeSealer(tuple(keys))


def _recipient(text: str) -> Any:
    pyrage = _pyrage()
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise BackupError(
            f"`{text}` is no age recipient: {error}", next_step="write public keys: `age1…`, or `ssh-ed25519 …`"
        ) from None


def _identities(path: Path) -> list[Any]:
    pyrage = _pyrage()
    try:
        text = path.read_text("ascii")
        if "PRIVATE KEY-----" in text:
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines]
    except OSError as error:
        raise BackupError(f"cannot read {path}: {error.strerror}", next_step="name a private key of age") from None
    except (pyrage.IdentityError, UnicodeDecodeError, ValueError):
        found = []
    if not found:
        raise BackupError(f"{path} holds no private key of age", next_step="name one that `age-keygen` made")
    return found


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError:
        raise MissingExtra("pyrage", "age", "sealing with age") from None
    return pyrage
