"""One configuration file evaluated for one unit: the scope of its expressions, and its sections, read when asked for.

An included file is evaluated once for each unit that includes it: paths start at the unit, only `file()` and its kin
start at the included file itself. Order and rules: https://terragrunt.gruntwork.io/docs/reference/hcl/#configuration-parsing-order.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from driftgate.hcl.ast import Body, Expr, Span
from driftgate.hcl.evaluate import evaluate
from driftgate.hcl.functions import PURE
from driftgate.hcl.functions.files import file_functions
from driftgate.hcl.scope import Function, Lazy, element
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.context import Include
from driftgate.terragrunt.dependency import dependency_values
from driftgate.terragrunt.feature import feature_values
from driftgate.terragrunt.files import Files, Source
from driftgate.terragrunt.functions import terragrunt_function
from driftgate.terragrunt.include import includes_of
from driftgate.terragrunt.merge import merged_section
from driftgate.terragrunt.sections import SECTIONS
from driftgate.terragrunt.session import Session, Tell
from driftgate.terragrunt.values_file import values_of
from driftgate.terragrunt.view import as_object

_FOR_LOCALS: Final = frozenset(("local", "include", "feature", "values"))
_UNSET: Final = object()


class Config:
    """A configuration file in the context of the unit whose own file is at `path`.

    `original` is the unit for which it is read, when by `read_terragrunt_config`. `child` is the unit's configuration
    when this file was included, at `included_as`. `mocked` are the dependencies whose mock outputs were used.
    """

    __slots__ = (
        "_allowed", "_files_table", "_includes", "_locals", "_merged", "_own", "_pending", "_roots", "child", "files",
        "folder", "included_as", "known_locals", "mocked", "original", "path", "session", "source",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        source: Source,
        path: str,
        original: str,
        child: Config | None = None,
        included_as: str | None = None,
    ) -> None:
        self.session, self.source, self.path, self.original = session, source, path, original
        self.child, self.included_as = child, included_as
        self.files: Files = session.files
        self.folder = posixpath.dirname(path)
        self.mocked: set[str] = set()
        self.known_locals: dict[str, object] = {}
        self._locals: dict[str, Expr] | None = None
        self._pending: list[str] = []
        self._includes: tuple[Include, ...] | None = None
        self._own: dict[str, object] = {}
        self._merged: dict[str, object] = {}
        self._roots: dict[str, object] = {}
        self._allowed: frozenset[str] | None = None
        self._files_table: dict[str, Function] | None = None

    @property
    def unit(self) -> Config:
        """The unit's own configuration: this one, or the one that includes it."""
        return self.child or self

    # What expressions see

    def lookup(self, root: str, name: str, span: Span) -> object:
        """The value of `root.name`."""
        self._check(root, span)
        if root == "local":
            return self.local(name, span)
        value = self._root(root, span)
        if root == "include" and isinstance(value, dict) and name not in value:
            raise EvaluationError(self._not_exposed(name), span)
        return element(value, name, span)

    def value(self, name: str, span: Span) -> object:
        """The value of a name that stands alone."""
        self._check(name, span)
        return self._root(name, span)

    def function(self, name: str) -> Function | None:
        """A function of Terragrunt, of files, or one of Terraform's."""
        own = terragrunt_function(self, name)
        if own is not None:
            return own
        if name in PURE:
            secret = self.session.secret if name == "sensitive" else None
            return PURE[name] if secret is None else _telling(PURE[name], secret)
        if self._files_table is None:
            base = posixpath.dirname(self.files.real(self.source.path))
            self._files_table = file_functions(base, self, self.session.home, self.note_read)
        return self._files_table.get(name)

    def _check(self, root: str, span: Span) -> None:
        if self._allowed is not None and root not in self._allowed and root in _ROOTS:
            allowed = f"only {', '.join(sorted(self._allowed))}" if self._allowed else "nor any name"
            raise EvaluationError(f"`{root}` cannot be used here, {allowed}", span)

    def _root(self, root: str, span: Span) -> object:
        known = self._roots.get(root, _UNSET)
        if known is _UNSET:
            make = _ROOTS.get(root)
            if make is None:
                raise EvaluationError(f'there is no variable named "{root}"', span)
            known = self._roots[root] = make(self)
        return known

    def _not_exposed(self, name: str) -> str:
        if any(include.name == name for include in self.includes):
            return f'the include "{name}" is not exposed: add `expose = true` to it'
        return f'there is no include "{name}"'

    # Locals

    def local(self, name: str, span: Span) -> object:
        """The value of a local, evaluated when first asked for."""
        if name in self.known_locals:
            return self.known_locals[name]
        expressions = self._local_expressions()
        if name not in expressions:
            raise EvaluationError(f"local.{name} is not defined in {self.source.shown}", span)
        if name in self._pending:
            circle = [f"local.{step}" for step in [*self._pending[self._pending.index(name) :], name]]
            raise EvaluationError(f"local.{name} depends on itself: {' -> '.join(circle)}", span)
        self._pending.append(name)
        try:
            value = self.known_locals[name] = self.evaluate(expressions[name], _FOR_LOCALS)
        finally:
            self._pending.pop()
        return value

    def _local_expressions(self) -> dict[str, Expr]:
        if self._locals is None:
            self._locals = {}
            for place, block in enumerate(self.source.body.blocks_of("locals")):
                if place:
                    raise self.error("a second locals block: a file can have only one", block.span)
                self._locals = {name: attribute.value for name, attribute in block.body.attributes.items()}
        return self._locals

    # Evaluating

    def evaluate(self, expr: Expr, allowed: frozenset[str] | None = None) -> object:
        """The value of an expression of this file that may use the names `allowed` (None: all).

        Raises EvaluationError that says where.
        """
        before, self._allowed = self._allowed, allowed
        try:
            return evaluate(expr, self)
        except EvaluationError as error:
            error.where = error.where or self.source.place(error.span or expr.span)
            raise
        finally:
            self._allowed = before

    def settings(self, body: Body, allowed: frozenset[str] | None = None) -> dict[str, object]:
        """The attributes of a block."""
        return {name: self.evaluate(attribute.value, allowed) for name, attribute in body.attributes.items()}

    def note_read(self, path: str) -> None:
        """Remember that this file, for this unit, reads the one at `path`."""
        self.session.reads.setdefault((self.source.path, self.path), set()).add((path, path))

    def error(self, problem: str, span: Span) -> EvaluationError:
        """The error for a problem in this file."""
        return EvaluationError(problem, span, self.source.place(span))

    def included(self, source: Source) -> Config:
        """Another file evaluated as if it stood in this unit."""
        self.session.reads.setdefault((self.source.path, self.path), set()).add((source.path, self.path))
        return Config(self.session, source, self.path, self.original, child=self, included_as=source.path)

    def other(self, source: Source) -> Config:
        """Another file as a configuration of its own, read for the same unit."""
        return Config(self.session, source, source.path, self.original)

    # Sections

    @property
    def includes(self) -> tuple[Include, ...]:
        """The files that this one includes, in source order."""
        if self._includes is None:
            self._includes = includes_of(self)
        return self._includes

    def own(self, section: str) -> object:
        """What this file itself says of a section; None when it says nothing."""
        if section not in self._own:
            self._own[section] = SECTIONS[section](self)
        return self._own[section]

    def section(self, section: str) -> object:
        """A section with what the included files say of it merged in."""
        if section not in self._merged:
            self._merged[section] = merged_section(self, section)
        return self._merged[section]

    def local_names(self) -> list[str]:
        """The names of the locals of this file."""
        return list(self._local_expressions())


