"""A state as JSON trees for people and programs, without its secrets unless they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from driftgate.address import Address
from driftgate.safety.redact import MASK, Redactor
from driftgate.state.diagnose import CURRENT
from driftgate.state.file import Instance, StateFile
from driftgate.state.secrets import masked_attributes

FORMAT_VERSION = "1.0"


def by_address(state: StateFile) -> list[Instance]:
    """All instances in Terraform's order of addresses, deposed objects after the current one."""
    return sorted(state.instances(), key=lambda i: (i.address.sort_key, i.deposed))


def matching(state: StateFile, wanted: Address) -> list[Instance]:
    """The instance at `wanted` and its deposed objects, or when it has no key every instance of the resource."""
    found = [i for i in by_address(state) if wanted in (i.address, i.address.resource)]
    exact = [i for i in found if i.address == wanted]
    return exact or found


def listing(state: StateFile | None, redactor: Redactor) -> dict[str, Any]:
    """What `dg state list -o json` prints: the state's identity and every instance, no values."""
    return {
        "format_version": FORMAT_VERSION,
        "serial": state.serial if state else None,
        "lineage": state.lineage if state else None,
        "terraform_version": state.terraform_version if state else None,
        "resources": [_entry(instance, redactor) for instance in (by_address(state) if state else ())],
    }


def details(instances: Iterable[Instance], redactor: Redactor | None) -> dict[str, Any]:
    """What `dg state show -o json` prints: the instances with their attributes; plain when there is no `redactor`."""
    return {
        "format_version": FORMAT_VERSION,
        "instances": [
            {
                **_entry(instance, redactor),
                "schema_version": instance.object.schema_version or 0,
                "dependencies": list(instance.dependencies),
                "attributes": masked_attributes(redactor, instance) if redactor else instance.attributes,
            }
            for instance in instances
        ],
    }


def _entry(instance: Instance, redactor: Redactor | None) -> dict[str, Any]:
    def name(text: str) -> str:
        return redactor.text(text) if redactor else text  # an instance key can be a secret

    return {
        "address": name(str(instance.address)),
        "deposed": instance.deposed or None,
        "mode": instance.resource.mode,
        "type": instance.resource.type,
        "name": instance.resource.name,
        "provider": instance.resource.provider or "",
        "tainted": instance.tainted,
    }


def masked_document(state: StateFile, redactor: Redactor) -> dict[str, Any]:
    """The whole stored document with its secrets masked, for reading only: its numbers are rounded to doubles."""
    document: dict[str, Any] = json.loads(state.data)
    if state.version == CURRENT:
        attributes = (masked_attributes(redactor, instance) for instance in state.instances())
        for resource in document.get("resources") or ():
            stored = resource.get("instances") or []
            resource.update(redactor.value("", {k: v for k, v in resource.items() if k != "instances"}))
            resource["instances"] = [_masked_object(redactor, old, next(attributes)) for old in stored]
    for place in (document, *(document.get("modules") or ())):  # modules: versions 1 to 3
        if place.get("outputs"):
            found = place["outputs"]
            place["outputs"] = {redactor.text(k): _masked_output(redactor, k, v) for k, v in found.items()}
    for module in document.get("modules") or ():
        module["resources"] = redactor.value("", module.get("resources"))
    done = {"outputs", "resources", "modules"}
    return {name: value if name in done else redactor.value(name, value) for name, value in document.items()}


def _masked_object(redactor: Redactor, stored: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, value in stored.items():
        if name in ("attributes", "attributes_flat") and value is not None:
            masked[name] = attributes
        elif name == "private" and value is not None:
            masked[name] = MASK  # the provider's own; nobody else knows what is in it
        else:
            masked[name] = redactor.value(name, value)
    return masked


def _masked_output(redactor: Redactor, name: str, output: Any) -> Any:
    if not isinstance(output, dict):  # version 1
        return redactor.value(name, output)
    return {**output, "value": redactor.value(name, output.get("value"), sensitive=bool(output.get("sensitive")))}
