"""Patches of several steps as a chain: each is made for the texts that the steps before it leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from driftgate.remediate.execute.diff import DiffError, apply_diff, read_diff
from driftgate.remediate.execute.document import PatchedFile
from driftgate.remediate.execute.files import read, sha256
from driftgate.remediate.patch import patched, unified_diff
from driftgate.remediate.step import RemediationPlan
from driftgate.remediate.trace.wanted import Change


def chained(plan: RemediationPlan, changes: Mapping[tuple[str, str], Sequence[Change]]) -> RemediationPlan:
    """`plan` with the patch of each step on top of those before it; `changes` are the edits by strategy and
    fingerprint."""
    taken: dict[str, list[Change]] = {}
    steps = []
    for step in plan.steps:
        own = changes.get((step.strategy, step.finding.fingerprint), ()) if step.draft.patch else ()
        earlier = [change for path in {change.path: None for change in own} for change in taken.get(path, ())]
        before = {change.path: change.text for change in own} | patched(earlier)
        diff = unified_diff(before, patched([*earlier, *own])) if own else step.draft.patch
        for change in own:
            taken.setdefault(change.path, []).append(change)
        steps.append(replace(step, draft=replace(step.draft, patch=diff)))
    return replace(plan, steps=tuple(steps))


def files_of(plan: RemediationPlan, root: Path) -> list[list[PatchedFile]]:
    """For each step the files that its patch changes, when the steps are taken in order.

    None for a patch that does not build on those before it: such a step is told, and not executed.
    """
    texts: dict[str, bytes | None] = {}
    found = []
    for step in plan.steps:
        try:
            found.append(_files(step.draft.patch, texts, root))
        except DiffError:
            found.append([])
    return found


def hashes_of(files: Iterable[Path]) -> list[str]:
    """The SHA-256 of each file's bytes."""
    return [sha256(file.read_bytes()) for file in files]


def _files(patch: str, texts: dict[str, bytes | None], root: Path) -> list[PatchedFile]:
    before = {path: texts[path] if path in texts else read(root, path) for path in read_diff(patch)}
    after = apply_diff(patch, {path: data.decode() for path, data in before.items() if data is not None})
    texts |= {path: text.encode() for path, text in after.items()}
    return [PatchedFile(path, sha256(before[path]), sha256(texts[path])) for path in sorted(after)]
