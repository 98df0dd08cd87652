"""State documents for tests, in few words."""

from __future__ import annotations

import json
from typing import Any

from driftgate.state.file import StateFile
from driftgate.state.parse import parse_state

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


def instance(id_: str = "1", /, **more: Any) -> dict[str, Any]:
    """One object; what is no field of an instance is an attribute."""
    fields = ("index_key", "status", "deposed", "schema_version", "sensitive_attributes", "private", "dependencies",
              "create_before_destroy", "identity", "attributes", "attributes_flat")  # fmt: skip
    attributes = {"id": id_} | {name: value for name, value in more.items() if name not in fields}
    return {"schema_version": 0, "attributes": attributes, **{n: v for n, v in more.items() if n in fields}}


def resource(name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A resource of type `aws_x`, in the root module unless `module` says otherwise."""
    base = {"mode": "managed", "type": "aws_x", "name": name, "provider": PROVIDER}
    return {
        **({"module": more.pop("module")} if "module" in more else {}),
        **base,
        **more,
        "instances": list(instances),
    }


def document(*resources: dict[str, Any], **more: Any) -> bytes:
    """A whole state as bytes."""
    base = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "outputs": {}}
    return (json.dumps({**base, "resources": list(resources), "check_results": None, **more}, indent=2) + "\n").encode()


def state(*resources: dict[str, Any], **more: Any) -> StateFile:
    return parse_state(document(*resources, **more))
