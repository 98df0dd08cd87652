"""String functions but for patterns and `format`. Lengths and positions count grapheme clusters, as cty's do.

Documented: https://developer.hashicorp.com/terraform/language/functions#string-functions.
"""

from __future__ import annotations

import re
import unicodedata

from driftgate.hcl.functions.parameters import integer, sequence_of, string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import MAX_TEXT, EvaluationError, List

_LETTER = re.compile(r"\w+")
_SPACE = re.compile(r"^[\s\x85\xa0]+|[\s\x85\xa0]+$")


def graphemes(text: str) -> list[str]:
    """What a reader takes for characters: a base with its combining marks and joined emoji."""
    if text.isascii() and "\r" not in text:
        return list(text)
    result: list[str] = []
    for character in text:
        joined = bool(result) and (
            unicodedata.category(character) in ("Mn", "Me", "Mc")
            or character in "\u200d\ufe0f"
            or result[-1].endswith("\u200d")
            or (character == "\n" and result[-1] == "\r")
            or (0x1F3FB <= ord(character) <= 0x1F3FF)
        )
        if joined:
            result[-1] += character
        else:
            result.append(character)
    return result


def limited(text: str) -> str:
    """The text unless it is too long to go on with."""
    if len(text) > MAX_TEXT:
        raise EvaluationError("the text is longer than 16 MiB")
    return text


def _join(separator: str, *lists: list[str]) -> str:
    if not lists:
        raise EvaluationError("join takes at least one list")
    return limited(separator.join(element for elements in lists for element in elements))


def _split(separator: str, text: str) -> List:
    return List(text.split(separator) if separator else graphemes(text))


def _substr(text: str, offset: int, length: int) -> str:
    characters = graphemes(text)
    start = offset + len(characters) if offset < 0 else offset
    if start < 0:
        start = 0
    end = None if length < 0 else start + length
    return "".join(characters[start:end])


def _title(text: str) -> str:
    """As Go's strings.Title: a word begins after anything but letters, digits and underscores."""
    return _LETTER.sub(lambda match: match[0][:1].upper() + match[0][1:], text)


def _indent(spaces: int, text: str) -> str:
    if not 0 <= spaces <= 10_000:
        raise EvaluationError("the number of spaces must be from 0 to 10000")
    lines = text.count("\n")
    if lines * spaces > MAX_TEXT:
        raise EvaluationError("the text is longer than 16 MiB")
    return text.replace("\n", "\n" + " " * spaces)


def _upper(text: str) -> str:
    """As Go does, letter by letter: ß has no single upper-case letter and stays."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


FUNCTIONS = {
    "chomp": Function(lambda text: text.rstrip("\r\n"), (string,)),
    "endswith": Function(lambda text, suffix: text.endswith(suffix), (string, string)),
    "indent": Function(_indent, (integer, string)),
    "join": Function(_join, (string,), rest=sequence_of(string)),
    "lower": Function(lambda text: text.lower(), (string,)),
    "split": Function(_split, (string, string)),
    "startswith": Function(lambda text, prefix: text.startswith(prefix), (string, string)),
    "strcontains": Function(lambda text, part: part in text, (string, string)),
    "strrev": Function(lambda text: "".join(reversed(graphemes(text))), (string,)),
    "substr": Function(_substr, (string, integer, integer)),
    "title": Function(_title, (string,)),
    "trim": Function(lambda text, characters: text.strip(characters) if characters else text, (string, string)),
    "trimprefix": Function(lambda text, prefix: text.removeprefix(prefix), (string, string)),
    "trimspace": Function(lambda text: _SPACE.sub("", text), (string,)),
    "trimsuffix": Function(lambda text, suffix: text.removesuffix(suffix), (string, string)),
    "upper": Function(_upper, (string,)),
}
