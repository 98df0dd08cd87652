"""Takes a unified diff exactly as it was made: every line where it says, no fuzz. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftgate.errors import DriftgateError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_NEWLINE = "\\ "


class DiffError(DriftgateError):
    """A diff that is none, or not of the text it is to be applied to."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """At line `start` (0-based) of the old text stand the lines `old`, and are to be `new`."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def apply_diff(diff: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The new text of every file in `diff`, by path; a file that `texts` has not is new. Raises DiffError."""
    return {path: _changed(path, texts.get(path, ""), hunks) for path, hunks in read_diff(diff).items()}


def read_diff(diff: str) -> dict[str, list[Hunk]]:
    """The hunks by path. Raises DiffError."""
    files: dict[str, list[Hunk]] = {}
    lines = lines_of(diff)
    path, at = "", 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/").rstrip("\n")
            if path in files:
                raise DiffError(f"the patch has {path} twice")
            files[path] = []
        elif line.startswith("@@ "):
            hunk, at = _hunk(line, lines, at)
            if not path:
                raise DiffError("the patch does not say which file it is for")
            files[path].append(hunk)
        elif not line.startswith(("diff --git ", "new file mode ", "--- ", "index ")):
            raise DiffError(f"the patch has a line that is none of a diff: {line.strip()[:40]}")
    return files


def lines_of(text: str) -> list[str]:
    """Lines as git counts them: at `\\n` alone, which stays."""
    return _LINE.findall(text)


def _hunk(head: str, lines: list[str], at: int) -> tuple[Hunk, int]:
    match = _HUNK.match(head)
    if match is None:
        raise DiffError(f"the patch has a hunk that says not where: {head.strip()[:40]}")
    wanted = [int(match[2] or 1), int(match[3] or 1)]
    sides: tuple[list[str], list[str]] = ([], [])
    while len(sides[0]) < wanted[0] or len(sides[1]) < wanted[1]:
        if at >= len(lines) or lines[at][0] not in " +-":
            raise DiffError("the patch ends in the middle of a hunk")
        for side in _sides(lines[at][0]):
            sides[side].append(lines[at][1:])
        last = _sides(lines[at][0])
        at += 1
        if at < len(lines) and lines[at].startswith(_NO_NEWLINE):
            for side in last:
                sides[side][-1] = sides[side][-1].removesuffix("\n")
            at += 1
    start = int(match[1]) - (1 if wanted[0] else 0)
    return Hunk(start, tuple(sides[0]), tuple(sides[1])), at


def _sides(sign: str) -> tuple[int, ...]:
    return {" ": (0, 1), "-": (0,), "+": (1,)}[sign]


def _changed(path: str, text: str, hunks: list[Hunk]) -> str:
    return "".join(_lines(path, lines_of(text), hunks))


def _lines(path: str, lines: list[str], hunks: list[Hunk]) -> Iterator[str]:
    at = 0
    for hunk in hunks:
        end = hunk.start + len(hunk.old)
        if hunk.start < at or tuple(lines[hunk.start : end]) != hunk.old:
            raise DiffError(f"{path} is not the text that the patch was made for", next_step="plan again")
        yield from lines[at : hunk.start]
        yield from hunk.new
        at = end
    yield from lines[at:]
