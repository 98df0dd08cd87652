"""What the code of units sets, as far as it can be told without a run: to see what else an edit would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.address import Address
from driftgate.hcl.ast import Block, Body, Expr, GetAttr, Index, Name
from driftgate.hcl.values import Unknown, first_unknown
from driftgate.remediate.patch import is_hcl
from driftgate.remediate.trace.policy_document import TYPE
from driftgate.remediate.trace.provider import default_tags
from driftgate.remediate.trace.site import META_ARGUMENTS, At, CannotTraceError, Key, Site

META_BLOCKS = frozenset({"connection", "lifecycle", "provisioner"})
Place = tuple[str, str, str]
"""Unit, address, name of the argument or nested block."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Every argument of every resource of `units`, as text; one that is not known is its source."""

    units: tuple[tuple[str, str], ...]
    values: dict[Place, str]

    def differing(self, other: Effects) -> list[Place]:
        """Where the two differ in these `units`, sorted."""
        units = {unit for unit, _ in self.units}
        places = {place for place in self.values.keys() | other.values.keys() if place[0] in units}
        return sorted(place for place in places if self.values.get(place) != other.values.get(place))


def effects_of(
    root: Path,
    files: set[str],
    units: Sequence[tuple[str, str]],
    open_site: Callable[[Path, str, str], Site],
) -> Effects:
    """The effects of those `units` (path, workspace) whose code has one of `files` in it.

    A unit that cannot be opened has one effect, the reason.
    """
    found: dict[Place, str] = {}
    used = []
    top = str(root)
    for unit, workspace in units:
        try:
            site = open_site(root, unit, workspace)
        except CannotTraceError as error:
            used.append((unit, workspace))
            found[unit, "", ""] = error.message.replace(top, "")
            continue
        if _reads(site, files):
            used.append((unit, workspace))
            for address, name, value in _all(site):
                # a path in a value is another one in a copy of the repo
                found[unit, address, name] = repr(_known(value)).replace(top, "")
    return Effects(tuple(used), found)


def _reads(site: Site, files: set[str]) -> bool:
    """Whether one of the files is part of a unit: its modules, its variable files, its configuration."""
    folders = {module.path for module in site.repo.closure(site.module.path, site.tool)}
    folders |= {file.path.rpartition("/")[0] or "." for file in site.module.files}
    if any((file.rpartition("/")[0] or ".") in folders for file in files):
        return True
    own = {file.path for file in site.var_files} | (site.given.reads() if site.given is not None else set())
    return not files.isdisjoint(own) or (not all(map(is_hcl, files)) and _evaluated_with(site, files))


def _evaluated_with(site: Site, files: set[str]) -> bool:
    """Whether one of the files is read by a function: that is known only when all was evaluated."""
    for _ in _all(site):
        continue
    return any(f"{site.root}/{file}" in site.read for file in files)


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
        for key in (site.keys(block.body) or ()) if block.labels else ():
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
