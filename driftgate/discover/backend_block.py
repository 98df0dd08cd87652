"""What backend a module declares: its one `backend`, `cloud` or `state_store` block, or the default `local`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from driftgate.discover.module import Module, SourceFile
from driftgate.hcl.ast import Block, Body

KINDS = ("backend", "cloud", "state_store")
NO_BODY = Body({}, (), (0, 0))


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared backend: Terraform's type name (`cloud` for a cloud block, `local` when there is no block).

    `error` says, with its place, what is wrong with the declaration itself.
    """

    type: str = "local"
    body: Body = NO_BODY
    explicit: bool = False
    kind: str = ""
    error: str | None = None


def declared_backend(module: Module) -> Declared:
    """The block that counts. In an override file any of the three kinds replaces whichever was there before.

    Rule: developer.hashicorp.com/terraform/language/files/override#merging-terraform-blocks
    """
    declared = Declared()
    for file, block in _blocks(module):
        if declared.explicit and not file.override:
            where = file.position(block.span[0])
            return Declared(explicit=True, error=f"{where}: a second {block.type} block, a module can have only one")
        declared = _declared(file, block)
    return declared


def _blocks(module: Module) -> Iterator[tuple[SourceFile, Block]]:
    for file, terraform in module.blocks("terraform"):
        yield from ((file, block) for block in terraform.body.blocks if block.type in KINDS)


def _declared(file: SourceFile, block: Block) -> Declared:
    if block.type == "cloud":
        return Declared("cloud", block.body, True, "cloud")
    if len(block.labels) != 1:
        where = file.position(block.span[0])
        return Declared(explicit=True, error=f"{where}: a {block.type} block needs one label, its type")
    return Declared(block.labels[0], block.body, True, block.type)