def open_unit(session: Session, folder: str) -> Config:
    """The configuration of the unit in `folder`, which is read once. Raises as `Files.source`."""
    known = session.configs.get(folder)
    if not isinstance(known, Config):
        path = session.files.unit_file(folder)
        known = session.configs[folder] = Config(session, session.files.source(path), path, path)
    return known


def _telling(function: Function, secret: Tell) -> Function:
    """`sensitive()` that says what it was given."""

    def run(value: object) -> object:
        secret(value)
        return function.run(value)

    return replace(function, run=run)


def _exposed(config: Config) -> object:
    includes = config.includes
    if config.child is not None or not includes:
        raise EvaluationError("there is no include here to refer to")
    if len(includes) == 1 and not includes[0].name:
        return as_object(includes[0].config, merged=False) if includes[0].expose else Lazy({})

    def thunk(include: Include) -> Callable[[], object]:
        return lambda: as_object(include.config, merged=False)

    return Lazy({include.name: thunk(include) for include in includes if include.expose})


_ROOTS: Final[dict[str, Callable[[Config], object]]] = {
    "include": _exposed,
    "dependency": lambda config: dependency_values(config.unit),
    "feature": lambda config: feature_values(config.unit),
    "values": values_of,
    "local": lambda config: {name: config.local(name, (0, 0)) for name in config.local_names()},
}
