"""The files of a unit as they are with the blocks of adopted objects in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from driftgate.hcl.edit import append_block, apply_edits
from driftgate.hcl.parse import parse
from driftgate.remediate.adopt.names import file_for
from driftgate.remediate.adopt.objects import Item, Surroundings
from driftgate.remediate.adopt.write import block_text
from driftgate.remediate.patch import patched
from driftgate.remediate.place import beside, kept_in
from driftgate.remediate.trace.wanted import Change


def layout(items: Sequence[Item], around: Surroundings) -> dict[str, str]:
    """The new texts of the files that the blocks of `items` go to: an import block above its resource, or with others
    where a file is kept for them. Raises CannotTraceError where the code has no such place."""
    before = {file.path: file.text for file in around.module.files}
    texts = patched(import_change(item, around) for item in items if item.shape is None)
    own = kept_in(around.module, "import")
    for item in items:
        if item.shape is not None:
            path = file_for(around.module, item.address.type)
            block = block_text(item.shape, item.address.name, around.templates)
            for target, source in ((own.path if own else path, import_block(item, around)), (path, block)):
                text = texts.get(target, before.get(target, ""))
                texts[target] = apply_edits(text, [append_block(text, source)])
    return texts


def import_change(item: Item, around: Surroundings) -> Change:
    """The import block of an object whose block the code has. Raises CannotTraceError."""
    return beside(around.module, "import", item.address, import_block(item, around), above=True)


def import_block(item: Item, around: Surroundings) -> str:
    return around.templates("hcl/import.tf.j2", to=str(item.address), id=item.wanted.id)


def only_imports(items: Sequence[Item], around: Surroundings) -> dict[str, str]:
    """A new file with the import blocks alone, for terraform to write the configuration that they lack."""
    source = "\n".join(import_block(item, around) for item in items)
    parse(source)
    return {str(PurePosixPath(around.module.path, "driftgate_imports.tf")): source}
