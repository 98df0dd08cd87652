"""Finds the resource behind an address in a unit's modules, and gives an attribute of it the value that is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftgate.address import Address
from driftgate.attribute_path import Steps
from driftgate.discover.module import SourceFile
from driftgate.hcl.ast import Block
from driftgate.remediate.trace.body import body_change
from driftgate.remediate.trace.expression import change
from driftgate.remediate.trace.policy import policy_change
from driftgate.remediate.trace.provider import default_tags
from driftgate.remediate.trace.site import CannotTraceError, Site
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted

TAGS = ("tags", "tags_all")
"""A resource's own tags, and the AWS provider's sum of them and its default_tags."""


def resource_change(root: Site, address: Address, steps: Steps, value: Any, was: Any = ABSENT) -> Change:
    """The change that makes the attribute at `steps` of a resource instance `value`; `was` is what the code says now.

    Raises CannotTraceError.
    """
    site, parts = find(root, address)
    if steps[0] in TAGS:
        return _tags_change(site, parts, address, Wanted(steps, value, was=was, document=policy_change))
    return _own_change(site, parts, address, Wanted(steps, value, was=was, document=policy_change))


def _own_change(site: Site, parts: Sequence[tuple[SourceFile, Block]], address: Address, wanted: Wanted) -> Change:
    file, block = _setting(parts, str(wanted.steps[0]))
    at = site.at(file, parts[0][1].body, address.key).inside(file)
    return body_change(at, block.body, wanted)


def _tags_change(site: Site, parts: Sequence[tuple[SourceFile, Block]], address: Address, wanted: Wanted) -> Change:
    """A tag of the provider's block changes there, any other in the resource's own tags."""
    found = default_tags(site, address.type, parts[0][1].body)
    shared = found[0].value(found[1]) if found is not None else {}
    shared = shared if isinstance(shared, dict) else {}
    file, block = _setting(parts, TAGS[0])
    attribute = block.body.attributes.get(TAGS[0])
    own = site.at(file, parts[0][1].body, address.key).value(attribute.value) if attribute is not None else {}
    name = wanted.steps[1] if len(wanted.steps) > 1 else None
    is_own = not isinstance(own, dict) or name in own
    if found is not None and name in shared and not is_own:
        return change(*found, wanted.down(steps=wanted.steps[1:], trail="the provider's default_tags"))
    if wanted.value is ABSENT and not is_own:
        raise CannotTraceError("the tag comes from the provider's default_tags", next_step="change it there")
    value = wanted.value
    if name is None and isinstance(value, dict):
        value = {key: item for key, item in value.items() if shared.get(key) != item}
    return _own_change(site, parts, address, wanted.down(steps=(TAGS[0], *wanted.steps[1:]), value=value))


def find(root: Site, address: Address) -> tuple[Site, list[tuple[SourceFile, Block]]]:
    """The module instance that a resource is in, and its blocks, overrides last. Raises CannotTraceError."""
    site = root
    for name, key in address.module:
        child = site.child(name, key)
        if child is None:
            raise CannotTraceError(f"module.{name} is not in the repo: its source has to change")
        site = child
    kind = "resource" if address.mode == "managed" else "data"
    parts = site.blocks(kind, labels=(address.type, address.name))
    if not parts:
        known = root.given.elsewhere(kind, (address.type, address.name)) if root.given is not None else None
        raise known or CannotTraceError(f"the code has no {address.resource}")
    return site, parts


def _setting(parts: Sequence[tuple[SourceFile, Block]], name: str) -> tuple[SourceFile, Block]:
    """The block that decides about an argument: the last that sets it, else the first."""
    for file, block in reversed(parts):
        if name in block.body.attributes or any(inner.type == name for inner in block.body.blocks):
            return file, block
    return parts[0]
