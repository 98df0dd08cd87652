"""What names and functions mean while an expression is evaluated, and how one step goes into a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from driftgate.hcl.ast import Span
from driftgate.hcl.convert import as_number, as_text
from driftgate.hcl.values import EvaluationError, Set, Unknown

Parameter = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what its arguments are converted to, and the Python function that gets them.

    `rest` is the parameter of all arguments after `parameters`, of which the last `optional` may be left out.
    `nulls` lets null reach it, `unknowns` an unknown argument, which else makes the result unknown.
    """

    run: Callable[..., object]
    parameters: tuple[Parameter, ...] = ()
    rest: Parameter | None = None
    optional: int = 0
    nulls: bool = False
    unknowns: bool = False


class Scope(Protocol):
    """What the names in an expression stand for. All may raise EvaluationError."""

    def lookup(self, root: str, name: str, span: Span) -> object:
        """The value of `root.name`, such as `local.x`, or an `Unknown` that blames `span`."""
        ...

    def value(self, name: str, span: Span) -> object:
        """The value of a name that stands alone."""
        ...

    def function(self, name: str) -> Function | None:
        """The function of this name."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """Names bound for one round of a `for`, or for a template, on top of what the scope around it knows."""

    names: dict[str, object]
    outer: Scope
    rounds: int = 1

    def lookup(self, root: str, name: str, span: Span) -> object:
        """An element of a bound value, else what the outer scope says."""
        if root in self.names:
            return element(self.names[root], name, span)
        return self.outer.lookup(root, name, span)

    def value(self, name: str, span: Span) -> object:
        """A bound value, else what the outer scope says."""
        return self.names[name] if name in self.names else self.outer.value(name, span)

    def function(self, name: str) -> Function | None:
        """The outer scope's function."""
        return self.outer.function(name)


class Lazy(dict[str, object]):
    """An object whose attributes are evaluated when first asked for: `thunks` by name, each run once.

    Whoever goes through all of it has all of it evaluated.
    """

    __slots__ = ("thunks",)

    def __init__(self, thunks: dict[str, Callable[[], object]]) -> None:
        super().__init__()
        self.thunks = thunks

    def __missing__(self, name: str) -> object:
        value = self.thunks[name]()
        dict.__setitem__(self, name, value)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self.thunks

    def __iter__(self) -> Iterator[str]:
        return iter(self.thunks)

    def __len__(self) -> int:
        return len(self.thunks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and {**self} == {**other}

    __hash__ = None

    def get(self, name, default=None):  # type: ignore[no-untyped-def]
        """The attribute, or the default."""
        return self[name] if name in self.thunks else default

    def keys(self):  # type: ignore[no-untyped-def]
        """The names of the attributes."""
        return self.thunks.keys()

    def values(self):  # type: ignore[no-untyped-def]
        """The attributes, all of them evaluated."""
        return {name: self[name] for name in self.thunks}.values()

    def items(self):  # type: ignore[no-untyped-def]
        """Names and attributes, all of them evaluated."""
        return {name: self[name] for name in self.thunks}.items()


def element(source: object, key: object, span: Span) -> object:
    """`source[key]` or `source.key`. Raises EvaluationError where there is no such element."""
    if isinstance(source, Unknown):
        return source
    if isinstance(key, Unknown):
        return key
    try:
        if isinstance(source, dict):
            return _attribute(source, key)
        if isinstance(source, list):
            return _indexed(source, key)
    except EvaluationError as error:
        error.span = error.span or span
        raise
    what = "null has no elements" if source is None else "only lists and objects have elements"
    raise EvaluationError(what, span)


def _attribute(source: dict[str, object], key: object) -> object:
    name = key if isinstance(key, str) else as_text(key)
    try:
        return source[name]  # type: ignore[index]
    except KeyError:
        shown = f': "{name}"' if isinstance(name, str) and len(name) < 80 else ""
        raise EvaluationError(f"there is no such element{shown}") from None


def _indexed(source: list[object], key: object) -> object:
    if isinstance(source, Set):
        raise EvaluationError("a set has no order to take an element by")
    place = as_number(key)
    if isinstance(place, Unknown):
        return place
    if place != int(place) or not 0 <= place < len(source):
        raise EvaluationError("there is no such element")
    return source[int(place)]
