"""What classification asks of the source code; `discover/source.py` answers it."""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from driftgate.attribute_path import Steps, read_steps
from driftgate.finding import SourceRange


class SourceBlock(Protocol):
    """A resource block. `ignore_changes` are paths, or something that is no set for `all`; `sets` are names it sets."""

    @property
    def range(self) -> SourceRange: ...
    @property
    def ignore_changes(self) -> object: ...
    @property
    def sets(self) -> Set[str]: ...


class SourceLookup(Protocol):
    """Finds the block of a resource instance by its address; None when it is not known."""

    def find(self, address: str) -> SourceBlock | None: ...


def ignores(block: SourceBlock | None, steps: Steps) -> bool:
    """Whether `lifecycle.ignore_changes` covers the attribute at `steps`: it, or what it stands in, is named."""
    if block is None:
        return False
    named = block.ignore_changes
    if not isinstance(named, Set):
        return named is not None
    prefixes = {_dotted(steps[:length]) for length in range(1, len(steps) + 1)}
    return any(_dotted(read_steps(text)) in prefixes for text in named)


def _dotted(steps: Steps) -> str:
    """One spelling for `tags["a.b"]` and `tags.a.b`: source code and paths may quote differently."""
    return ".".join(map(str, steps))
