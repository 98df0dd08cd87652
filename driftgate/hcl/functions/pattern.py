"""`regex`, `regexall` and `replace`: patterns in Go's RE2 syntax, run by Python's `re`.

Syntax: `re2.py`. Patterns on which Python's engine could take forever are run by `automaton.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from driftgate.hcl.functions.automaton import Program, program, search
from driftgate.hcl.functions.characters import has_unassigned
from driftgate.hcl.functions.parameters import string
from driftgate.hcl.functions.re2 import to_python
from driftgate.hcl.functions.text import limited
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, List, Unknown, UnknownFound

_PROPERTY = re.compile(r"\\[pP]")
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")
_LONGEST = 1_000_000
_SHORT, _TINY = 1_000, 60  # texts on which two, and more than three, repeats cost Python little
_MOST_STEPS = 3_000_000
Slots = tuple[int, ...]
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern: Python's own of it, its program, and whether Python's engine may take forever on it.

    `repeats` are its unbounded ones: Python may need a text's length to the power of their number.
    """

    python: re.Pattern[str]
    program: Program
    explosive: bool
    repeats: int

    def search(self, text: str, start: int) -> Slots | None:
        """Where the leftmost match at or after `start` and its groups begin and end."""
        if self.explosive or (self.repeats > 1 and len(text) > _SHORT) or (self.repeats > 3 and len(text) > _TINY):
            if len(text) * len(self.program.code) > _MOST_STEPS:
                raise UnknownFound(Unknown("the text is too long to search here"))
            return search(self.program, text, start)
        match = self.python.search(text, start)
        return None if match is None else tuple(place for span in match.regs for place in span)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern:
    """The pattern. Raises EvaluationError for an invalid one, UnknownFound for one that is not run here."""
    try:
        translated = to_python(pattern)
        python = re.compile(translated, re.ASCII)
        parsed = _parser.parse(translated, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise EvaluationError(f"the pattern {pattern[:60]!r} is not valid: {error}") from None
    if python.groupindex and len(python.groupindex) != python.groups:
        raise EvaluationError("a pattern cannot mix named and unnamed groups")
    return Pattern(python, program(parsed, parsed.state.flags), _explosive(parsed, 0), _unbounded(parsed))


def _explosive(parsed: Any, outer: int) -> bool:
    """Whether an unbounded repeat holds another or an alternation: only those backtrack exponentially.

    So does one of what may be empty: there the engines differ in what a group holds.
    """
    for operator, argument in parsed:
        if operator in _REPEATS and argument[1] == sre.MAXREPEAT:
            if outer or argument[2].getwidth()[0] == 0 or _explosive(argument[2], outer + 1):
                return True
        elif operator is sre.BRANCH:
            if outer or any(_explosive(branch, outer) for branch in argument[1]):
                return True
        elif operator is sre.SUBPATTERN:
            if _explosive(argument[-1], outer):
                return True
        elif operator in _REPEATS and _explosive(argument[2], outer):
            return True
    return False


def _unbounded(parsed: Any) -> int:
    """How many unbounded repeats there are."""
    count = 0
    for operator, argument in parsed:
        if operator in _REPEATS:
            count += (argument[1] == sre.MAXREPEAT) + _unbounded(argument[2])
        elif operator is sre.BRANCH:
            count += sum(map(_unbounded, argument[1]))
        elif operator is sre.SUBPATTERN:
            count += _unbounded(argument[-1])
    return count


def _searchable(pattern: str, text: str) -> Pattern:
    if len(text) > _LONGEST:
        raise UnknownFound(Unknown("the text is too long to search here"))
    if _PROPERTY.search(pattern) and has_unassigned(text):
        raise UnknownFound(Unknown("the text has characters that are newer than the classes known here"))
    return compiled(pattern)


def _matches(pattern: Pattern, text: str) -> Iterator[Slots]:
    """All matches from left to right; as in Go an empty one right behind another does not count."""
    place, behind = 0, -1
    while place <= len(text):
        match = pattern.search(text, place)
        if match is None:
            return
        if match[1] > match[0] or match[0] != behind:
            yield match
        behind = match[1]
        place = match[1] + (match[1] == match[0])


def _groups(text: str, match: Slots) -> list[str | None]:
    """The whole match, then each group; None for a group that has no part in it."""
    starts, ends = match[::2], match[1::2]
    return [None if start < 0 else text[start:end] for start, end in zip(starts, ends, strict=True)]


def _found(pattern: Pattern, text: str, match: Slots) -> object:
    whole, *groups = _groups(text, match)
    if pattern.python.groupindex:
        return {name: groups[number - 1] for name, number in pattern.python.groupindex.items()}
    return list(groups) if groups else whole


def _regex(source: str, text: str) -> object:
    pattern = _searchable(source, text)
    match = pattern.search(text, 0)
    if match is None:
        raise EvaluationError("the pattern did not match any part of the string")
    return _found(pattern, text, match)


def _regexall(source: str, text: str) -> List:
    pattern = _searchable(source, text)
    return List(_found(pattern, text, match) for match in _matches(pattern, text))


def _replace(text: str, wanted: str, replacement: str) -> str:
    if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
        return _replaced(_searchable(wanted[1:-1], text), text, replacement)
    if len(replacement) * (text.count(wanted) if wanted else len(text)) > _LONGEST * 16:
        raise EvaluationError("the text is longer than 16 MiB")
    return limited(text.replace(wanted, replacement))


def _replaced(pattern: Pattern, text: str, replacement: str) -> str:
    parts, place, length = [], 0, 0
    for match in _matches(pattern, text):
        parts += [text[place : match[0]], _expanded(pattern, _groups(text, match), replacement)]
        place = match[1]
        length += len(parts[-1])
        if length > _LONGEST * 16:
            raise EvaluationError("the text is longer than 16 MiB")
    return limited("".join([*parts, text[place:]]))


def _expanded(pattern: Pattern, groups: list[str | None], replacement: str) -> str:
    """`$1`, `$name` and `${name}` as Go's regexp.Expand has them: a group that is not there is empty."""

    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        number = int(name) if name.isdigit() else pattern.python.groupindex.get(name, len(groups))
        return (groups[number] or "") if number < len(groups) else ""

    return _REFERENCE.sub(group, replacement)


FUNCTIONS = {
    "regex": Function(_regex, (string, string)),
    "regexall": Function(_regexall, (string, string)),
    "replace": Function(_replace, (string, string, string)),
}
