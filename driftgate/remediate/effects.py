"""What the code of units sets, as far as it can be told without a run: to see what else an edit would change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.address import Address
from driftgate.attribute_path import Steps
from driftgate.hcl.ast import Block, Body, Expr, GetAttr, Index, Name
from driftgate.hcl.values import Unknown, first_unknown
from driftgate.remediate.patch import is_hcl
from driftgate.remediate.trace.policy_document import TYPE
from driftgate.remediate.trace.provider import default_tags
from driftgate.remediate.trace.site import META_ARGUMENTS, At, CannotTraceError, Key, Site

META_BLOCKS = frozenset({"connection", "lifecycle", "provisioner"})
UnitKey = tuple[str, str]
"""Path and workspace of a unit."""
OpenSite = Callable[[Path, str, str], Site]
"""Opens the unit at a path, in a workspace, of the repo at a root."""
Place = tuple[str, str, Steps]
"""Unit, address, and the argument or nested block there, or the key of an argument that is a map; () is all of it."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Every argument of every resource of `units`, as text; one that is not known is its source. `readers` are by file
    the units that it is part of."""

    units: tuple[UnitKey, ...]
    readers: Mapping[str, Collection[UnitKey]]
    values: Mapping[Place, str]

    def differing(self, other: Effects) -> list[Place]:
        """Where the two differ in these `units`, sorted."""
        units = {unit for unit, _ in self.units}
        places = {place for place in self.values.keys() | other.values.keys() if place[0] in units}
        return sorted(place for place in places if self.values.get(place) != other.values.get(place))


def effects_of(root: Path, files: set[str], units: Sequence[UnitKey], open_site: OpenSite) -> Effects:
    """The effects of those `units` whose code has one of `files` in it.

    A unit that cannot be opened has one effect, the reason.
    """
    found: dict[Place, str] = {}
    used = []
    readers: dict[str, list[UnitKey]] = {file: [] for file in files}
    wanted = _Files(files)
    top = str(root)
    for unit, workspace in units:
        try:
            site = open_site(root, unit, workspace)
        except CannotTraceError as error:
            read = set(wanted.by_folder.get(unit, ()))
            used.append((unit, workspace))
            found[unit, "", ()] = error.message.replace(top, "")
        else:
            read = _read(site, wanted)
            if read:
                used.append((unit, workspace))
                for address, steps, value in _parts(site):
                    # a path in a value is another one in a copy of the repo
                    found[unit, address, steps] = repr(_known(value)).replace(top, "")
        for file in read:
            readers[file].append((unit, workspace))
    return Effects(tuple(used), readers, found)


class _Files:
    """The files that are looked for, by folder, and those that only a function reads."""

    def __init__(self, files: set[str]) -> None:
        self.every = files
        self.by_folder: dict[str, set[str]] = {}
        for file in files:
            self.by_folder.setdefault(_folder(file), set()).add(file)
        self.read_by_functions = {file for file in files if not is_hcl(file)}


def _read(site: Site, files: _Files) -> set[str]:
    """Those of the files that are part of a unit: its modules, its variable files, its configuration, and what its
    functions read, which is known only when all was evaluated."""
    folders = {module.path for module in site.repo.closure(site.module.path, site.tool)}
    folders |= {_folder(file.path) for file in site.module.files}
    own = {file.path for file in site.var_files} | (site.given.reads() if site.given is not None else set())
    found = (own & files.every).union(*(files.by_folder.get(folder, ()) for folder in folders))
    rest = files.read_by_functions - found
    if rest:
        for _ in _all(site):
            continue
    return found | {file for file in rest if f"{site.root}/{file}" in site.read}


def _folder(file: str) -> str:
    return file.rpartition("/")[0] or "."


def _parts(site: Site) -> Iterator[tuple[str, Steps, object]]:
    """All values, maps key by key: two resources share one map, and each changes another key of it."""
    for address, name, value in _all(site):
        if isinstance(value, dict):
            yield from ((address, (name, str(key)), item) for key, item in value.items())
        else:
            yield address, (name,), value


def _all(site: Site) -> Iterator[tuple[str, str, object]]:
    yield from _resources(site, ())
    if site.given is not None:
        yield from site.given.effects()


def _resources(site: Site, path: tuple[tuple[str, Key], ...]) -> Iterator[tuple[str, str, object]]:
    for file, block in site.module.blocks("resource", "data"):
        if len(block.labels) == 2 and block.labels[0] != TYPE:  # a document counts where it is used
            for key in site.keys(block.body) or (None,):
                yield from _resource(site.at(file, block.body, key), path, block, key)
    for file, block in site.module.blocks("module"):
        keys = site.keys(block.body)
        for key in ((None,) if keys is None else keys) if block.labels else ():
            child = site.child(block.labels[0], key)
            if child is not None:
                yield from _resources(child, (*path, (block.labels[0], key)))
            elif key is None:
                at = site.at(file, block.body, key)
                for name, value in _values(at, block.body):
                    yield f"module.{block.labels[0]}", name, value


def _resource(at: At, path: tuple[tuple[str, Key], ...], block: Block, key: Key) -> Iterator[tuple[str, str, object]]:
    mode = "managed" if block.type == "resource" else "data"
    kind, label = block.labels
    address = str(Address(path, mode, kind, label, key))
    for name, value in _values(at, block.body):
        yield address, name, value
    tags = default_tags(at.site, kind, block.body) if mode == "managed" else None
    if tags is not None:
        yield address, "tags_all", _readable(*tags)


def _values(at: At, body: Body) -> Iterator[tuple[str, object]]:
    for name, attribute in body.attributes.items():
        if name not in META_ARGUMENTS:
            yield name, _readable(at, attribute.value)
    nested: dict[str, list[object]] = {}
    for block in body.blocks:
        if block.type not in META_BLOCKS:
            name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            nested.setdefault(name, []).append(sorted(_values(at, block.body), key=lambda pair: pair[0]))
    yield from nested.items()


def _readable(at: At, expr: Expr) -> object:
    """A value that is not known in full is told by its source, and by what is known of the names in it."""
    value = at.value(expr)
    if first_unknown(value) is None:
        return value
    return at.file.text[slice(*expr.span)], [_known(at.value(name)) for name in _names(expr)]


def _names(node: object) -> Iterator[Expr]:
    """Whole traversals such as `local.x.y`, and those in their indexes."""
    inner = node
    while isinstance(inner, GetAttr | Index):
        if isinstance(inner, Index):
            yield from _names(inner.key)
        inner = inner.object
    if isinstance(node, GetAttr | Index) and isinstance(inner, Name):
        yield node
        return
    parts = node if isinstance(node, tuple) else [getattr(node, f) for f in getattr(node, "__dataclass_fields__", ())]
    for part in parts:
        yield from _names(part)


def _known(value: object) -> object:
    """A value in which what is not known is its reason: its place would move with every edit above."""
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return f"unknown: {value.reason}" if isinstance(value, Unknown) else value
