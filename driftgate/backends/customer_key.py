"""The key of a customer's own that S3 and Google Cloud Storage encrypt an object with and do not keep."""

from __future__ import annotations

import base64
import binascii

from driftgate.backends.base import BackendError


def customer_key(text: str, *, backend: str, setting: str, variable: str) -> bytes | None:
    """The 32 bytes that `text` is the base64 of, None for no text.

    Raises BackendError, naming the setting and its environment variable, when it is anything else.
    """
    if not text:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise BackendError(
            f"backend {backend}: {setting} is not the base64 of 32 bytes", next_step=f"check it, or {variable}"
        )
    return key
