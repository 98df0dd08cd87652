"""The code of a unit as a tree of module instances: where each name gets its value, and what that value is."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from driftgate.attribute_path import Steps, spell
from driftgate.discover.module import NO_BODY, Module, SourceFile, read_text
from driftgate.discover.repo import Repo
from driftgate.discover.scope import Place, UnitScope, root_scope, scope_of, tfvars_files
from driftgate.discover.settings import settings
from driftgate.errors import DriftgateError
from driftgate.hcl.ast import Block, Body, Expr, Span
from driftgate.hcl.constant import constant
from driftgate.hcl.error import HclError
from driftgate.hcl.functions.files import UNREAD, file_functions
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.parse import parse
from driftgate.hcl.scope import Frame, Function, Lazy, Scope
from driftgate.hcl.values import Unknown, items
from driftgate.remediate.trace.policy_document import TYPE, rendered, sketched

Key = str | int | None
META_ARGUMENTS = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})


class CannotTraceError(DriftgateError):
    """A value whose origin is no literal that could be changed; `message` says what it is instead."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a loop variable stands for: the collection's expression where it is written, and the element's key.

    `part` is what of the element: its "key", its "value", or "each", an object of both.
    """

    at: At
    collection: Expr
    key: Key
    part: str = "each"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name gets its value: at `steps` inside an expression at a place; `trail` says how it is called."""

    at: At
    expr: Expr
    steps: Steps
    trail: str


class Names(Protocol):
    """What the names in a file lead to, and where the relative paths in it start."""

    @property
    def root(self) -> str:
        """The repo's folder."""
        ...

    @property
    def base(self) -> str:
        """The absolute path of the folder that `file()` starts from."""
        ...

    def origins(self, root: str, path: Steps) -> tuple[Origin, ...]:
        """Where `root.path` is given, the one that wins first; what follows is merged under it, deep.

        Raises CannotTraceError.
        """
        ...


class Given(Protocol):
    """What a configuration beside the module gives to a unit's variables."""

    def variable(self, name: str) -> tuple[Origin, ...]:
        """Where the variable is given, as `Names.origins`; none where it is not."""
        ...

    def reads(self) -> frozenset[str]:
        """The files it is made of, relative to the repo."""
        ...

    def effects(self) -> Iterator[tuple[str, str, object]]:
        """File, section and value of what it sets besides variables."""
        ...

    def elsewhere(self, kind: str, labels: tuple[str, str]) -> CannotTraceError | None:
        """Why the module's code has no such block, where that is known."""
        ...


@dataclass(frozen=True, slots=True)
class At:
    """A place in the source: in which file, what names mean there, and which loop variables are bound."""

    site: Names
    file: SourceFile
    scope: Scope
    bound: Mapping[str, Bound] = field(default_factory=dict)

    def value(self, expr: Expr) -> object:
        """What an expression is worth here; an `Unknown` where only a run can tell."""
        return constant(expr, self.scope)

    def check_editable(self, offset: int) -> None:
        """Raises CannotTraceError for a file that no patch can change."""
        step = f"edit it by hand: {self.file.position(offset)}"
        if self.file.path.startswith(("/", "../")):
            raise CannotTraceError(f"{self.file.path} is not in the repo", next_step=step)

    def inside(self, file: SourceFile) -> At:
        """The same place in another file of the module."""
        return At(self.site, file, self.scope, self.bound)


@dataclass(slots=True)
class SiteScope(UnitScope):
    """A module's scope that also knows the outputs of the local modules it calls."""

    site: Site | None = None
    files: dict[str, Function] = field(default_factory=dict)

    def function(self, name: str) -> Function | None:
        """Terraform's functions, those that read files too."""
        if name in UNREAD and self.site is not None:
            self.files = self.files or file_functions(self.site.base, self, on_read=self.site.read.add)
            return self.files.get(name)
        return UnitScope.function(self, name)

    def lookup(self, root: str, name: str, span: Span) -> object:
        if root == "module" and self.site is not None:
            return self.site.outputs(name)
        if root == "data" and name == TYPE and self.site is not None:
            return self.site.documents()
        return UnitScope.lookup(self, root, name, span)


