"""Edits of JSON text that leave every other byte alone: spans are found, replacements cut in, nothing is re-written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from driftgate.collector import collector_paused

_SPACE = re.compile(r"[ \t\n\r]*")
# Only where a value ends is asked, so numbers may stay text: int() refuses very long ones.
_SCAN = json.JSONDecoder(strict=False, parse_int=str, parse_float=str).scan_once  # type: ignore[attr-defined]
_KEY = re.compile(r'"(?:[^"\\]|\\.)*"')
_GO_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


class Span(NamedTuple):
    """From the first character to after the last."""

    start: int
    end: int


class Edit(NamedTuple):
    """What to put in the place of `start` to `end`; an insertion where they are the same."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """`"name": value` in an object: the whole of it, and its value."""

    name: str
    whole: Span
    value: Span


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object's members in their order, duplicates too."""

    span: Span
    members: tuple[Member, ...]

    def get(self, name: str) -> Member | None:
        """The member that counts under that name: of duplicates the last, as Go and msgspec have it."""
        return next((member for member in reversed(self.members) if member.name == name), None)


@dataclass(frozen=True, slots=True)
class Array:
    """A JSON array's elements."""

    span: Span
    elements: tuple[Span, ...]


def read_object(text: str, start: int = 0) -> Object:
    """The object that begins at or, but for white space, after `start`. `text` must be valid JSON."""
    start = _skip(text, start)
    with collector_paused():
        members = tuple(read_members(text, start))
    end = members[-1].whole.end if members else start + 1
    return Object(Span(start, _skip(text, end) + 1), members)


def read_members(text: str, start: int = 0) -> Iterator[Member]:
    """The members of that object, each read when it is asked for."""
    position = _skip(text, _skip(text, start) + 1)
    while text[position] != "}":
        key = _KEY.match(text, position)
        assert key is not None
        colon = _skip(text, key.end())
        value = _value(text, colon + 1)
        yield Member(json.loads(key[0], strict=False), Span(position, value.end), value)
        position = _next(text, value.end)


def read_array(text: str, start: int) -> Array:
    """The array that begins at `start`. `text` must be valid JSON."""
    elements = []
    position = _skip(text, start + 1)
    with collector_paused():
        while text[position] != "]":
            elements.append(_value(text, position))
            position = _next(text, elements[-1].end)
    return Array(Span(start, position + 1), tuple(elements))


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made; they must not overlap."""
    parts, position = [], 0
    for edit in sorted(edits):
        assert edit.start >= position, "edits overlap"
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def set_member(text: str, found: Object, name: str, value: str) -> Edit:
    """Gives the member `name` the JSON text `value`; a missing one becomes the first, laid out as the present first."""
    member = found.get(name)
    if member is not None:
        return Edit(*member.value, value)
    if not found.members:
        return Edit(found.span.start + 1, found.span.start + 1, f"{quoted(name)}:{value}")
    first = found.members[0].whole
    key = _KEY.match(text, first.start)
    assert key is not None
    colon = text[key.end() : found.members[0].value.start]
    lead = text[found.span.start + 1 : first.start]
    return Edit(first.start, first.start, f"{quoted(name)}{colon}{value},{lead}")


def drop_members(found: Object, name: str) -> list[Edit]:
    """Takes out every member of that name with the comma that goes with it."""
    spans = [member.whole for member in found.members]
    return _drop(found.span, spans, {i for i, member in enumerate(found.members) if member.name == name})


def drop_elements(array: Array, dropped: Collection[int]) -> list[Edit]:
    """Takes out the elements at those indexes with the commas that go with them."""
    return _drop(array.span, array.elements, dropped)


def insert_elements(text: str, array: Array, after: int, values: Sequence[str]) -> Edit:
    """Puts the JSON texts `values` after the element at index `after`, laid out as the array's first element is."""
    if not array.elements:
        return Edit(array.span.start + 1, array.span.start + 1, ",".join(values))
    lead = text[array.span.start + 1 : array.elements[0].start]
    place = array.elements[after].end
    return Edit(place, place, "".join(f",{lead}{value}" for value in values))


def quoted(value: str) -> str:
    """`value` as a JSON string, escaped as Go does and so Terraform: also `<`, `>`, `&`."""
    return json.dumps(value, ensure_ascii=False).translate(_GO_ESCAPES)


def _drop(outer: Span, spans: Sequence[Span], dropped: Collection[int]) -> list[Edit]:
    if len(dropped) == len(spans):
        return [Edit(outer.start + 1, outer.end - 1, "")] if spans else []
    first_kept = min(i for i in range(len(spans)) if i not in dropped)
    return [
        Edit(spans[i].start, spans[i + 1].start, "") if i < first_kept else Edit(spans[i - 1].end, spans[i].end, "")
        for i in sorted(dropped)
    ]


def _value(text: str, start: int) -> Span:
    start = _skip(text, start)
    return Span(start, _SCAN(text, start)[1])


def _next(text: str, position: int) -> int:
    """Past the comma to the next key or element, or at the closing bracket."""
    position = _skip(text, position)
    return _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None
    return found.end()
