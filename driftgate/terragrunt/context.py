"""What the parts of an evaluation see of it: a configuration file in the context of the unit that it is read for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from driftgate.hcl.ast import Body, Expr, Span
from driftgate.hcl.scope import Scope
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.files import Files, Source
from driftgate.terragrunt.session import Session


@dataclass(frozen=True, slots=True)
class Include:
    """An included file: `name` is its label, "" for a bare include; `config` its evaluation for this one unit."""

    name: str
    path: str
    expose: bool
    strategy: str
    config: Context


class Context(Scope, Protocol):
    """A file evaluated for one unit; `config.py` has the implementation and says what the attributes are."""

    session: Session
    source: Source
    files: Files
    folder: str
    path: str
    original: str
    included_as: str | None
    mocked: set[str]

    @property
    def unit(self) -> Context:
        """The unit's own configuration: this one, or the one that includes it."""
        ...

    @property
    def includes(self) -> tuple[Include, ...]:
        """The files that this one includes, in source order."""
        ...

    def own(self, section: str) -> object:
        """What this file itself says of a section."""
        ...

    def section(self, section: str) -> object:
        """A section with what the included files say of it merged in."""
        ...

    def local(self, name: str, span: Span) -> object:
        """The value of a local."""
        ...

    def local_names(self) -> list[str]:
        """The names of the locals of this file."""
        ...

    def evaluate(self, expr: Expr, allowed: frozenset[str] | None = None) -> object:
        """The value of an expression of this file that may use the names `allowed` (None: all)."""
        ...

    def settings(self, body: Body, allowed: frozenset[str] | None = None) -> dict[str, object]:
        """The attributes of a block."""
        ...

    def note_read(self, path: str) -> None:
        """Remember that this file reads the one at `path`."""
        ...

    def error(self, problem: str, span: Span) -> EvaluationError:
        """The error for a problem in this file."""
        ...

    def included(self, source: Source) -> Context:
        """Another file evaluated as if it stood in this unit."""
        ...

    def other(self, source: Source) -> Context:
        """Another file as a configuration of its own, read for the same unit."""
        ...
