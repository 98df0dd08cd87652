"""What Terraform would refuse in a state that parses: named before it is written, not by the next plan."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from driftgate.address import Address
from driftgate.state.diagnose import CURRENT
from driftgate.state.file import NULL, Instance, Output, Resource, ResourceObject, StateError, StateFile

_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:-[0-9A-Za-z.~-]*)?(?:\+[0-9A-Za-z.~-]+)?")  # as hashicorp/go-version
_PRIMITIVES = ("string", "number", "bool", "dynamic")
_COLLECTIONS = ("list", "set", "map")
_LARGEST = 2**64 - 1
_SHOWN = 5


def problems(state: StateFile) -> Iterator[str]:
    """Sentences on what is wrong, each naming the place; none when Terraform would read the state.

    The rules are those of Terraform's reader (statefile/version4.go), found out with `terraform state pull` (1.11).
    Whether values fit their types is not looked at. Of older formats only the header is: reading them upgrades the
    rest.
    """
    yield from _header(state)
    if state.version < CURRENT:
        return
    for name, output in state.outputs.items():
        yield from _output(name, output)
    seen: set[tuple[object, ...]] = set()
    for resource in state.resources:
        where = _where(resource)
        yield from _resource(resource, where)
        for found in resource.instances or ():
            label = Instance(resource, found).label if where else f"an instance of {resource.type}.{resource.name}"
            yield from _object(found, label)
            key = (resource.module, resource.mode, resource.type, resource.name, found.index_key, found.deposed or "")
            if key in seen:
                yield f"{label} is there twice"
            seen.add(key)


def check_valid(state: StateFile, source: str = "the state") -> None:
    """Returns when Terraform would read `state`. Raises StateError with the first few problems."""
    found = list(problems(state))
    if not found:
        return
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise StateError(
        f"{source} is not valid: {'; '.join(found[:_SHOWN])}{more}",
        next_step="Terraform would refuse it too: mend the document or take an older version of the state",
    )


def _header(state: StateFile) -> Iterator[str]:
    if state.serial > _LARGEST:
        yield f"serial {state.serial} does not fit 64 bits"
    if state.terraform_version and not _VERSION.fullmatch(state.terraform_version):
        yield f"terraform_version `{state.terraform_version}` is no version"


def _output(name: str, output: Output) -> Iterator[str]:
    if output.type is NULL or not _is_type(msgspec.json.decode(output.type)):
        what = "no type" if output.type is NULL else f"type {bytes(output.type).decode()}, which is none"
        yield f"output {name} has {what}"
    if output.value is NULL:  # the default itself: it is absent, which is not the same as null
        yield f"output {name} has no value"


def _is_type(spec: Any) -> bool:
    """Whether `spec` is a type as cty writes it: `"string"`, `["list", "number"]`, `["object", {"a": "bool"}]`, …"""
    if isinstance(spec, str):
        return spec in _PRIMITIVES
    if not isinstance(spec, list) or len(spec) not in (2, 3):
        return False
    kind, inner = spec[0], spec[1]
    if kind == "object":
        return isinstance(inner, dict) and all(map(_is_type, inner.values()))
    if kind == "tuple":
        return len(spec) == 2 and isinstance(inner, list) and all(map(_is_type, inner))
    return len(spec) == 2 and kind in _COLLECTIONS and _is_type(inner)


def _where(resource: Resource) -> str:
    """The resource's address, "" when its module makes no sense."""
    try:
        return str(Instance(resource, ResourceObject()).address)
    except StateError:
        return ""


def _resource(resource: Resource, where: str) -> Iterator[str]:
    name = where or f"{resource.type}.{resource.name}"
    if not where:
        yield f"{name} is in `{resource.module}`, which is no module address"
    if resource.mode not in ("managed", "data"):
        yield f"{name} has mode `{resource.mode}`"


def _object(found: ResourceObject, label: str) -> Iterator[str]:
    if found.status not in (None, "", "tainted"):
        yield f"{label} has status `{found.status}`"
    if found.deposed and len(found.deposed.encode()) != 8:
        yield f"{label}: a deposed key has 8 characters"
    if (found.schema_version or 0) < 0:
        yield f"{label} has schema_version {found.schema_version}"
    for name, fits in (("private", _is_base64), ("dependencies", _is_resources), ("sensitive_attributes", _is_paths)):
        raw = getattr(found, name)
        if raw is not NULL and not fits(msgspec.json.decode(raw)):
            yield f"{label} has {name} that Terraform cannot read"


def _is_base64(value: Any) -> bool:
    try:
        return value is None or bool(base64.b64decode(value, validate=True)) or not value
    except (ValueError, TypeError):
        return False


def _is_resources(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(_is_resource, value)))


def _is_resource(text: Any) -> bool:
    return isinstance(text, str) and _is_address(text)


@lru_cache(maxsize=16_384)  # what a module's resources depend on, they mostly depend on together
def _is_address(text: str) -> bool:
    try:
        return Address.parse(text).key is None
    except ValueError:
        return False


def _is_paths(value: Any) -> bool:
    paths = [] if value is None else value
    return isinstance(paths, list) and all(
        isinstance(path, list)
        and all(isinstance(step, dict) and step.get("type") in ("get_attr", "index") for step in path)
        for path in paths
    )
