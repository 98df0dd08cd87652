"""mv on a state's own bytes: modules, resources and instances to other addresses, as `terraform state mv` does it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from driftgate.address import Address, module_address
from driftgate.state.edit import require
from driftgate.state.file import Instance, Resource, ResourceObject, StateError, StateFile
from driftgate.state.outline import Content, Key, Outline, content, finished, outline
from driftgate.state.splice import (
    Edit,
    Object,
    drop_elements,
    drop_members,
    insert_elements,
    quoted,
    read_object,
    set_member,
    spliced,
)
from driftgate.state.target import Path, Target, parse_target

Place = tuple[str, str, str, str]
"""Where a resource is: module, mode, type, name."""


def moved(state: StateFile, source: str, destination: str) -> bytes:
    """`state` with what stands at `source` at `destination`, and the next serial.

    A module moves with the modules in it, a resource with all its instances, an instance with its deposed objects; a
    resource without count and for_each may become an instance of another (`aws_x.a` to `aws_x.b[0]`) and the other way
    round. Raises StateError when the two do not fit, nothing is at `source`, or something is at `destination`.
    """
    origin, target = parse_target(source), parse_target(destination)
    found = outline(state)
    if origin.resource is None:
        return _module(state, found, origin.module, target)
    require(state, origin)
    if target.resource is None:
        raise _unfit(origin, target, "a resource cannot become a module", "name a resource")
    _check_kinds(origin.resource, target.resource)
    if origin.resource.key is None and not _has(state, origin.resource):
        return _resource(state, found, origin.resource, target.resource)
    return _instance(state, found, origin.resource, target.resource)


def _module(state: StateFile, found: Outline, origin: Path, target: Target) -> bytes:
    if target.resource is not None:
        raise _unfit(Target(origin), target, "a module cannot become a resource", "name a module")
    size = len(origin)
    paths = {resource.module or "": _path(resource) for resource in state.resources}
    renamed = {
        text: module_address((*target.module, *path[size:])) for text, path in paths.items() if path[:size] == origin
    }
    if not renamed:
        keyed = sorted({module_address(path[:size]) for path in paths.values() if _siblings(path[:size], origin)})
        hint = f"name one instance of it: {', '.join(keyed[:3])}" if keyed else "`dg state list` shows what is there"
        raise StateError(f"no {module_address(origin)} in this state", next_step=hint)
    for new in renamed.values():
        if new in paths.keys() - renamed.keys():
            raise _taken(new)
    edits = [
        edit
        for index, resource in enumerate(state.resources)
        if (resource.module or "") in renamed
        for edit in _readdress(found.text, found.resource(index), renamed[resource.module or ""], None)
    ]

    def placed(key: Key) -> Key:
        return (renamed.get(key[0], key[0]), *key[1:])

    return _finished(state, found, edits, placed)


def _resource(state: StateFile, found: Outline, origin: Address, target: Address) -> bytes:
    if target.key is not None:
        raise _unfit(
            origin, target, "a whole resource cannot become one instance", "name one instance of it, or drop the key"
        )
    if _indexes(state, target):
        raise _taken(str(target))
    edits = [edit for index in _indexes(state, origin) for edit in _to(found, index, target)]
    old, new = _place(origin), _place(target)
    return _finished(state, found, edits, lambda key: (*new, *key[4:]) if key[:4] == old else key)


def _instance(state: StateFile, found: Outline, origin: Address, target: Address) -> bytes:
    """One instance: in its resource, or with all of its resource, or taken out of it."""
    if _has(state, target):
        raise _taken(str(target))
    index, chosen = _objects(state, origin)
    existing = _indexes(state, target.resource)
    whole = len(chosen) == len(state.resources[index].instances or ())
    if _place(origin) == _place(target):
        edits = _rekeyed(found, index, chosen, target)
    elif whole and not existing:
        edits = [*_rekeyed(found, index, chosen, target), *_to(found, index, target)]
    else:
        edits = _transplanted(found, index, chosen, target, existing[0] if existing else None)
    provider = state.resources[existing[0] if existing else index].provider or ""
    return finished(state, found, edits, _expected(state, origin, target, provider))


def _objects(state: StateFile, origin: Address) -> tuple[int, list[int]]:
    """Where an instance's objects stand: the index of the resource, those of its current and deposed objects in it."""
    [index, *rest] = _indexes(state, origin)
    chosen = [i for i, item in enumerate(state.resources[index].instances or ()) if item.index_key == origin.key]
    if rest or not chosen:
        raise StateError(
            f"{origin.resource} stands in several blocks of this state",
            next_step="let terraform write it once (`terraform apply -refresh-only`), which joins them",
        )
    return index, chosen


