"""Patterns run in linear time, as RE2 runs them: all ways through a pattern are followed at once.

After https://swtch.com/~rsc/regexp/regexp2.html, "Pike's implementation": the earlier of two ways wins, each place in
the pattern is visited once for each character. Slow beside Python's own engine, but no text makes it take forever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any, Final

from driftgate.hcl.values import EvaluationError

LONGEST: Final = 5_000  # instructions: repeats of repeats multiply
_Slots = tuple[int, ...]


@dataclass(slots=True)
class Program:
    """Instructions by place: `char` and `at` test, `split` goes on at two places, the first one first, `save` notes."""

    flags: int
    slots: int
    code: list[tuple[str, Any, int]] = field(default_factory=list)

    def add(self, operation: str, argument: Any = None, target: int = 0) -> int:
        """Append an instruction; its place."""
        if len(self.code) >= LONGEST:
            raise EvaluationError("the pattern is too large")
        self.code.append((operation, argument, target))
        return len(self.code) - 1


def program(parsed: Any, flags: int) -> Program:
    """The program of a parsed pattern. Raises EvaluationError for one that is too large."""
    made = Program(flags, 2 * parsed.state.groups)
    _sequence(made, parsed, flags)
    made.add("match")
    return made


def _sequence(made: Program, parsed: Any, flags: int) -> None:
    for operator, argument in parsed:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = argument
            _repeat(made, least, most, inner, flags, operator is sre.MAX_REPEAT)
        elif operator is sre.BRANCH:
            _branch(made, argument[1], flags)
        elif operator is sre.SUBPATTERN:
            _group(made, argument, flags)
        elif operator is sre.AT:
            made.add("at", _places(argument, flags))
        else:
            made.add("char", _characters(operator, argument, flags))


def _characters(operator: Any, argument: Any, flags: int) -> Callable[[str], bool]:
    """The test of one character; without regard to its case, if the pattern says so."""
    if operator is sre.ANY:
        return (lambda character: True) if flags & re.DOTALL else (lambda character: character != "\n")
    items = argument if operator is sre.IN else [(sre.LITERAL, argument)]
    negated = operator is sre.NOT_LITERAL or (bool(items) and items[0][0] is sre.NEGATE)

    def test(character: str) -> bool:
        forms = {character, character.lower(), character.upper()} if flags & re.IGNORECASE else {character}
        return any(_is_in(form, items) for form in forms) is not negated

    return test


def _is_in(character: str, items: Sequence[Any]) -> bool:
    code = ord(character) if len(character) == 1 else -1
    for operator, argument in items:
        if operator is sre.LITERAL and code == argument:
            return True
        if operator is sre.RANGE and argument[0] <= code <= argument[1]:
            return True
        if operator is sre.CATEGORY and _CATEGORIES[argument](character):
            return True
    return False


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


_SPACES = frozenset(" \t\n\r\f\v")
_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    sre.CATEGORY_DIGIT: lambda character: character in "0123456789",
    sre.CATEGORY_NOT_DIGIT: lambda character: character not in "0123456789",
    sre.CATEGORY_SPACE: lambda character: character in _SPACES,
    sre.CATEGORY_NOT_SPACE: lambda character: character not in _SPACES,
    sre.CATEGORY_WORD: _is_word,
    sre.CATEGORY_NOT_WORD: lambda character: not _is_word(character),
}


def _places(argument: Any, flags: int) -> Callable[[str, int], bool]:
    """The test of a place between two characters."""
    lines = bool(flags & re.MULTILINE)
    if argument in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
        every = lines and argument is sre.AT_BEGINNING
        return lambda text, place: place == 0 or (every and text[place - 1] == "\n")
    if argument in (sre.AT_END, sre.AT_END_STRING):
        every = lines and argument is sre.AT_END
        return lambda text, place: place == len(text) or (every and text[place] == "\n")
    wanted = argument is sre.AT_BOUNDARY

    def at_boundary(text: str, place: int) -> bool:
        before, after = text[place - 1 : place] if place else "", text[place : place + 1]
        return ((bool(before) and _is_word(before)) is not (bool(after) and _is_word(after))) is wanted

    return at_boundary


def _group(made: Program, argument: Any, flags: int) -> None:
    number, on, off, inner = argument
    if number is not None:
        made.add("save", 2 * number)
    _sequence(made, inner, (flags | on) & ~off)
    if number is not None:
        made.add("save", 2 * number + 1)


def _branch(made: Program, ways: Sequence[Any], flags: int) -> None:
    jumps = []
    for way in ways[:-1]:
        split = made.add("split")
        _sequence(made, way, flags)
        jumps.append(made.add("jump"))
        made.code[split] = ("split", split + 1, len(made.code))
    _sequence(made, ways[-1], flags)
    for jump in jumps:
        made.code[jump] = ("jump", None, len(made.code))


def _repeat(made: Program, least: int, most: Any, inner: Any, flags: int, greedy: bool) -> None:
    unbounded = most is sre.MAXREPEAT
    for _ in range(least - 1 if unbounded else least):
        _sequence(made, inner, flags)
    if unbounded:
        # As Go has it, x* is (x+)? where x may be empty: that is tried once, and its groups then hold the empty text.
        optional = made.add("split") if not least else None
        if least or inner.getwidth()[0] == 0:
            begin = len(made.code)
            _sequence(made, inner, flags)
            split = made.add("split")
            made.code[split] = ("split", begin, split + 1) if greedy else ("split", split + 1, begin)
        elif optional is not None:
            _sequence(made, inner, flags)
            made.add("jump", None, optional)
        if optional is not None:
            _fork(made, optional, len(made.code), greedy)
        return
    splits = []
    for _ in range(most - least):
        splits.append(made.add("split"))
        _sequence(made, inner, flags)
    for split in splits:
        _fork(made, split, len(made.code), greedy)


def _fork(made: Program, split: int, beyond: int, greedy: bool) -> None:
    first, second = (split + 1, beyond) if greedy else (beyond, split + 1)
    made.code[split] = ("split", first, second)


def search(made: Program, text: str, start: int) -> _Slots | None:
    """Where the leftmost match at or after `start` begins and ends, and each group; -1 for groups without a part."""
    empty = (-1,) * made.slots
    threads: dict[int, _Slots] = {}
    best: _Slots | None = None
    for place in range(start, len(text) + 1):
        if best is None:
            _follow(made, text, place, 0, (place, *empty[1:]), threads)
        if not threads and best is not None:
            break
        ahead: dict[int, _Slots] = {}
        for at, slots in threads.items():
            operation, test, _ = made.code[at]
            if operation == "match":
                best = (slots[0], place, *slots[2:])
                break  # whatever comes later has lost
            if place < len(text) and test(text[place]):
                _follow(made, text, place + 1, at + 1, slots, ahead)
        threads = ahead
    return best


def _follow(made: Program, text: str, place: int, at: int, slots: _Slots, threads: dict[int, _Slots]) -> None:
    """Add all that can be reached from an instruction without a character, in the order of preference."""
    waiting = [(at, slots)]
    seen: set[int] = set()
    while waiting:
        at, slots = waiting.pop()
        if at in seen or at in threads:
            continue
        seen.add(at)
        operation, argument, target = made.code[at]
        if operation == "jump":
            waiting.append((target, slots))
        elif operation == "split":
            waiting += [(target, slots), (argument, slots)]
        elif operation == "save":
            waiting.append((at + 1, (*slots[:argument], place, *slots[argument + 1 :])))
        elif operation == "at":
            if argument(text, place):
                waiting.append((at + 1, slots))
        else:
            threads[at] = slots
