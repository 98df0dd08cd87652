"""The bytes of a file in HCL as text. Terraform wants UTF-8, but does not look into comments."""

from __future__ import annotations

from typing import Final

from driftgate.hcl.error import HclError
from driftgate.hcl.lex import lex

UNREADABLE: Final = "\ufffd"
"""Stands for bytes in comments that are no text; written back it would change them."""


def decode(data: bytes) -> str:
    """The text, line ends as they are. Raises UnicodeDecodeError for bytes outside of comments that are no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
        if not _only_in_comments(text):
            raise
        return text


def _only_in_comments(text: str) -> bool:
    try:
        tokens = lex(text)
    except HclError:
        return False
    # The token of a line's end begins with the comment before it.
    return all(kind == "NL" or UNREADABLE not in tokens.source(at) for at, kind in enumerate(tokens.kinds))
