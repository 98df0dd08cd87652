"""The one spelling of a JSON tree that is hashed, signed or bound to a ciphertext."""

from __future__ import annotations

import json


def canonical(tree: object) -> bytes:
    """`tree` as JSON in ASCII: keys sorted, no white space, everything else escaped; equal trees give equal bytes.

    Raises ValueError for numbers that JSON has not (NaN), TypeError for what is no JSON tree.
    """
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")
