"""States that OpenTofu encrypted, decrypted with its own configuration: AES-GCM under a PBKDF2 or AWS KMS key.

The layout is that of opentofu/internal/encryption: `encrypted_data` is nonce (12 bytes), ciphertext and tag; `meta`
has, by key provider, what is needed to come by the key again. A PBKDF2 key is checked against OpenTofu's own example;
whole states have been decrypted only when this project's tests had encrypted them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from driftgate.state.file import EncryptedStateError
from driftgate.state.parse import parse_meta

NONCE = 12
VERSION = "v0"
_LONGEST_KEY = 64
_MOST_ITERATIONS = 100_000_000

OpenKey = Callable[[Mapping[str, object], bytes], bytes]
"""Has a KMS open a data key: the key provider's settings and the sealed key give the plain one; raises BackendError."""


@dataclass(frozen=True, slots=True)
class KeyProvider:
    """A `key_provider` block: `settings` evaluated, `chain` the name of another that gives the passphrase.

    `unknown` says why a setting has no value here (a variable that is not set, …).
    """

    type: str
    name: str
    settings: Mapping[str, object] = field(repr=False)
    chain: str = ""
    unknown: str = ""

    @property
    def key(self) -> str:
        """Under which name the state's `meta` holds its data."""
        return str(self.settings.get("encrypted_metadata_alias") or f"key_provider.{self.type}.{self.name}")


@dataclass(frozen=True, slots=True)
class Method:
    """A `method` block: `keys` names the key provider (`pbkdf2.main`), `aad` is authenticated with the data."""

    type: str
    name: str
    keys: str = ""
    aad: bytes = b""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What an encryption configuration says of states: methods to try in turn, fallbacks after the first."""

    providers: Mapping[str, KeyProvider]
    methods: tuple[Method, ...]


class _Envelope(msgspec.Struct, frozen=True):
    meta: dict[str, bytes]
    encrypted_data: bytes
    encryption_version: str
    serial: int | None = None
    lineage: str | None = None


def decrypt(data: bytes, encryption: Encryption, *, open_key: OpenKey, source: str = "the state") -> bytes:
    """The state inside `data`. Raises EncryptedStateError that says what is missing, and what `open_key` raises."""
    envelope = _open(data, source)
    reasons = []
    for method in encryption.methods:
        try:
            plain = _try(envelope, method, encryption.providers, open_key)
        except _NotThisWay as reason:
            reasons.append(f"{method.type}.{method.name}: {reason}")
            continue
        _check_inside(envelope, plain, source)
        return plain
    why = "; ".join(reasons) or "the configuration has no method for states"
    raise EncryptedStateError(
        f"{source} is encrypted by OpenTofu and cannot be decrypted: {why}",
        next_step="complete the encryption configuration (code, variables or TF_ENCRYPTION), or use `tofu state pull`",
    )


class _NotThisWay(Exception):  # noqa: N818  # a reason, told only when no other method works
    pass


def _open(data: bytes, source: str) -> _Envelope:
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
    except ValueError as error:
        raise EncryptedStateError(
            f"{source} is a damaged encrypted state ({error})", next_step="restore an older version of it"
        ) from None
    if envelope.encryption_version != VERSION:
        raise EncryptedStateError(
            f"{source} is encrypted in version {envelope.encryption_version}; driftgate knows {VERSION}",
            next_step="use `tofu state pull`, or update driftgate",
        )
    return envelope


def _try(envelope: _Envelope, method: Method, providers: Mapping[str, KeyProvider], open_key: OpenKey) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if method.unknown:
        raise _NotThisWay(method.unknown)
    if method.type != "aes_gcm":
        raise _NotThisWay("only `tofu` knows this method")
    key = _key(envelope, method.keys, providers, open_key, ())
    nonce, sealed = envelope.encrypted_data[:NONCE], envelope.encrypted_data[NONCE:]
    try:
        return AESGCM(key).decrypt(nonce, sealed, method.aad or None)
    except InvalidTag:
        raise _NotThisWay("the key does not fit, or the data was altered") from None
    except ValueError as error:
        raise _NotThisWay(f"the key or the data has a wrong length ({error})") from None


def _key(
    envelope: _Envelope, name: str, providers: Mapping[str, KeyProvider], open_key: OpenKey, above: tuple[str, ...]
) -> bytes:
    provider = providers.get(name)
    if provider is None or name in above:
        raise _NotThisWay(f"key_provider {name} refers to itself" if name in above else f"no key_provider {name}")
    if provider.unknown:
        raise _NotThisWay(provider.unknown)
    if provider.key not in envelope.meta:
        have = ", ".join(sorted(envelope.meta)) or "none"
        raise _NotThisWay(f"the state has no data of {provider.key}; it has that of {have}")
    if provider.type == "pbkdf2":
        chained = _key(envelope, provider.chain, providers, open_key, (*above, name)) if provider.chain else None
        return _derived(provider, envelope.meta[provider.key], chained)
    if provider.type == "aws_kms":
        sealed = _decoded(envelope.meta[provider.key], _Sealed).ciphertext_blob
        return open_key(provider.settings, sealed)
    raise _NotThisWay(f"only `tofu` knows key_provider {provider.type}")


class _Sealed(msgspec.Struct, frozen=True):
    ciphertext_blob: bytes


class _Recipe(msgspec.Struct, frozen=True):
    salt: bytes
    iterations: int
    hash_function: str
    key_length: int


def _derived(provider: KeyProvider, meta: bytes, chained: bytes | None) -> bytes:
    """The key from the passphrase by what the state says; its own numbers count, not the configuration's."""
    recipe = _decoded(meta, _Recipe)
    if recipe.hash_function not in ("sha256", "sha512"):
        raise _NotThisWay(f"unknown hash_function {recipe.hash_function}")
    if not 0 < recipe.iterations <= _MOST_ITERATIONS or not 0 < recipe.key_length <= _LONGEST_KEY:
        raise _NotThisWay("its iterations or key_length make no sense")
    passphrase = chained if chained is not None else str(provider.settings.get("passphrase") or "").encode()
    if not passphrase:
        raise _NotThisWay(f"key_provider {provider.type}.{provider.name} has no passphrase")
    return hashlib.pbkdf2_hmac(recipe.hash_function, passphrase, recipe.salt, recipe.iterations, recipe.key_length)


def _decoded(meta: bytes, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(meta, type=shape)
    except ValueError as error:
        raise _NotThisWay(f"the key provider's data in the state is damaged ({error})") from None


def _check_inside(envelope: _Envelope, plain: bytes, source: str) -> None:
    """OpenTofu leaves serial and lineage in clear beside the data; altered, they would make an old state look new."""
    inside = parse_meta(plain, source)
    clear = (envelope.serial, envelope.lineage)
    if clear != (None, None) and clear != (inside.serial, inside.lineage):
        raise EncryptedStateError(
            f"{source} says serial {envelope.serial} outside and {inside.serial} inside its encryption: it was altered",
            next_step="restore an older version of it from the backend or a backup",
        )
