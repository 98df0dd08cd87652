"""Ignore in the code: `lifecycle { ignore_changes = [...] }` for what drifted, in the block of its resource."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from driftgate.address import Address
from driftgate.attribute_path import Steps, read_steps
from driftgate.discover.module import SourceFile
from driftgate.finding import DriftClass, Finding
from driftgate.hcl.ast import Block, Name, Tuple
from driftgate.hcl.edit import Edit, append_to_block, indent_of, insert_attribute
from driftgate.hcl.source import quoted
from driftgate.remediate.adopt.objects import Templates
from driftgate.remediate.blocks.item import BlockItem
from driftgate.remediate.trace.resource import find
from driftgate.remediate.trace.site import CannotTraceError, Site
from driftgate.remediate.trace.wanted import Change

_KEPT = frozenset({DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE})


def ignored(finding: Finding, site: Site, templates: Templates) -> BlockItem:
    """The step after which applies leave the finding's attributes alone. Raises CannotTraceError.

    A block that an override file or JSON has too is not edited.
    """
    address = Address.parse(finding.address.partition(" (deposed")[0])
    names = sorted({reference(read_steps(a.path)) for a in finding.attributes if a.cls in _KEPT and a.path})
    if not names:
        raise CannotTraceError("an object as a whole cannot be ignored")
    _, parts = find(site, address)
    file, block = parts[0]
    if len(parts) > 1 or file.path.endswith(".json"):
        raise CannotTraceError(f"{file.path} is JSON, or an override file changes it", next_step="edit it by hand")
    change = Change(file.path, file.text, (_edit(file, block, names, templates),), (file.position(block.span[0]),))
    does = f"makes the code leave {', '.join(names)} alone, for every instance of {address.resource}"
    return BlockItem(finding, does, change, {str(address): "no-op"}, "git apply -R")


def reference(steps: Steps) -> str:
    """An attribute as `ignore_changes` names it: `tags["Name"]`, `rule[0].port`."""
    text = str(steps[0])
    for before, step in pairwise(steps):
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if isinstance(before, int) else f"[{quoted(step)}]"
    return text


def _edit(file: SourceFile, block: Block, names: Sequence[str], templates: Templates) -> Edit:
    text = file.text
    lifecycle = next(block.body.blocks_of("lifecycle"), None)
    if lifecycle is None:
        source = templates("hcl/ignore_changes.tf.j2", paths=names)
        return append_to_block(text, block.body, source, indent_of(text, block.span[0]))
    present = lifecycle.body.attributes.get("ignore_changes")
    if present is None:
        indent = indent_of(text, lifecycle.span[0])
        return insert_attribute(text, lifecycle.body, "ignore_changes", f"[{', '.join(names)}]", indent)
    if isinstance(present.value, Name):
        raise CannotTraceError("the code ignores every change already", next_step="scan again")
    if not isinstance(present.value, Tuple):
        raise CannotTraceError("ignore_changes is no list", next_step="edit it by hand")
    return _added(text, present.value, names)


def _added(text: str, listed: Tuple, names: Sequence[str]) -> Edit:
    """More elements behind the last, on lines of their own where that stands on one."""
    if not listed.items:
        return Edit(*listed.span, f"[{', '.join(names)}]")
    start, end = listed.items[-1].span
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        return Edit(end, end, "".join(f", {name}" for name in names))
    comma = text[end : listed.span[1]].lstrip().startswith(",")
    at = text.index(",", end) + 1 if comma else end
    lines = ",".join(f"\n{text[line:start]}{name}" for name in names)
    return Edit(at, at, f"{lines}," if comma else f",{lines}")
