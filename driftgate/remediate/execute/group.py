"""Steps that are taken together: side by side in the plan, of one unit, in a way that several can share. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from driftgate.remediate.execute.document import DocumentError, DocumentStep
from driftgate.remediate.execute.ways import WAYS, Way, way_of


@dataclass(frozen=True, slots=True)
class Group:
    """Steps with one checkpoint, one plan of all their addresses, one apply and one verification; often only one."""

    steps: tuple[DocumentStep, ...]
    way: Way

    def __str__(self) -> str:
        return f"step{'s' if len(self.steps) > 1 else ''} {_ranges(self.numbers)}"

    @property
    def title(self) -> str:
        """What a person who waits for it should read."""
        first = self.steps[0]
        if len(self.steps) == 1:
            return f"{first.number}. {first.strategy} {first.address}"
        return f"{_ranges(self.numbers)}. {first.strategy} {len(self.steps)} objects of {first.unit}"

    @property
    def key(self) -> tuple[str, str]:
        """The unit's."""
        return self.steps[0].key

    @property
    def strategy(self) -> str:
        return self.steps[0].strategy

    @property
    def number(self) -> int:
        """The first step's, by which the group is found in the journal."""
        return self.steps[0].number

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(step.number for step in self.steps)

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the steps may touch, each once."""
        return tuple(dict.fromkeys(address for step in self.steps for address in step.addresses))

    def step_at(self, *names: str | None) -> DocumentStep | None:
        """The step that is about one of these addresses, None where none is."""
        return next((step for step in self.steps if {step.address, *step.addresses}.intersection(names)), None)


def groups(steps: Sequence[DocumentStep]) -> Iterator[Group]:
    """The steps in their order, as they are taken. Raises DocumentError for a strategy that nobody can execute."""
    for (_, way, _), found in groupby(steps, key=_kind):
        yield Group(tuple(found), way)


def _kind(step: DocumentStep) -> tuple[tuple[str, str], Way, int]:
    """Steps of one kind are taken together; 0 is no step's number."""
    way = way_of(step)
    if way is None:
        raise DocumentError(f"step {step.number}: `{step.strategy}` is none of {', '.join(sorted(WAYS))}")
    return step.key, way, 0 if way.shared else step.number


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as people write them: `1-4, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
