"""Hashes and name-based UUIDs.

Documented: https://developer.hashicorp.com/terraform/language/functions#hash-and-crypto-functions.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Final

from driftgate.hcl.functions.parameters import string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError

_SPACES = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500}

# What each hash function makes of bytes; the file functions use them too.
DIGESTS: Final[dict[str, Callable[[bytes], str]]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha512": lambda data: hashlib.sha512(data).hexdigest(),
    "base64sha256": lambda data: base64.b64encode(hashlib.sha256(data).digest()).decode(),
    "base64sha512": lambda data: base64.b64encode(hashlib.sha512(data).digest()).decode(),
}


def _uuidv5(namespace: str, name: str) -> str:
    try:
        space = _SPACES.get(namespace) or uuid.UUID(namespace)
    except ValueError:
        raise EvaluationError(f'there is no UUID namespace "{namespace}"') from None
    return str(uuid.uuid5(space, name))


def _of_text(digest: Callable[[bytes], str]) -> Callable[[str], str]:
    return lambda text: digest(text.encode())


FUNCTIONS = {
    **{name: Function(_of_text(digest), (string,)) for name, digest in DIGESTS.items()},
    "uuidv5": Function(_uuidv5, (string, string)),
}
