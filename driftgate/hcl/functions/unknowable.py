"""Functions that are unknown by design: they need the clock, chance, a key, or Go's own bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from driftgate.hcl.functions.parameters import anything
from driftgate.hcl.scope import Function
from driftgate.hcl.values import Unknown

REASONS: Final = {
    "base64gzip": "its bytes depend on Go's compressor",
    "bcrypt": "its result is random",
    "issensitive": "marks are not carried along",
    "plantimestamp": "it is the time of the plan",
    "rsadecrypt": "nothing is decrypted by looking",
    "timestamp": "it is the time of the run",
    "uuid": "its result is random",
}


def unknown(reason: str) -> Callable[..., Unknown]:
    """A function that gives the unknown value with this reason."""
    return lambda *_: Unknown(reason)


FUNCTIONS = {
    name: Function(unknown(f"{name}() is not evaluated: {reason}"), (), rest=anything, nulls=True, unknowns=True)
    for name, reason in REASONS.items()
}
