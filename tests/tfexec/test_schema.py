from __future__ import annotations

import json

import pytest

from driftgate.tfexec.plan import PlanError
from driftgate.tfexec.schema import read_schemas

BLOCK = {
    "attributes": {
        "name": {"type": "string", "required": True},
        "arn": {"type": "string", "computed": True},
        "rule": {"type": ["set", ["object", {"port": "number"}]], "optional": True, "computed": True},
        "tags": {"type": ["map", "string"], "optional": True},
        "box": {"nested_type": {"nesting_mode": "single"}, "optional": True},
    },
    "block_types": {"ttl": {"nesting_mode": "list", "min_items": 1, "block": {"deprecated": True}}},
}
DOCUMENT = json.dumps(
    {
        "provider_schemas": {
            "p": {"resource_schemas": {"a": {"version": 0, "block": BLOCK}, "b": "not looked at"}},
            "q": {},
        }
    }
).encode()


def test_only_the_types_asked_for_are_read() -> None:
    assert read_schemas(DOCUMENT, set()) == {}
    assert read_schemas(DOCUMENT, {"none"}) == {}
    found = read_schemas(DOCUMENT, {"a"})["a"]

    assert [name for name, argument in found.attributes.items() if argument.writable] == ["name", "rule", "tags", "box"]
    assert [name for name, argument in found.attributes.items() if argument.takes_blocks] == ["rule"]
    assert (found.block_types["ttl"].min_items, found.block_types["ttl"].block.deprecated) == (1, True)


def test_anything_else_is_said_to_be() -> None:
    with pytest.raises(PlanError, match="not a provider schema"):
        read_schemas(b"[]", {"a"})
