"""States of Terraform 0.3 to 0.11 (versions 1 to 3) upgraded to the shape of version 4, in memory only.

The rules are those that `terraform state pull` (1.11) applies to such a file in an empty folder, which is also how
they are tested. Attributes stay flat strings: typing them needs the provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from driftgate.state.file import Output, Resource, ResourceObject, StateError

_ADDRESS = re.compile(r"(?P<data>data\.)?(?P<type>[^.]+)\.(?P<name>[^.]+)(?:\.(?P<index>\d+))?")
_COUNT = re.compile(r"(.*\.)#")
_MIGRATED = (str, int, float)


class _Object(msgspec.Struct, frozen=True):
    id: str | None = None
    attributes: dict[str, str] | None = None
    meta: dict[str, Any] | None = None
    tainted: bool | None = False


class _Instance(msgspec.Struct, frozen=True):
    type: str | None = None
    primary: _Object | None = None
    deposed: tuple[_Object, ...] | None = ()
    provider: str | None = None


class _Module(msgspec.Struct, frozen=True):
    path: tuple[str, ...] | None = ()
    outputs: dict[str, Any] | None = None
    resources: dict[str, _Instance] | None = None


_Key = tuple[str, str, str]


def upgrade(modules: Raw, version: int, source: str) -> tuple[dict[str, Output], tuple[Resource, ...]]:
    """The root outputs and the resources of a state of `version` 1, 2 or 3 whose `modules` are these.

    Raises StateError when they are not as that version has them.
    """
    try:
        found = msgspec.json.decode(modules, type=tuple[_Module, ...] | None) or ()
    except ValueError as error:
        raise _damaged(source, str(error)) from None
    outputs: dict[str, Output] = {}
    resources: list[Resource] = []
    for module in found:
        path = module.path or ("root",)  # some version 1 states have none
        if path[0] != "root":
            raise _damaged(source, f"invalid module path {list(path)}")
        if len(path) == 1:
            outputs |= {name: _output(value, version) for name, value in (module.outputs or {}).items()}
        resources += _resources(module, ".".join(f"module.{name}" for name in path[1:]), version, source)
    return outputs, tuple(sorted(resources, key=lambda r: (r.module or "", r.mode, r.type, r.name)))


def _resources(module: _Module, path: str, version: int, source: str) -> Iterator[Resource]:
    """One resource for all its counted instances, which versions 1 to 3 keep apart as `type.name.0`."""
    objects: dict[_Key, list[ResourceObject]] = {}
    providers: dict[_Key, str] = {}
    for address in sorted(module.resources or {}, key=_by_index):
        instance = (module.resources or {})[address]
        parts = _ADDRESS.fullmatch(address)
        if parts is None:
            raise _damaged(source, f"invalid resource address {address}")
        key = ("data" if parts["data"] else "managed", parts["type"], parts["name"])
        index = None if parts["index"] is None else int(parts["index"])
        objects.setdefault(key, []).extend(_objects(instance, index, version))
        providers.setdefault(key, _provider(instance.provider or "", parts["type"], path))
    for (mode, type_, name), found in objects.items():
        yield Resource(mode, type_, name, path or None, providers[mode, type_, name], tuple(found))


def _by_index(address: str) -> tuple[str, int]:
    stem, _, last = address.rpartition(".")
    return (stem, int(last)) if last.isdecimal() else (address, -1)


def _objects(instance: _Instance, index: int | None, version: int) -> Iterator[ResourceObject]:
    if instance.primary is not None:
        yield _object(instance.primary, index, "", version)
    for position, deposed in enumerate(instance.deposed or (), start=1):
        yield _object(deposed, index, f"{position:08x}", version)


def _object(old: _Object, index: int | None, deposed: str, version: int) -> ResourceObject:
    attributes = dict(old.attributes) if old.attributes is not None else None
    if attributes is not None and version < 3:
        attributes = _map_counts(attributes)
    if old.id and not (attributes or {}).get("id"):
        attributes = {**(attributes or {}), "id": old.id}
    return ResourceObject(
        index_key=index,
        status="tainted" if old.tainted else None,
        deposed=deposed or None,
        schema_version=_schema_version(old.meta or {}),
        attributes_flat=attributes or {},
    )


def _map_counts(attributes: dict[str, str]) -> dict[str, str]:
    """Until version 2 a map's size was `tags.#` like a list's, since then `tags.%`; empty collections go."""
    result = dict(attributes)
    for key in attributes:
        count = _COUNT.fullmatch(key)
        if count is None:
            continue
        prefix = count[1]
        members = {k[len(prefix) :].partition(".")[0] for k in attributes if k.startswith(prefix) and k != key}
        if not members:
            del result[key]
        elif not all(re.fullmatch(r"[+-]?\d+", member) for member in members):
            result[f"{prefix}%"] = result.pop(key)
    return result


def _schema_version(meta: dict[str, Any]) -> int:
    value = meta.get("schema_version")
    try:
        return max(0, int(value)) if isinstance(value, _MIGRATED) else 0
    except ValueError:
        return 0


def _provider(old: str, resource_type: str, path: str) -> str:
    """Terraform's address for the provider of an instance; without one it is the type's first word."""
    prefix = f"{path}." if path else ""
    if "provider." in old:
        prefix, _, old = old.rpartition("provider.")
    name, _, alias = (old or resource_type.partition("_")[0]).partition(".")
    home = "terraform.io/builtin/terraform" if name == "terraform" else f"registry.terraform.io/-/{name}"
    return f'{prefix}provider["{home}"]' + (f".{alias}" if alias else "")


def _output(value: Any, version: int) -> Output:
    if version == 1 or not isinstance(value, dict):
        return Output(_raw(value), _raw("string"))
    found = value.get("value")
    return Output(_raw(found), _raw(_collection(_type_of(found))), bool(value.get("sensitive")))


def _type_of(value: Any) -> Any:
    """The type of a JSON value in cty's JSON notation: lists are tuples and maps are objects."""
    if value is None:
        return "dynamic"
    for kinds, name in ((bool, "bool"), ((int, float), "number"), (str, "string")):
        if isinstance(value, kinds):
            return name
    if isinstance(value, list):
        return ["tuple", [_type_of(item) for item in value]]
    return ["object", {key: _type_of(item) for key, item in value.items()}]


def _collection(type_: Any) -> Any:
    """A tuple or object whose members are all of one type as the list or map that Terraform < 0.12 meant by it."""
    if isinstance(type_, str):
        return type_
    kind, members = type_
    types = members if kind == "tuple" else list(members.values())
    if not types or any(t != types[0] for t in types):
        return type_
    return ["list" if kind == "tuple" else "map", _collection(types[0])]


def _raw(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


def _damaged(source: str, why: str) -> StateError:
    return StateError(
        f"{source} is a damaged state of Terraform < 0.12: {why}",
        next_step="restore an older version of it; `terraform state pull` on the file shows Terraform's own view",
    )
