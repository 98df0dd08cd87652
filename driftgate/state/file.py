"""A state file as a typed, read-only view over its original bytes; `parse.py` makes it.

The shape is Terraform's state version 4 (what `terraform state pull` prints); older versions are upgraded into it by
`legacy.py`. Values stay raw JSON until asked for, so reading costs little and nothing is lost or rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from driftgate.address import Address
from driftgate.errors import DriftgateError
from driftgate.state.snapshot import SnapshotMeta

NULL = Raw(b"null")
Step = str | int
"""One step into a value: an attribute name or map key, or a list index."""


class StateError(DriftgateError):
    """Bytes that are not a usable state."""


class EncryptedStateError(StateError):
    """A state that OpenTofu encrypted: only tofu, with the unit's own key provider, can read it."""


class Output(msgspec.Struct, frozen=True, gc=False):
    """A root output; `type` is cty's JSON notation of its type."""

    value: Raw = NULL
    type: Raw = NULL
    sensitive: bool | None = False


class ResourceObject(msgspec.Struct, frozen=True, gc=False):
    """One entry of a resource's `instances`, as stored."""

    index_key: int | float | str | None = None
    status: str | None = None
    deposed: str | None = None
    schema_version: int | None = 0
    attributes: Raw = NULL
    attributes_flat: dict[str, str] | None = None
    sensitive_attributes: Raw = NULL
    dependencies: Raw = NULL
    private: Raw = NULL
    create_before_destroy: bool | None = False
    identity: Raw = NULL
    provider: str | None = None
    """OpenTofu's, where a resource's instances have providers of their own."""


class Resource(msgspec.Struct, frozen=True, gc=False):
    """A resource block's place in the state; `module` and `provider` are spelled as Terraform does."""

    mode: str
    type: str
    name: str
    module: str | None = None
    provider: str | None = None
    instances: tuple[ResourceObject, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One object of a resource instance: the current one, or with a `deposed` key one that awaits destruction."""

    resource: Resource
    object: ResourceObject

    @property
    def address(self) -> Address:
        key = self.object.index_key
        module = _module(self.resource.module or "")
        return Address(
            module,
            self.resource.mode,
            self.resource.type,
            self.resource.name,
            int(key) if isinstance(key, float) else key,  # other JSON writers spell 0 as 0.0
        )

    @property
    def deposed(self) -> str:
        """The deposed key, "" for the current object."""
        return self.object.deposed or ""

    @property
    def label(self) -> str:
        """The address, with the deposed key as Terraform spells it."""
        return f"{self.address} (deposed {self.deposed})" if self.deposed else str(self.address)

    @property
    def tainted(self) -> bool:
        return self.object.status == "tainted"

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes decoded now, integers exact; flat string keys (`tags.%`) in states of Terraform < 0.12.

        Raises StateError when they are not a JSON object.
        """
        if self.object.attributes_flat is not None:
            return dict(self.object.attributes_flat)
        try:
            return msgspec.json.decode(self.object.attributes, type=dict[str, Any] | None) or {}
        except ValueError as error:
            raise self._unreadable("attributes", error) from None

    @property
    def sensitive_paths(self) -> tuple[tuple[Step, ...], ...]:
        """Paths into `attributes` that Terraform marked sensitive. Raises StateError when they are malformed.

        Where the attribute's type is only known at run time the state stores `{"value": …, "type": …}` for it, but
        the path skips that wrapper (seen with terraform_data.input, Terraform 1.11).
        """
        try:
            paths = msgspec.json.decode(self.object.sensitive_attributes, type=list[list[_PathStep]] | None)
            return tuple(tuple(step.key for step in path) for path in paths or ())
        except ValueError as error:
            raise self._unreadable("sensitive_attributes", error) from None

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Addresses of the resources that this one depended on when it was last applied.

        Raises StateError when they are malformed.
        """
        try:
            return msgspec.json.decode(self.object.dependencies, type=tuple[str, ...] | None) or ()
        except ValueError as error:
            raise self._unreadable("dependencies", error) from None

    def _unreadable(self, what: str, error: ValueError) -> StateError:
        return StateError(
            f"the {what} of {self.label} cannot be read ({error})",
            next_step="compare with `terraform state pull`, or restore an older version of the state",
        )


@dataclass(frozen=True, slots=True)
class StateFile:
    """A state: `data` are the bytes as stored, `version` the format they are in (1 to 4)."""

    data: bytes
    version: int
    meta: SnapshotMeta
    outputs: Mapping[str, Output]
    resources: tuple[Resource, ...]

    @property
    def serial(self) -> int:
        return self.meta.serial

    @property
    def lineage(self) -> str:
        return self.meta.lineage

    @property
    def terraform_version(self) -> str:
        return self.meta.terraform_version

    def instances(self) -> Iterator[Instance]:
        """Every object of every resource, in the order of the file."""
        return (Instance(resource, found) for resource in self.resources for found in resource.instances or ())


class _PathStep(msgspec.Struct, frozen=True):
    """A step as stored: `{"type":"get_attr","value":"a"}` or `{"type":"index","value":{"value":0,"type":"number"}}`."""

    type: str
    value: Any = None

    @property
    def key(self) -> Step:
        value = self.value.get("value") if isinstance(self.value, dict) else self.value
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError("a path step that is neither a name nor an index")
        return int(value) if isinstance(value, float) else value


@lru_cache(maxsize=4096)
def _module(text: str) -> tuple[tuple[str, int | str | None], ...]:
    if not text:
        return ()
    try:
        return Address.parse(f"{text}.type.name").module
    except ValueError:
        raise StateError(f"`{text}` is not a module address", next_step="compare with `terraform state pull`") from None
