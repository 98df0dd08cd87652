"""Finds the block of source behind a resource address, and what it says about that resource."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

from driftgate.address import Address
from driftgate.discover.module import Module, SourceFile, read_text
from driftgate.discover.repo import Repo
from driftgate.finding import SourceRange
from driftgate.hcl.ast import Block, Expr, GetAttr, Index, Literal, Name, Object, Template, Tuple, line_column
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse_expression

META = frozenset({"count", "depends_on", "dynamic", "for_each", "lifecycle", "provider", "provisioner", "connection"})


class All(Enum):
    """`ignore_changes = all`."""

    ALL = "all"


ALL = All.ALL


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A resource's block: where it stands, the attribute paths that `ignore_changes` names (`tags.x`, `rule[0].port`),
    and the names of the arguments and nested blocks that the code sets."""

    range: SourceRange
    ignore_changes: frozenset[str] | All
    sets: frozenset[str]


@dataclass(slots=True)
class SourceIndex:
    """The source of one unit, read when first asked. `root` is the repo's, `unit_dir` the root module's folder."""

    root: Path
    unit_dir: Path
    tool: str | None = None
    _repo: Repo | None = None
    _blocks: dict[tuple[str, ...], dict[tuple[str, str, str], SourceBlock]] = field(default_factory=dict)

    def find(self, address: str) -> SourceBlock | None:
        """The block of the resource at `address`, whatever its instance; None when the source does not have it."""
        try:
            wanted = Address.parse(address)
        except ValueError:
            return None
        module = tuple(name for name, _ in wanted.module)
        if module not in self._blocks:
            self._blocks[module] = self._load(module)
        return self._blocks[module].get((wanted.mode, wanted.type, wanted.name))

    def _load(self, names: tuple[str, ...]) -> dict[tuple[str, str, str], SourceBlock]:
        module = self._module(names)
        return {} if module is None else dict(_resources(module))

    def _module(self, names: tuple[str, ...]) -> Module | None:
        repo = self._opened()
        unit = self._unit(repo)
        tool = repo.tool_of(unit)
        module = repo.module(unit, tool)
        installed: Mapping[str, str] | None = None
        for depth, name in enumerate(names, start=1):
            path = dict(repo.calls(module)).get(name)
            if path is None:
                installed = _installed(repo, unit) if installed is None else installed
                path = installed.get(".".join(names[:depth]))
            if path is None:
                return None
            module = repo.module(path, tool)
        return module

    def _unit(self, repo: Repo) -> str:
        """The unit's folder in the repo. In a copy of a repo a folder may be a link that leads out of it."""
        inside = self.unit_dir.is_relative_to(self.root)
        found = self.unit_dir.relative_to(self.root) if inside else self.unit_dir.resolve().relative_to(repo.root)
        return posixpath.normpath(PurePosixPath(found).as_posix())

    def _opened(self) -> Repo:
        if self._repo is None:
            self._repo = Repo(self.root.resolve(), {}, self.tool)  # folders are read as they are needed
        return self._repo


def _installed(repo: Repo, unit: str) -> dict[str, str]:
    """Folders of the modules that init fetched, by module path `a.b`, from `.terraform/modules/modules.json`."""
    try:
        listed = json.loads(read_text(repo.root / unit / ".terraform" / "modules" / "modules.json"))["Modules"]
        return {m["Key"]: posixpath.normpath(posixpath.join(unit, m["Dir"])) for m in listed}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # nothing installed: the finding is shown without its place


def _resources(module: Module) -> Iterator[tuple[tuple[str, str, str], SourceBlock]]:
    """Every resource and data block with what overrides add to it."""
    found: dict[tuple[str, str, str], list[tuple[SourceFile, Block]]] = {}
    for file, block in module.blocks("resource", "data"):
        if len(block.labels) == 2:
            mode = "managed" if block.type == "resource" else "data"
            found.setdefault((mode, block.labels[0], block.labels[1]), []).append((file, block))
    for key, parts in found.items():
        file, first = parts[0]
        yield key, SourceBlock(_range(file, first), _ignored([b for _, b in parts]), _sets([b for _, b in parts]))


def _range(file: SourceFile, block: Block) -> SourceRange:
    return SourceRange(file.path, line_column(file.text, block.span[0])[0], line_column(file.text, block.span[1])[0])


def _sets(blocks: Iterable[Block]) -> frozenset[str]:
    names: set[str] = set()
    for block in blocks:
        names |= block.body.attributes.keys()
        names |= {b.labels[0] if b.type == "dynamic" and b.labels else b.type for b in block.body.blocks}
        if "dynamic" in block.body.attributes:  # how JSON has it
            names |= _keys(block.body.attributes["dynamic"].value)
    return frozenset(names - META)


def _keys(value: Expr) -> set[str]:
    """The names of an object's members, or of all the objects of a list."""
    objects = value.items if isinstance(value, Tuple) else (value,)
    return {k.text or "" for o in objects if isinstance(o, Object) for k, _ in o.items if isinstance(k, Template)}


def _ignored(blocks: Iterable[Block]) -> frozenset[str] | All:
    """What the last block that has `ignore_changes` says."""
    value: Expr | None = None
    for block in blocks:
        for lifecycle in block.body.blocks_of("lifecycle"):
            attribute = lifecycle.body.attributes.get("ignore_changes")
            value = attribute.value if attribute is not None else value
    if value is None:
        return frozenset()
    if _path(value) == "all":
        return ALL
    items = value.items if isinstance(value, Tuple) else ()
    paths = {path for path in map(_path, items) if path is not None}
    return ALL if "*" in paths else frozenset(paths)  # ["*"] is how Terraform 0.11 wrote it


def _path(expr: Expr) -> str | None:
    """A traversal as a finding's attribute path: `tags["x"]` is `tags.x`, `rule[0]` stays."""
    match expr:
        case Name(name):
            return name
        case Template():
            return _quoted_path(expr)
        case GetAttr(inner, name):
            return _joined(_path(inner), f".{name}")
        case Index(inner, Literal(int() as number)):
            return _joined(_path(inner), f"[{number}]")
        case Index(inner, Template() as key) if key.text is not None:
            return _joined(_path(inner), f".{key.text}")
    return None


def _quoted_path(template: Template) -> str | None:
    """JSON, and old HCL, write the traversal in a string."""
    if template.text is None or template.text == "*":
        return template.text
    try:
        inner = parse_expression(template.text)
    except HclError:
        return None
    return None if isinstance(inner, Template) else _path(inner)


def _joined(prefix: str | None, step: str) -> str | None:
    return None if prefix is None else prefix + step
