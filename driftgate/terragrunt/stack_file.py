"""What a `terragrunt.stack.hcl` says: its locals, and its `unit` and `stack` blocks.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#unit.
"""

from __future__ import annotations

from driftgate.hcl.ast import Block
from driftgate.terragrunt.context import Context


def stack_object(config: Context) -> dict[str, object]:
    """What `read_terragrunt_config` gives for a stack file: `local`, `unit` and `stack`. Raises EvaluationError."""
    found: dict[str, object] = {}
    names = config.local_names()
    if names:
        found["local"] = {name: config.local(name, (0, 0)) for name in names}
    for kind in ("stack", "unit"):
        blocks = list(config.source.body.blocks_of(kind))
        if blocks:
            found[kind] = {
                _label(config, block): {"name": _label(config, block), **block_settings(config, block)}
                for block in blocks
            }
    return found


def _label(config: Context, block: Block) -> str:
    if len(block.labels) != 1:
        raise config.error(f"a {block.type} block needs one label, its name", block.span)
    return block.labels[0]


def block_settings(config: Context, block: Block) -> dict[str, object]:
    """The settings of a `unit` or `stack` block, `source` and `path` among them. Raises EvaluationError."""
    settings = config.settings(block.body)
    for needed in ("source", "path"):
        if not isinstance(settings.get(needed), str) or not settings[needed]:
            raise config.error(f'{block.type} "{_label(config, block)}" needs `{needed}`', block.span)
    return settings
