"""Three JSON values of one object, taken apart into the attribute paths where they differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from driftgate.attribute_path import Steps, same, spell
from driftgate.finding import Mark


@dataclass(frozen=True, slots=True)
class Difference:
    """A path where state, live and planned value are not all the same."""

    steps: Steps
    state: object
    live: object
    planned: object

    @property
    def path(self) -> str:
        return spell(self.steps)

    @property
    def drifted(self) -> bool:
        return not same(self.state, self.live)

    @property
    def planned_differs(self) -> bool:
        return not same(self.live, self.planned)


def differences(
    state: object, live: object, planned: object, *, whole: Collection[str] = (), steps: Steps = ()
) -> Iterator[Difference]:
    """Every path where the three differ, in order, each once.

    Maps are descended into, a null or absent map beside a filled one counting as without keys, an unknown one as of
    unknown values. Arrays of one object on every side are descended into as `[0]`; all other arrays are one path,
    and so is a top-level attribute named in `whole`.
    """
    values = (state, live, planned)
    if same(state, live) and same(live, planned):
        return
    if steps and steps[0] in whole:
        yield Difference(steps, *values)
    elif _filled_maps(values):
        for key in sorted({key for value in values if isinstance(value, dict) for key in value}):
            inner = (_inside(value, key) for value in values)
            yield from differences(*inner, whole=whole, steps=(*steps, key))
    elif all(_single_object(value) for value in values):
        first = (value if isinstance(value, Mark) else value[0] for value in values)  # type: ignore[index]
        yield from differences(*first, whole=whole, steps=(*steps, 0))
    else:
        yield Difference(steps, *values)


def _filled_maps(values: tuple[object, ...]) -> bool:
    """Whether the values can be compared key by key: maps, or nothing, with at least one key between them."""
    maps = [value for value in values if isinstance(value, dict)]
    rest = all(value is None or isinstance(value, dict | Mark) for value in values)
    known = not (values[2] is Mark.UNKNOWN and same(values[0], values[1]))
    return rest and known and any(maps)


def _inside(value: object, key: str) -> object:
    if value is Mark.UNKNOWN:
        return Mark.UNKNOWN
    return value.get(key, Mark.ABSENT) if isinstance(value, dict) else Mark.ABSENT


def _single_object(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping)