def _rekeyed(found: Outline, index: int, chosen: list[int], target: Address) -> list[Edit]:
    instances = found.instances(found.resource(index))
    objects = [read_object(found.text, instances.elements[i].start) for i in chosen]
    return [edit for item in objects for edit in _rekey(found.text, item, target)]


def _transplanted(found: Outline, index: int, chosen: list[int], target: Address, into: int | None) -> list[Edit]:
    """The objects cut out and put into the resource `into`, or into a new one behind their own."""
    block = found.resource(index)
    instances = found.instances(block)
    objects = [read_object(found.text, instances.elements[i].start) for i in chosen]
    bodies = [_cut(found.text, item, _rekey(found.text, item, target)) for item in objects]
    whole = len(chosen) == len(instances.elements)
    gone = drop_elements(found.resources, {index}) if whole else drop_elements(instances, chosen)
    if into is None:
        return [*gone, insert_elements(found.text, found.resources, index, [_twin(found, block, target, bodies)])]
    there = found.instances(found.resource(into))
    return [*gone, insert_elements(found.text, there, len(there.elements) - 1, bodies)]


def _expected(state: StateFile, origin: Address, target: Address, provider: str) -> Content:
    old, new = (*_place(origin), origin.key), (*_place(target), target.key)
    return {
        (*new, key[5]) if key[:5] == old else key: (provider, item) if key[:5] == old else (config, item)
        for key, (config, item) in content(state).items()
    }


def _finished(state: StateFile, found: Outline, edits: list[Edit], placed: Callable[[Key], Key]) -> bytes:
    return finished(state, found, edits, {placed(key): value for key, value in content(state).items()})


def _twin(found: Outline, block: Object, target: Address, bodies: list[str]) -> str:
    """A copy of a resource at another address, with these instances only."""
    instances = found.instances(block)
    lead = found.text[instances.span.start + 1 : instances.elements[0].start]
    tail = found.text[instances.elements[-1].end : instances.span.end]
    filled = Edit(*instances.span, f"[{lead}{f',{lead}'.join(bodies)}{tail}")
    return _cut(found.text, block, [*_readdress(found.text, block, module_address(target.module), target.name), filled])


def _cut(text: str, found: Object, edits: list[Edit]) -> str:
    """The text of one object with edits made inside it."""
    start, end = found.span
    return spliced(text[start:end], [Edit(edit.start - start, edit.end - start, edit.text) for edit in edits])


def _to(found: Outline, index: int, target: Address) -> Iterator[Edit]:
    return _readdress(found.text, found.resource(index), module_address(target.module), target.name)


def _readdress(text: str, block: Object, module: str, name: str | None) -> Iterator[Edit]:
    if module:
        yield set_member(text, block, "module", quoted(module))
    else:
        yield from drop_members(block, "module")
    if name is not None:
        yield set_member(text, block, "name", quoted(name))


def _rekey(text: str, item: Object, target: Address) -> list[Edit]:
    if target.key is None:
        return drop_members(item, "index_key")
    value = quoted(target.key) if isinstance(target.key, str) else json.dumps(target.key)
    return [set_member(text, item, "index_key", value)]


def _has(state: StateFile, wanted: Address) -> bool:
    return any(instance.address == wanted for instance in state.instances())


def _indexes(state: StateFile, wanted: Address) -> list[int]:
    place = _place(wanted)
    return [
        i for i, item in enumerate(state.resources) if (item.module or "", item.mode, item.type, item.name) == place
    ]


def _place(address: Address) -> Place:
    return (module_address(address.module), address.mode, address.type, address.name)


def _path(resource: Resource) -> Path:
    return Instance(resource, ResourceObject()).address.module


def _siblings(path: Path, origin: Path) -> bool:
    """Whether the two differ in instance keys only."""
    return bool(path) and [name for name, _ in path] == [name for name, _ in origin]


def _check_kinds(origin: Address, target: Address) -> None:
    if (origin.mode, origin.type) != (target.mode, target.type):
        raise StateError(
            f"{origin} cannot move to {target}: one is {_kind(origin)}, the other {_kind(target)}",
            next_step="move within one type; to change the type write a `moved` block, where the provider supports it",
        )


def _kind(address: Address) -> str:
    return f"a data source {address.type}" if address.mode == "data" else f"a resource {address.type}"


def _unfit(origin: object, target: object, why: str, next_step: str) -> StateError:
    return StateError(f"{origin} cannot move to {target}: {why}", next_step=next_step)


def _taken(address: str) -> StateError:
    return StateError(
        f"{address} is in this state already", next_step="choose a free address, or remove that one first"
    )
