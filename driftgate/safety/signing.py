"""Ed25519 signatures: keys in the files that openssl makes too, each signature good for one purpose only."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from driftgate.errors import DriftgateError
from driftgate.safety.private_files import create_private

PREFIX = "ed25519:"
MAKE_ONE = "make one with `dg audit keygen`, or `openssl genpkey -algorithm ed25519`"


class SigningError(DriftgateError):
    """A key that cannot be used for signing or checking."""


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key: its 32 bytes."""

    raw: bytes

    @property
    def id(self) -> str:
        """16 hex digits that name the key in what it has signed."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def __str__(self) -> str:
        """`ed25519:` and base64, as settings and `parse_verify_key` have it."""
        return PREFIX + base64.b64encode(self.raw).decode()

    def verify(self, message: bytes, signature: str, *, purpose: str) -> bool:
        """Whether `signature` is this key's over `message` for `purpose`; a malformed one is not."""
        try:
            made = base64.b64decode(signature, validate=True)
            Ed25519PublicKey.from_public_bytes(self.raw).verify(made, _bound(message, purpose))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key: its 32 secret bytes, shown nowhere."""

    raw: bytes

    @property
    def public(self) -> VerifyKey:
        key = Ed25519PrivateKey.from_private_bytes(self.raw).public_key()
        return VerifyKey(key.public_bytes(pem.Encoding.Raw, pem.PublicFormat.Raw))

    def sign(self, message: bytes, *, purpose: str) -> str:
        """The signature over `message`, in base64. `purpose` (`audit checkpoint`) is signed too: it fits no other."""
        key = Ed25519PrivateKey.from_private_bytes(self.raw)
        return base64.b64encode(key.sign(_bound(message, purpose))).decode()


def _bound(message: bytes, purpose: str) -> bytes:
    return b"driftgate " + purpose.encode() + b"\n" + message


def generate_key() -> SigningKey:
    """A new random key."""
    raw = Ed25519PrivateKey.generate().private_bytes(
        pem.Encoding.Raw, pem.PrivateFormat.Raw, encryption_algorithm=pem.NoEncryption()
    )
    return SigningKey(raw)


def write_key(key: SigningKey, path: Path) -> Path:
    """Store `key` in the new file `path` (PKCS 8 in PEM, 0600) and its public half beside it; returns that file.

    Raises SigningError when one of the two is there already or cannot be written: a key is never overwritten.
    """
    private = Ed25519PrivateKey.from_private_bytes(key.raw)
    body = private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    public = private.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    public_path = public_file(path)
    for file, data in ((public_path, public), (path, body)):
        try:
            create_private(file, data)
        except FileExistsError:
            raise SigningError(
                f"{file} exists already", next_step="name a new file: keys are never overwritten"
            ) from None
        except OSError as error:
            raise SigningError(f"cannot write {file}: {error.strerror}", next_step="name another file") from None
    return public_path


def public_file(path: Path) -> Path:
    """Where the public half of the private key in `path` stands."""
    return path.with_name(path.name + ".pub")


def read_signing_key(path: Path) -> SigningKey:
    """The private key in `path`, PEM. Raises SigningError."""
    try:
        key = pem.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError(f"{path} holds no private key in PEM without a password", next_step=MAKE_ONE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"{path} holds a key of another kind than Ed25519", next_step=MAKE_ONE)
    return SigningKey(key.private_bytes(pem.Encoding.Raw, pem.PrivateFormat.Raw, pem.NoEncryption()))


def read_verify_key(path: Path) -> VerifyKey:
    """The public key in `path`: PEM, or a line `ed25519:…`. Of a private key its public half. Raises SigningError."""
    data = _read(path)
    if data.startswith(PREFIX.encode()):
        return parse_verify_key(data.decode("ascii", "replace").strip())
    if b"PRIVATE KEY" in data:
        return read_signing_key(path).public
    try:
        key = pem.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise SigningError(f"{path} holds no public key in PEM", next_step="name the .pub file of a key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError(f"{path} holds a key of another kind than Ed25519", next_step=MAKE_ONE)
    return VerifyKey(key.public_bytes(pem.Encoding.Raw, pem.PublicFormat.Raw))


def parse_verify_key(text: str) -> VerifyKey:
    """The public key that `ed25519:BASE64` spells, or that stands in the file so named. Raises SigningError."""
    if not text.startswith(PREFIX):
        return read_verify_key(Path(text))
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise SigningError(f"`{text}` is no public key", next_step="write `ed25519:` and the base64 of its 32 bytes")
    return VerifyKey(raw)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SigningError(f"cannot read the key {path}: {error.strerror}", next_step=MAKE_ONE) from None
