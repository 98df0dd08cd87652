"""Reads the spellings providers use for switches and numbers; anything else is None, never an exception."""

from __future__ import annotations

from collections.abc import Iterable

_ON = frozenset({"true", "enabled", "enable", "on", "yes", "1", "active", "encrypted", "kms"})
_OFF = frozenset({"false", "disabled", "disable", "off", "no", "0", "inactive", "suspended", "none", "decrypted"})
_FAR = 10**15


def switch(value: object) -> bool | None:
    """Whether a switch is on: booleans, 0 and 1, and words such as `Enabled`, `SUSPENDED`, `NONE`."""
    if isinstance(value, str):
        word = value[:12].lower()
        return True if word in _ON else False if word in _OFF else None
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def number(value: object) -> int | float | None:
    """The number that `value` is or spells (`7`, `"7"`, `"7776000s"`); None beyond any sensible size."""
    if isinstance(value, str):
        value = _spelled(value.strip().removesuffix("s"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= _FAR else None


def numbers(values: Iterable[object]) -> list[int | float]:
    """The numbers among `values`."""
    return [n for n in map(number, values) if n is not None]


def texts(values: object) -> frozenset[str]:
    """The texts in `values`, itself a text or a list of them."""
    items = values if isinstance(values, list | tuple | set | frozenset) else (values,)
    return frozenset(item for item in items if isinstance(item, str) and item)


def _spelled(text: str) -> int | float | None:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return None
