"""Forget an object that exists: a `removed` block in the place of its resource block, so that nothing is destroyed."""

from __future__ import annotations

from driftgate.address import Address
from driftgate.discover.module import Module
from driftgate.finding import Finding
from driftgate.hcl.ast import Span
from driftgate.hcl.edit import Edit, remove_block
from driftgate.hcl.references import references
from driftgate.remediate.adopt.names import file_for
from driftgate.remediate.adopt.objects import Templates
from driftgate.remediate.blocks.item import BlockItem
from driftgate.remediate.place import anchor, at_end
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.remediate.trace.wanted import Change

UNDO = "git apply -R; `dg remediate adopt` if it was applied"


def release(finding: Finding, module: Module, templates: Templates) -> BlockItem:
    """The step that ends the management of the finding's object. Raises CannotTraceError where the code needs it.

    Rule: developer.hashicorp.com/terraform/language/block/removed (`from` has no instance key)
    """
    address = Address.parse(finding.address.partition(" (deposed")[0])
    if address.module:
        raise CannotTraceError("its block is in a module, which others may call too", next_step="edit it by hand")
    if address.key is not None:
        raise CannotTraceError(
            f"a removed block forgets every instance of {address.resource}", next_step="edit it by hand"
        )
    if finding.actions == ("delete",):
        return _kept(finding, address, module, templates)
    file, block = anchor(module, address)
    users = _users(module, address)
    if users:
        raise CannotTraceError(f"{address} is used at {', '.join(users)}", next_step="take that out first")
    parts = [b for _, b in module.blocks("resource") if b.labels == block.labels]
    if len(parts) > 1:
        raise CannotTraceError(f"an override file sets {address} too", next_step="edit it by hand")
    gone = remove_block(file.text, block)
    source = templates("hcl/removed.tf.j2", **{"from": str(address)})
    change = Change(file.path, file.text, (_in_place(file.text, gone, source),), (file.position(block.span[0]),))
    does = "takes it out of code and state, and leaves the object as it is"
    return BlockItem(finding, does, change, {str(address): "forget"}, UNDO)


def _kept(finding: Finding, address: Address, module: Module, templates: Templates) -> BlockItem:
    """The block is gone from the code already: what is there is to be left alone instead of destroyed."""
    path = file_for(module, address.type)
    text = next((file.text for file in module.files if file.path == path), None)
    if text is None:
        raise CannotTraceError(f"there is no {path} to write the removed block into", next_step="write it by hand")
    source = templates("hcl/removed.tf.j2", **{"from": str(address)})
    does = "lets the state forget it, where the plan would destroy it"
    change = Change(path, text, (at_end(text, source),), (path,))
    return BlockItem(finding, does, change, {str(address): "forget"}, UNDO)


def _users(module: Module, address: Address) -> list[str]:
    """Where other code of the module refers to the resource."""
    own = {file.path: b.span for file, b in module.blocks("resource") if b.labels == (address.type, address.name)}
    return [
        file.position(span[0])
        for file in module.files
        for span in references(file.body, address.type, address.name)
        if not _inside(span, own.get(file.path, (0, 0)))
    ]


def _inside(span: Span, outer: Span) -> bool:
    return outer[0] <= span[0] and span[1] <= outer[1]


def _in_place(text: str, gone: Edit, source: str) -> Edit:
    """The new block where the old one stood, as many empty lines around it as there were."""
    before, after = text[: gone.start], text[gone.end :]
    gap = "" if not before.strip() or before.endswith(("\n\n", "\n\r\n")) else "\n"
    tail = "\n" if after.strip() and not after.startswith(("\n", "\r\n")) else ""
    return Edit(gone.start, gone.end, f"{gap}{source.strip()}\n{tail}")