@dataclass(slots=True)
class Site:
    """A module in one of its instances. `call` is where its arguments stand, None for the root module.

    `unit` is the folder of the root module, `read` collects the files that functions have read (absolute paths).
    """

    repo: Repo
    module: Module
    tool: str
    scope: SiteScope
    call: tuple[At, Block] | None = None
    var_files: tuple[SourceFile, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    given: Given | None = None
    unit: str = ""
    read: set[str] = field(default_factory=set)
    _children: dict[tuple[str, Key], Site | None] = field(default_factory=dict)
    _documents: Lazy | None = None

    @property
    def root(self) -> str:
        """The repo's folder."""
        return self.repo.root.as_posix()

    @property
    def base(self) -> str:
        """The root module's folder, where terraform runs."""
        return posixpath.normpath(f"{self.root}/{self.unit or self.module.path}")

    def child(self, name: str, key: Key) -> Site | None:
        """The called module's instance; None where its source is not in the repo."""
        if (name, key) not in self._children:
            self._children[name, key] = self._open(name, key)
        return self._children[name, key]

    def blocks(self, *types: str, labels: tuple[str, ...]) -> list[tuple[SourceFile, Block]]:
        """The blocks of these types and labels, overrides last."""
        return [(file, block) for file, block in self.module.blocks(*types) if block.labels == labels]

    def at(self, file: SourceFile, body: Body, key: Key) -> At:
        """Inside a resource or module block's instance `key`: `each` and `count` mean its own."""
        place = At(self, file, self.scope)
        bound: dict[str, Bound] = {}
        names: dict[str, object] = {}
        if "for_each" in body.attributes and isinstance(key, str):
            collection = body.attributes["for_each"].value
            bound["each"] = Bound(place, collection, key)
            found = dict(_items(place.value(collection)))
            names["each"] = {"key": key, "value": found.get(key, Unknown(f"each.value of {key}"))}
        elif isinstance(key, int):
            names["count"] = {"index": key}
        return At(self, file, Frame(names, self.scope), bound) if names else place

    def keys(self, body: Body) -> tuple[Key, ...] | None:
        """The keys of a block's instances; None where they are not known."""
        if "for_each" in body.attributes:
            value = constant(body.attributes["for_each"].value, self.scope)
            return None if isinstance(value, Unknown) else tuple(str(key) for key, _ in _items(value))
        if "count" in body.attributes:
            number = constant(body.attributes["count"].value, self.scope)
            return tuple(range(int(number))) if isinstance(number, int | float) else None
        return (None,)

    def outputs(self, name: str) -> object:
        """The outputs of a called module, by key where it has several instances."""
        calls = self.blocks("module", labels=(name,))
        keys = self.keys(calls[-1][1].body) if calls else None
        if keys is None or keys == (None,):
            return self._outputs(name, None)
        return {str(key): self._outputs(name, key) for key in keys}

    def _outputs(self, name: str, key: Key) -> object:
        child = self.child(name, key)
        if child is None:
            return Unknown(f"module.{name} is not in the repo")
        found = child.module.blocks("output")
        return {
            block.labels[0]: constant(block.body.attributes["value"].value, child.scope)
            for _, block in found
            if block.labels and "value" in block.body.attributes
        }

    def documents(self) -> dict[str, object]:
        """The policy documents of the module: one that is known only in part is unknown, and says what is known."""

        def thunk(file: SourceFile, block: Block) -> Callable[[], object]:
            return lambda: self._instances(file, block)

        if self._documents is None:
            blocks = [(f, b) for f, b in self.module.blocks("data") if len(b.labels) == 2 and b.labels[0] == TYPE]
            self._documents = Lazy({block.labels[1]: thunk(file, block) for file, block in blocks})
        return self._documents

    def _instances(self, file: SourceFile, block: Block) -> object:
        found = {key: self._document(self.at(file, block.body, key), block) for key in self.keys(block.body) or ()}
        return found[None] if None in found else {str(key): value for key, value in found.items()}

    def _document(self, at: At, block: Block) -> object:
        text = rendered(block.body, at.value)
        name = f"data.{TYPE}.{block.labels[1]}.json"
        json = Unknown(f"{name} is known only to a run: {sketched(block.body, at.value)}") if text is None else text
        return {"json": json, "minified_json": json}

    def origins(self, root: str, path: Steps) -> tuple[Origin, ...]:
        """Where `local.x`, `var.x` or `module.x.y` is given. Raises CannotTraceError."""
        lead = _LEADS.get(root)
        if lead is None:
            what = _WITHOUT_LITERAL.get(root, "another resource")
            raise CannotTraceError(f"the value is `{spell((root, *path))}`, from {what}")
        return lead(self, str(path[0]) if path else "", path[1:])

    def _local(self, name: str, inner: Steps) -> tuple[Origin, ...]:
        found = [(f, b.body.attributes[name]) for f, b in self.module.blocks("locals") if name in b.body.attributes]
        if not found:
            raise CannotTraceError(f"local.{name} is not defined")
        file, attribute = found[-1]
        return (Origin(At(self, file, self.scope), attribute.value, inner, f"local.{name}"),)

    def _variable(self, name: str, inner: Steps) -> tuple[Origin, ...]:
        """The module call's argument, or for the root the file that Terraform lets win.

        Rule: developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
        """
        trail = f"var.{name}"
        if self.call is not None:
            place, block = self.call
            if name in block.body.attributes:
                return (Origin(place, block.body.attributes[name].value, inner, trail),)
        else:
            for file in reversed(self.var_files):
                if name in file.body.attributes:
                    return (Origin(At(self, file, self.scope), file.body.attributes[name].value, inner, trail),)
            if f"TF_VAR_{name}" in self.env:
                raise CannotTraceError(f"var.{name} comes from the environment (TF_VAR_{name})")
            if self.given is not None and (given := self.given.variable(name)):
                return tuple(replace(one, steps=(*one.steps, *inner)) for one in given)
        for file, block in reversed(self.blocks("variable", labels=(name,))):
            if "default" in block.body.attributes:
                return (Origin(At(self, file, self.scope), block.body.attributes["default"].value, inner, trail),)
        raise CannotTraceError(f"var.{name} has no value in the source: it is given on the command line")

    def _output(self, name: str, inner: Steps) -> tuple[Origin, ...]:
        rest = list(inner)
        key = rest.pop(0) if len(rest) > 1 and self._has_keys(name) else None
        child = self.child(name, key)
        if child is None:
            raise CannotTraceError(f"module.{name} is not in the repo")
        found = child.blocks("output", labels=(str(rest[0]),)) if rest else []
        if not found or "value" not in found[-1][1].body.attributes:
            raise CannotTraceError(f"module.{name} has no such output")
        file, block = found[-1]
        value = block.body.attributes["value"].value
        return (Origin(At(child, file, child.scope), value, tuple(rest[1:]), f"module.{name}.{rest[0]}"),)

    def _has_keys(self, name: str) -> bool:
        calls = self.blocks("module", labels=(name,))
        return bool(calls) and not {"count", "for_each"}.isdisjoint(calls[-1][1].body.attributes)

    def _open(self, name: str, key: Key) -> Site | None:
        folder = dict(self.repo.calls(self.module)).get(name)
        calls = self.blocks("module", labels=(name,))
        if folder is None or not calls:
            return None
        file, block = calls[-1]
        place = self.at(file, block.body, key)
        given = {
            argument: place.value(attribute.value)
            for argument, attribute in block.body.attributes.items()
            if argument not in META_ARGUMENTS
        }
        module = self.repo.module(folder, self.tool)
        unit = self.unit or self.module.path
        scope = scope_of(module, given, self.scope.workspace, posixpath.relpath(folder, unit))
        site = site_of(self.repo, module, self.tool, scope, (place, block))
        site.unit, site.read = unit, self.read
        return site


def open_site(
    root: Path, unit: str, *, env: Mapping[str, str], workspace: str, tool: str, var_files: Sequence[Path] = ()
) -> Site:
    """The root module of the unit at `unit`, relative to the repo at `root`; `var_files` as given to the plan."""
    root = root.resolve()
    repo = Repo(root, env, tool)
    module, folder = repo.module(unit, tool), repo.folder(unit)
    place = Place(root / unit, folder.files, env, workspace)
    scope = root_scope(module, place)
    files = [var_file(root, root / unit / name) for name in tfvars_files(folder.files)]
    given = [var_file(root, file) for file in var_files]
    scope.variables = {**scope.variables, **{k: v for file in given for k, v in settings(file.body).values.items()}}
    site = site_of(repo, module, tool, scope, None)
    site.var_files, site.env = (*files, *given), env
    return site


_LEADS: dict[str, Callable[[Site, str, Steps], tuple[Origin, ...]]] = {
    "local": Site._local,
    "module": Site._output,
    "var": Site._variable,
}
_WITHOUT_LITERAL = {"count": "the instance's number", "data": "a data source", "each": "the instance's key"}


def site_of(repo: Repo, module: Module, tool: str, scope: UnitScope, call: tuple[At, Block] | None) -> Site:
    """A module in one of its instances, whose scope knows the outputs of what it calls."""
    own = SiteScope(scope.locals, scope.variables, workspace=scope.workspace, path=scope.path)
    own.site = Site(repo, module, tool, own, call)
    return own.site


def var_file(root: Path, path: Path) -> SourceFile:
    """A variable file, its path relative to the repo where it is in it."""
    inside = next((p for p in (path, path.resolve()) if p.is_relative_to(root)), None)
    name = str(path) if inside is None else inside.relative_to(root).as_posix()
    text = ""
    try:
        text = read_text(path)
        body = parse_json(text, filename=name, blocks={}) if name.endswith(".json") else parse(text, filename=name)
        return SourceFile(name, text, body)
    except HclError as error:
        return SourceFile(name, text, NO_BODY, error=error.message)
    except (OSError, UnicodeDecodeError) as error:
        return SourceFile(name, text, NO_BODY, error=f"{name}: cannot be read: {error}")


def _items(value: object) -> Iterator[tuple[object, object]]:
    return iter(()) if isinstance(value, Unknown) or not isinstance(value, dict | list) else items(value)
