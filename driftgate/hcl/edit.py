"""Edits of HCL source that touch nothing else: every character outside an edit stays, comments and layout too.

An edit replaces `text[start:end]`; `apply_edits` makes the new text. What an edit writes uses `\n`; it comes out with
the line ends of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from driftgate.errors import DriftgateError
from driftgate.hcl.align import realign
from driftgate.hcl.ast import Block, Body


class EditError(DriftgateError):
    """Source that cannot be edited as asked; `message` says why."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `text` in place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def overlap(edits: Iterable[Edit]) -> bool:
    """Whether two different edits want the same characters."""
    at = 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            return True
        at = edit.end
    return False


def apply_edits(text: str, edits: Iterable[Edit], *, aligned: bool = True) -> str:
    """The text with all `edits` done; lines whose `=` or comments were aligned stay so, as `terraform fmt` aligns
    (`aligned`, which only HCL is).

    Raises EditError when two edits touch the same characters.
    """
    newline = newline_of(text)
    parts: list[str] = []
    touched: list[tuple[int, int]] = []
    at = length = 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise EditError("two changes want the same place", next_step="make them one after the other")
        written = edit.text.replace("\n", newline)
        parts += [text[at : edit.start], written]
        length += edit.start - at
        touched.append((length, length + len(written)))
        length += len(written)
        at = edit.end
    after = "".join([*parts, text[at:]])
    return realign(text, after, touched) if touched and aligned else after


def newline_of(text: str) -> str:
    """The line end that the file uses."""
    return "\r\n" if "\r\n" in text else "\n"


def indent_of(text: str, offset: int) -> str:
    """The white space that the line of `offset` begins with."""
    start = text.rfind("\n", 0, offset) + 1
    end = start
    while text[end : end + 1] in (" ", "\t") and text[end : end + 1]:
        end += 1
    return text[start:end]


def whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """The span from the start of `start`'s line to after the line end behind `end`, with a comment that stands there.

    Where something else stands on those lines, just the span itself.
    """
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last + 1
    rest = text[end:last].strip().lstrip(",").strip()
    alone = not text[first:start].strip() and (not rest or rest.startswith(("#", "//")))
    return (first, last) if alone else (start, end)


def remove_attribute(text: str, body: Body, name: str) -> Edit:
    """Take an argument out, with its line. Raises KeyError when the body has none of that name."""
    start, end = whole_lines(text, *body.attributes[name].span)
    return Edit(start, end, "")


def remove_block(text: str, block: Block) -> Edit:
    """Take a block out, with the comment lines right above it and the empty lines that would be too many."""
    start, end = whole_lines(text, *block.span)
    if (start, end) == block.span:
        return Edit(start, end, "")
    start = _above(text, start)
    after = _blank_lines_end(text, end)
    before = text[:start]
    at_start = not before.strip("\ufeff \t\r\n") or before.rstrip(" \t\r\n").endswith("{")
    if at_start or before.endswith(("\n\n", "\n\r\n")):
        end = after
    if after == len(text) or text[after:].lstrip(" \t").startswith("}"):
        start = len(before.rstrip(" \t\r\n")) + (len(newline_of(text)) if before.strip("\ufeff \t\r\n") else 0)
        end = after
    return Edit(start, end, "")


def insert_attribute(text: str, body: Body, name: str, source: str, indent: str) -> Edit:
    """A new argument `name = source`, behind the last one before the first nested block; `indent` is the block's own.

    `body` is a block's; a block on one line is opened up.
    """
    line = f"{indent}  {name} = {source}\n"
    start, end = body.span
    if "\n" not in text[start:end]:
        kept = text[start:end].strip()
        return Edit(start, end, "\n" + (f"{indent}  {kept}\n" if kept else "") + line + indent)
    last = _last_argument(body)
    if last is None:
        at = text.index("\n", start) + 1
        gap = "\n" if body.blocks else ""
        return Edit(at, at, line + gap)
    at = text.find("\n", last) + 1
    return Edit(at, at, line)


def append_block(text: str, source: str) -> Edit:
    """A block at the end of a file, an empty line above it."""
    end = len(text.rstrip(" \t\r\n"))
    gap = "\n\n" if text[:end].strip("\ufeff") else ""
    return Edit(end, len(text), f"{gap}{source.strip()}\n")


def insert_above(text: str, block: Block, source: str) -> Edit:
    """A block in front of another and of the comments right above that, an empty line between them."""
    start = _above(text, text.rfind("\n", 0, block.span[0]) + 1)
    return Edit(start, start, f"{source.strip()}\n\n")


def insert_below(text: str, block: Block, source: str) -> Edit:
    """A block behind another, an empty line between them."""
    line = text.find("\n", block.span[1])
    if line < 0:
        return Edit(len(text), len(text), f"\n\n{source.strip()}\n")
    return Edit(line + 1, line + 1, f"\n{source.strip()}\n")


def append_to_block(text: str, body: Body, source: str, indent: str) -> Edit:
    """A nested block at the end of a block's body, an empty line above it; `indent` is the outer block's own."""
    inner = "".join(f"{indent}  {line}\n" if line.strip() else "\n" for line in source.strip().splitlines())
    start, end = body.span
    if "\n" not in text[start:end]:
        kept = text[start:end].strip()
        return Edit(start, end, "\n" + (f"{indent}  {kept}\n\n" if kept else "") + inner + indent)
    stripped = text[start:end].rstrip()
    gap = "\n\n" if stripped.strip() else "\n"
    return Edit(start + len(stripped), end, f"{gap}{inner}{indent}")


def _last_argument(body: Body) -> int | None:
    """Where the last argument before the first nested block ends; None when there is none."""
    limit = min((block.span[0] for block in body.blocks), default=body.span[1])
    ends = [attribute.span[1] for attribute in body.attributes.values() if attribute.span[1] <= limit]
    return max(ends, default=None)


def _above(text: str, start: int) -> int:
    """The start of the comment lines that stand right above the line at `start`."""
    while start:
        previous = text.rfind("\n", 0, start - 1) + 1
        if not text[previous:start].lstrip().startswith(("#", "//")):
            break
        start = previous
    return start


def _blank_lines_end(text: str, at: int) -> int:
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end + 1
        if text[at:end].strip():
            break
        at = end
    return at
