"""Encrypts states as OpenTofu does, for tests: there is no tofu here to do it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PASSPHRASE = "correct-horse-battery-staple"
ITERATIONS = 1000  # OpenTofu's least is 200,000; a reader takes what the state says
CODE = f"""
terraform {{
  encryption {{
    key_provider "pbkdf2" "main" {{
      passphrase = "{PASSPHRASE}"
    }}
    method "aes_gcm" "main" {{
      keys = key_provider.pbkdf2.main
    }}
    state {{
      method = method.aes_gcm.main
    }}
  }}
}}
"""


def recipe(hash_function: str = "sha512", salt: bytes = b"s" * 32) -> dict[str, Any]:
    """The data that a pbkdf2 key provider leaves in the state."""
    return {
        "salt": base64.b64encode(salt).decode(), "iterations": ITERATIONS, "hash_function": hash_function, "key_length": 32
    }  # fmt: skip


def derive(passphrase: bytes, hash_function: str = "sha512", salt: bytes = b"s" * 32) -> bytes:
    return hashlib.pbkdf2_hmac(hash_function, passphrase, salt, ITERATIONS, 32)


def seal(plain: bytes, key: bytes, meta: dict[str, Any], aad: bytes = b"", **more: Any) -> bytes:
    """The encrypted document; `meta` maps a key provider's name to its data; `more` goes over the clear fields."""
    inside = json.loads(plain)
    nonce = b"n" * 12
    encoded = {name: base64.b64encode(json.dumps(data).encode()).decode() for name, data in meta.items()}
    envelope = {
        "serial": inside.get("serial"), "lineage": inside.get("lineage"), "meta": encoded,
        "encrypted_data": base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, aad or None)).decode(),
        "encryption_version": "v0", **more,
    }  # fmt: skip
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()


def sealed(plain: bytes, **more: Any) -> bytes:
    """The document as the configuration in CODE encrypts it."""
    return seal(plain, derive(PASSPHRASE.encode()), {"key_provider.pbkdf2.main": recipe()}, **more)
