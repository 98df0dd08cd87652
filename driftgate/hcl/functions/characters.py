"""Sets of characters as ranges of code points: the classes of Go's regexp, and what differs only in case."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from driftgate.hcl.values import EvaluationError, Unknown, UnknownFound

Ranges = Sequence[tuple[int, int]]
LAST: Final = sys.maxunicode
ANY: Final[Ranges] = ((0, LAST),)


def _of(*ranges: str) -> Ranges:
    """Ranges given as `az`, single characters as `_`."""
    return tuple((ord(text[0]), ord(text[-1])) for text in ranges)


NAMED: Final[dict[str, Ranges]] = {
    "alnum": _of("09", "AZ", "az"),
    "alpha": _of("AZ", "az"),
    "ascii": _of("\x00\x7f"),
    "blank": _of("\t", " "),
    "cntrl": _of("\x00\x1f", "\x7f"),
    "digit": _of("09"),
    "graph": _of("!~"),
    "lower": _of("az"),
    "print": _of(" ~"),
    "punct": _of("!/", ":@", "[`", "{~"),
    "space": _of("\t\r", " "),
    "upper": _of("AZ"),
    "word": _of("09", "AZ", "_", "az"),
    "xdigit": _of("09", "AF", "af"),
}


def inverted(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All other characters."""
    found, below = [], 0
    for low, high in sorted(ranges):
        if low > below:
            found.append((below, low - 1))
        below = max(below, high + 1)
    return [*found, (below, LAST)] if below <= LAST else found


_PERL = {"d": NAMED["digit"], "s": _of("\t\n", "\f\r", " "), "w": NAMED["word"]}
PERL: Final[dict[str, Ranges]] = _PERL | {name.upper(): inverted(ranges) for name, ranges in _PERL.items()}


def written(ranges: Iterable[tuple[int, int]]) -> str:
    """The ranges as a class of Python's `re`."""
    joined = "".join(_escaped(low) + (f"-{_escaped(high)}" if high > low else "") for low, high in ranges)
    return f"[{joined}]" if joined else r"[^\x00-\U0010ffff]"


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"


def folded(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges with every character that differs from one of theirs only in case."""
    ranges = list(ranges)
    orbits = _ASCII if all(high < 128 for _, high in ranges) else _orbits()
    more = {
        other for code, others in orbits.items() if any(low <= code <= high for low, high in ranges) for other in others
    }
    return [*ranges, *((code, code) for code in sorted(more))]


_ASCII: Final[dict[int, tuple[int, ...]]] = {
    # the long s and the Kelvin sign too are an s and a k
    ord(letter): tuple(ord(other) for other in f"{letter.swapcase()}{more}")
    for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for more in ({"s": "\u017f", "k": "\u212a"}.get(letter.lower(), ""),)
}


@cache
def _orbits() -> dict[int, tuple[int, ...]]:
    """The characters that others differ from only in case, with those: Unicode's simple case folding."""
    alike: dict[str, list[int]] = {}
    for code in range(LAST + 1):
        character = chr(code)
        key = next((form for form in (character.casefold(), character.lower()) if len(form) == 1), character)
        alike.setdefault(key, []).append(code)
    return {code: tuple(codes) for codes in alike.values() if len(codes) > 1 for code in codes}


def property_of(name: str, *, ignoring_case: bool = False) -> Ranges:
    r"""The characters of `\p{name}`, a general category. Raises UnknownFound for a script: Python has no table."""
    if name == "Any":
        return ANY
    ranges = _category(name)
    if len(name) == 1 and not ranges:
        raise EvaluationError(f"there is no class \\p{name} of characters")
    if not ranges:
        raise UnknownFound(Unknown(f"the class \\p{{{name}}} is not evaluated here: only general categories are"))
    return folded(ranges) if ignoring_case else ranges


def has_unassigned(text: str) -> bool:
    """Whether a character of the text has no category yet, in the Unicode that Python knows."""
    return not text.isascii() and any(unicodedata.category(character) == "Cn" for character in text)


@cache
def _category(name: str) -> Ranges:
    """The ranges of the characters whose general category begins with `name`; Go has neither Cn nor L&."""
    found: list[tuple[int, int]] = []
    if name in ("Cn", ""):
        return found
    for code in range(LAST + 1):
        category = unicodedata.category(chr(code))
        if category.startswith(name) and category != "Cn":
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    return found
