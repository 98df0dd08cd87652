"""Stacks: `terragrunt.stack.hcl`, and the units that Terragrunt would generate from it, seen without generating them.

Rules: https://terragrunt.gruntwork.io/docs/features/stacks/. A generated unit is its source's files at
`.terragrunt-stack/PATH` beside the stack file, with `values`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from driftgate.hcl.ast import Block
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.config import Config
from driftgate.terragrunt.files import STACK_FILE, UNIT_FILES
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.stack_file import block_settings

GENERATED = ".terragrunt-stack"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Generated:
    """A unit that a stack makes: `folder` is where, `copied_from` its source's folder.

    `copied_from` is None for a source that is not on this disk, and for a unit that is generated already.
    """

    folder: str
    source: str
    copied_from: str | None


def generated_units(session: Session, folder: str, depth: int = 0) -> Iterator[Generated]:
    """The units of the stack in `folder` and of the stacks in it; the session then sees them as if they were there.

    Raises HclError and EvaluationError.
    """
    path = f"{folder}/{STACK_FILE}"
    source = session.files.source(path)
    if depth > _DEEPEST:
        raise EvaluationError(f"stacks in stacks more than {_DEEPEST} deep", where=source.shown)
    if any(session.files.is_file(f"{folder}/{name}") for name in UNIT_FILES):
        problem = f"{STACK_FILE} and a unit's configuration cannot be in one folder"
        raise EvaluationError(problem, where=source.shown)
    config = Config(session, source, path, path)
    for block in source.body.blocks_of("unit", "stack"):
        found = _generated(config, block)
        if block.type == "unit":
            yield found
        elif found.copied_from is not None or session.files.is_file(f"{found.folder}/{STACK_FILE}"):
            yield from generated_units(session, found.folder, depth + 1)


def _generated(config: Config, block: Block) -> Generated:
    settings = block_settings(config, block)
    source, path = str(settings["source"]), str(settings["path"])
    beside = settings.get("no_dot_terragrunt_stack") is True
    base = config.folder if beside else f"{config.folder}/{GENERATED}"
    folder = posixpath.normpath(posixpath.join(base, path))
    if not folder.startswith(config.folder + "/"):
        raise config.error(f'the path "{path}" leads out of the stack', block.span)
    files = config.files
    wanted = UNIT_FILES if block.type == "unit" else (STACK_FILE,)
    if any(files.is_file(f"{folder}/{name}") for name in wanted):
        return Generated(folder, source, None)
    copied = posixpath.normpath(posixpath.join(config.folder, source.replace("//", "/")))
    if not files.is_folder(copied):
        return Generated(folder, source, None)
    for auto in block.body.blocks_of("autoinclude"):
        raise config.error("Terragrunt's experiment `stack-dependencies` is not evaluated", auto.span)
    files.put_over(folder, files.real(copied))
    values = settings.get("values")
    config.session.values[folder] = values if isinstance(values, dict) else {}
    return Generated(folder, source, copied)
