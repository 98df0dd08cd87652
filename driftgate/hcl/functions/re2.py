"""Patterns in the syntax of Go's regexp as patterns of Python's `re` that mean the same.

Syntax: https://pkg.go.dev/regexp/syntax and https://github.com/google/re2/wiki/Syntax. Each atom is written out as it
applies: flags are resolved, every class is explicit ranges, so that no difference between the engines is left to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from driftgate.hcl.functions.characters import ANY, NAMED, PERL, Ranges, folded, inverted, property_of, written
from driftgate.hcl.values import EvaluationError, Unknown, UnknownFound

_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<(\w+)>")
_MOST_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class _Flags:
    """Case does not matter; `^` and `$` match at lines; `.` matches a newline; repeats are lazy unless marked."""

    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


def to_python(pattern: str) -> str:
    """The pattern for `re.compile(…, re.ASCII)`.

    Raises EvaluationError for what Go refuses, UnknownFound for what is not evaluated here.
    """
    return _Translation(pattern).whole()


class _Translation:
    """Where we are in a pattern, and the flags in force; those that were, for each open group."""

    def __init__(self, pattern: str) -> None:
        self.text, self.place, self.flags = pattern, 0, _Flags()
        self.out: list[str] = []
        self.open: list[_Flags] = []
        self.names: set[str] = set()
        self.repeatable = False

    def whole(self) -> str:
        while self.place < len(self.text):
            self._one()
        if self.open:
            raise self._error("a ( is not closed")
        return "".join(self.out)

    def _one(self) -> None:
        character = self.text[self.place]
        if character == "(":
            self._opened()
        elif character == ")":
            if not self.open:
                raise self._error("a ) was not opened")
            self.flags = self.open.pop()
            self._put(")", 1)
        elif character == "|":
            self._put("|", 1, repeatable=False)
        elif character in "*+?" or (character == "{" and self._counted() is not None):
            self._repeat()
        elif character in "^$.":
            self._put(self._sign(character), 1)
        elif character == "[":
            self._put(written(self._class()), 0)
        elif character == "\\":
            self._escape()
        else:
            self._put(self._literal(character), 1)

    def _put(self, python: str, length: int, *, repeatable: bool = True) -> None:
        self.out.append(python)
        self.place += length
        self.repeatable = repeatable

    def _error(self, problem: str) -> EvaluationError:
        return EvaluationError(f"the pattern {self.text[:60]!r} is not valid: {problem}")

    # Groups and flags

    def _opened(self) -> None:
        if not self.text.startswith("(?", self.place):
            self.open.append(self.flags)
            self._put("(", 1, repeatable=False)
            return
        if named := _NAMED.match(self.text, self.place):
            self.open.append(self.flags)
            if named[1] in self.names:
                raise UnknownFound(Unknown("a pattern that uses a group's name twice is not evaluated here"))
            self.names.add(named[1])
            self._put(f"(?P<{named[1]}>", len(named[0]), repeatable=False)
            return
        flags = _FLAGS.match(self.text, self.place)
        if flags is None:
            raise self._error("RE2 knows no lookaround, no conditions and no such flags")
        if flags[3] == ":":
            self.open.append(self.flags)
        on, off = dict.fromkeys(flags[1], True), dict.fromkeys(flags[2] or "", False)
        self.flags = replace(self.flags, **on, **off)
        self._put("(?:" if flags[3] == ":" else "", len(flags[0]), repeatable=False)

    # Repeats

    def _counted(self) -> tuple[int, int, int | None] | None:
        """Length, least and most of a `{n,m}` here; None when the brace is only a brace."""
        found = _REPEAT.match(self.text, self.place)
        if found is None:
            return None
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else None
        if least > _MOST_REPEATS or (most is not None and not least <= most <= _MOST_REPEATS):
            raise self._error(f"the repeat {found[0]} is out of range")
        return len(found[0]), least, most

    def _repeat(self) -> None:
        if not self.repeatable:
            raise self._error("there is nothing to repeat, or a repeat is repeated")
        length = 1
        sign = self.text[self.place]
        counted = self._counted() if sign == "{" else None
        if counted is not None:
            length, least, most = counted
            sign = f"{{{least},{'' if most is None else most}}}"
        marked = self.text.startswith("?", self.place + length)
        self._put(sign + ("?" if marked is not self.flags.U else ""), length + marked, repeatable=False)

    # Atoms

    def _sign(self, character: str) -> str:
        """`^`, `$` or `.`, in a group of its own: Python repeats no bare anchor."""
        if character == ".":
            return written(ANY if self.flags.s else inverted([(10, 10)]))
        lines = {"^": "(?m:^)", "$": "(?m:$)"}
        return lines[character] if self.flags.m else {"^": r"(?:\A)", "$": r"(?:\Z)"}[character]

    def _literal(self, character: str) -> str:
        code = ord(character)
        return written(folded([(code, code)])) if self.flags.i else written([(code, code)])

    def _escape(self) -> None:
        after = self.text[self.place + 1 : self.place + 2]
        if after in ("A", "z", "b", "B"):
            self._put({"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?:\b)", "B": r"(?:\B)"}[after], 2)
        elif after == "Q":
            quoted, _, _ = self.text[self.place + 2 :].partition("\\E")
            ended = self.place + 2 + len(quoted)
            for character in quoted:
                self._put(self._literal(character), 0)
            self.place = min(ended + 2, len(self.text))
        elif (ranges := self._class_escape()) is not None:
            self._put(written(ranges), 0)
        else:
            self._put(self._literal(self._character()), 0)

    def _class_escape(self) -> Ranges | None:
        r"""`\d`, `\pL`, `\p{…}` and their kin here, None for any other escape."""
        after = self.text[self.place + 1 : self.place + 2]
        if after in PERL:
            self.place += 2
            return PERL[after]
        if after not in ("p", "P"):
            return None
        found = re.compile(r"\{(\^?)([^}]*)\}|()([A-Z])").match(self.text, self.place + 2)
        if found is None:
            raise self._error(f"\\{after} needs a class")
        self.place = found.end()
        ranges = property_of(found[2] or found[4] or "", ignoring_case=self.flags.i)
        return inverted(ranges) if (after == "P") is not bool(found[1]) else ranges

    def _character(self) -> str:
        """The character that an escape stands for."""
        rest = self.text[self.place :]
        found = re.match(r"\\(?:([0-7]{2,3}|0)|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}|(.))", rest, re.DOTALL)
        if found is None:
            raise self._error("it ends with a \\")
        self.place += found.end()
        octal, short, long, sign = found.groups()
        if sign is None:
            code = int(octal, 8) if octal else int(short or long, 16)
            if code > 0x10FFFF:
                raise self._error(f"{found[0]} is no character")
            return chr(code)
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign.isascii() and not sign.isalnum():
            return str(sign)
        raise self._error(f"RE2 knows no {found[0]}")

    # Classes

    def _class(self) -> Ranges:
        """A `[…]` here."""
        self.place += 1
        negated = self.text.startswith("^", self.place)
        self.place += negated
        found: list[tuple[int, int]] = []
        first = True
        while first or not self.text.startswith("]", self.place):
            if self.place >= len(self.text):
                raise self._error("a [ is not closed")
            found += self._class_item()
            first = False
        self.place += 1
        ranges = folded(found) if self.flags.i else found
        return inverted(ranges) if negated else ranges

    def _class_item(self) -> Iterable[tuple[int, int]]:
        named = re.compile(r"\[:(\^?)(\w+):\]").match(self.text, self.place)
        if named is not None:
            if named[2] not in NAMED:
                raise self._error(f"there is no class {named[0]}")
            self.place = named.end()
            return inverted(NAMED[named[2]]) if named[1] else NAMED[named[2]]
        if self.text[self.place] == "\\" and (ranges := self._class_escape()) is not None:
            return ranges
        low = self._class_character()
        if not self.text.startswith("-", self.place) or self.text[self.place + 1 : self.place + 2] in ("]", ""):
            return [(low, low)]
        self.place += 1
        high = self._class_character()
        if high < low:
            raise self._error(f"the range {chr(low)}-{chr(high)} is upside down")
        return [(low, high)]

    def _class_character(self) -> int:
        if self.text[self.place] == "\\":
            return ord(self._character())
        self.place += 1
        return ord(self.text[self.place - 1])
