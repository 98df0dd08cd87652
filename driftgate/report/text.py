"""Plain text for screens: without control characters, measured in columns, clipped, padded and wrapped."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate, takewhile

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_STYLES = re.compile(r"(\x1b\[[0-9;]*m)")
# C0, DEL, C1, line and paragraph separators, marks that reorder or hide text, lone surrogates, non-characters.
_HIDDEN = (
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
)
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_HIDDEN}]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """`text` on one line, without terminal escapes, control characters or marks that reorder it."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    return _SPACES.sub(" ", _CONTROL.sub("", _ESCAPES.sub("", _SPACES.sub(" ", text)))).strip(" ")


def strip_controls(text: str, *, keep_styles: bool = False) -> str:
    """A finished document without control characters but for newlines, tabs and, if wanted, colours."""
    if not keep_styles:
        return _CONTROL.sub("", _ESCAPES.sub("", text))
    return "".join(part if i % 2 else strip_controls(part) for i, part in enumerate(_STYLES.split(text)))


def columns(text: str) -> int:
    """How many terminal columns `text` fills: wide characters two, combining marks and styles none."""
    plain = _STYLES.sub("", text) if "\x1b" in text else text
    return len(plain) if plain.isascii() else sum(map(_cell, plain))


@lru_cache(1 << 14)  # the same few characters all the time
def _cell(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad(text: object, width: int) -> str:
    """`text` filled with spaces to `width` columns."""
    return f"{text}{' ' * (width - columns(str(text)))}"


def clip(text: str, width: int) -> str:
    """`text`, cut to `width` columns with an ellipsis if it is longer."""
    if columns(text) <= width:
        return text
    if text.isascii():
        return text[: width - 1] + "…"
    fitting = takewhile(lambda end: end < width, accumulate(map(_cell, text)))
    return text[: sum(1 for _ in fitting)] + "…"


def clip_middle(text: str, width: int) -> str:
    """`text`, cut in its middle: both ends of an address or a path tell more than its middle."""
    if columns(text) <= width:
        return text
    tail = text[::-1]
    return clip(text, (width + 1) // 2) + clip(tail, width // 2 + 1)[-2::-1]


def wrap(text: object, width: int, indent: int = 0) -> str:
    """`text` in lines of at most `width` columns, the later ones indented; single longer words stay whole."""
    lines, line = [], ""
    for word in str(text).split(" "):
        if line and columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line = " " * indent + word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])
