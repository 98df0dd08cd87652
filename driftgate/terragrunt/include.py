"""`include` blocks: which file, how it is merged, whether it is exposed.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#include.
"""

from __future__ import annotations

import posixpath
from typing import Final

from driftgate.hcl.ast import Block
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.context import Context, Include
from driftgate.terragrunt.files import AUTOINCLUDE_FILE, UNIT_FILES

STRATEGIES: Final = ("no_merge", "shallow", "deep")
_NAMES = frozenset(("values", "feature"))  # locals come after includes


def includes_of(config: Context) -> tuple[Include, ...]:
    """The includes of a configuration in source order. Raises EvaluationError."""
    blocks = tuple(config.source.body.blocks_of("include"))
    auto = f"{config.folder}/{AUTOINCLUDE_FILE}"
    if config.unit is config and posixpath.basename(config.path) in UNIT_FILES and config.files.is_file(auto):
        problem = "Terragrunt's experiment `stack-dependencies` is not evaluated: without it this unit would be another"
        raise EvaluationError(problem, where=config.files.shown(auto))
    if not blocks:
        return ()
    names = [block.labels[0] if block.labels else "" for block in blocks]
    for place, name in enumerate(names):
        if name in names[:place]:
            which = f'"{name}"' if name else "without a label"
            raise config.error(f"a second include {which}", blocks[place].span)
    return tuple(_include(config, name, block) for name, block in zip(names, blocks, strict=True))


def _include(config: Context, name: str, block: Block) -> Include:
    settings = config.settings(block.body, _NAMES)
    path = settings.get("path")
    if not isinstance(path, str) or not path:
        raise config.error("an include needs a `path`", block.span)
    full = posixpath.normpath(posixpath.join(config.folder, path))
    strategy = settings.get("merge_strategy", "shallow")
    if strategy not in STRATEGIES:
        raise config.error(f'unknown merge_strategy "{strategy}": it is one of {", ".join(STRATEGIES)}', block.span)
    if full == config.path:
        raise config.error("a configuration cannot include itself", block.span)
    if not config.files.is_file(full):
        raise config.error(f"the included file {config.files.shown(full)} does not exist", block.span)
    return Include(name, full, settings.get("expose") is True, str(strategy), _included(config, full, block))


def _included(config: Context, path: str, block: Block) -> Context:
    """The included file, evaluated as if it stood in the unit."""
    try:
        source = config.files.source(path)
    except EvaluationError as error:
        raise config.error(f"the included file {error.where}: {error.problem}", block.span) from None
    included = config.included(source)
    nested = next(source.body.blocks_of("include"), None)
    if nested is not None:
        unit = config.files.shown(config.source.path)
        problem = f"an included file cannot include another: only one level is allowed, and {unit} includes this one"
        raise included.error(problem, nested.span)
    return included
