"""What a provider says about the arguments of its resource types (`terraform providers schema -json`).

Source: https://developer.hashicorp.com/terraform/cli/commands/providers/schema; only the types asked for are decoded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from driftgate.tfexec.plan import PlanError


class Argument(msgspec.Struct, frozen=True):
    """An attribute of a resource type. `type` is how cty's JSON spells it, None for a nested type."""

    type: Any = None
    required: bool = False
    optional: bool = False
    computed: bool = False
    deprecated: bool = False
    sensitive: bool = False

    @property
    def writable(self) -> bool:
        """Whether code can set it."""
        return self.required or self.optional

    @property
    def takes_blocks(self) -> bool:
        """A list or set of objects, which older providers let the code write as blocks too."""
        return isinstance(self.type, list) and self.type[0] in ("list", "set") and _is_object(self.type[1])


class Nested(msgspec.Struct, frozen=True):
    """A nested block of a resource type."""

    block: Body
    min_items: int = 0


class Body(msgspec.Struct, frozen=True):
    """The arguments and nested blocks of a resource type or of a block in it."""

    attributes: Mapping[str, Argument] = {}
    block_types: Mapping[str, Nested] = {}
    deprecated: bool = False


class _Resource(msgspec.Struct):
    block: Body


class _Provider(msgspec.Struct):
    resource_schemas: dict[str, msgspec.Raw] = {}


class _Document(msgspec.Struct):
    provider_schemas: dict[str, _Provider] = {}


def read_schemas(data: bytes, types: Collection[str]) -> dict[str, Body]:
    """The bodies of these resource `types`, those that some provider has. Raises PlanError for other JSON."""
    try:
        providers = msgspec.json.decode(data, type=_Document).provider_schemas.values()
        return {
            name: msgspec.json.decode(provider.resource_schemas[name], type=_Resource).block
            for provider in providers
            for name in types
            if name in provider.resource_schemas
        }
    except msgspec.DecodeError as error:
        raise PlanError(f"not a provider schema ({error})", next_step="update terraform") from None


def _is_object(type: Any) -> bool:
    return isinstance(type, list) and type[0] == "object"
