"""Where a block for a resource stands: with others of its kind, else beside the resource's own block."""

from __future__ import annotations

from driftgate.address import Address
from driftgate.discover.module import Module, SourceFile
from driftgate.hcl.ast import Block
from driftgate.hcl.edit import Edit, insert_above, insert_below
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.remediate.trace.wanted import Change


def beside(module: Module, kind: str, resource: Address, source: str, *, above: bool = False) -> Change:
    """The change that puts a block of `kind` with this source into the root module `module`.

    A file that holds nothing else than such blocks gets it at its end; else it goes `above` or below the block of the
    resource, or of the module call that the resource is in. Raises CannotTraceError where there is neither.
    """
    own = kept_in(module, kind)
    if own is not None:
        return Change(own.path, own.text, (at_end(own.text, source),), (own.path,))
    file, block = anchor(module, resource)
    edit = (insert_above if above else insert_below)(file.text, block, source)
    return Change(file.path, file.text, (edit,), (file.position(block.span[0]),))


def kept_in(module: Module, kind: str) -> SourceFile | None:
    """The file that holds blocks of this kind and nothing else."""
    return next((file for file in module.files if is_editable(file) and _only_holds(file, kind)), None)


def anchor(module: Module, resource: Address) -> tuple[SourceFile, Block]:
    """The block of a resource in the root module, else the call of the module it is in. Raises CannotTraceError."""
    labels = (resource.module[0][0],) if resource.module else (resource.type, resource.name)
    kind = "module" if resource.module else "resource"
    for file, block in module.blocks(kind):
        if block.labels == labels and is_editable(file):
            return file, block
    raise CannotTraceError(
        f"{module.path} has no block {' '.join((kind, *labels))} that could be edited",
        next_step="write the block by hand: JSON and override files are not edited",
    )


def is_editable(file: SourceFile) -> bool:
    """Whether blocks are written into the file: HCL that parses, no override."""
    return file.error is None and not file.override and not file.path.endswith(".json")


def _only_holds(file: SourceFile, kind: str) -> bool:
    return bool(file.body.blocks) and all(block.type == kind for block in file.body.blocks)


def at_end(text: str, source: str) -> Edit:
    """A block at the end of a file; several at the same end come one after the other."""
    gap = "\n" if text.endswith("\n") else "\n\n"
    return Edit(len(text), len(text), f"{gap}{source.strip()}\n")
