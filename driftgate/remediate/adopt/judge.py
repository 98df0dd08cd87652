"""What the plan of a copy says about the objects in it: imported and nothing else, or what to write otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from driftgate.hcl.ast import Block, line_column
from driftgate.hcl.parse import parse
from driftgate.live.base import Reading
from driftgate.remediate.adopt.generate import NOT_THERE, changes_of, recorded, why_not
from driftgate.remediate.adopt.objects import Item, open_items
from driftgate.remediate.adopt.react import on_change, on_error
from driftgate.remediate.recorded import causes, only_records
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Plan, ResourceChange


def settled(items: Sequence[Item], reading: Reading, texts: Mapping[str, str]) -> bool:
    """Whether the plan only imports all that are open; else what has to be written differently is."""
    changes = changes_of(reading.plan)
    before = len(open_items(items))
    for item in items:
        if item.shape is not None:
            item.shape.moved.clear()
    for error in reading.errors:
        _mend(items, error, texts)
    if reading.errors:
        return False
    clean = True
    for item in open_items(items):
        clean = _is_clean(item, changes.get(str(item.address)), reading.plan) and clean
    return clean and len(open_items(items)) == before


def _is_clean(item: Item, change: ResourceChange | None, plan: Plan | None) -> bool:
    if change is None or change.change.importing is None:
        item.give_up("the plan does not import it", "is it in the state already?")
        return False
    owner = next((name for name in _owners(item, change, plan)), None)
    if owner is not None:
        item.give_up(f"it is managed already, as {owner}", "leave it there, or move it")
        return False
    if change.change.actions == ("no-op",):
        return True
    if item.shape is None:
        if only_records(change.change):
            return True
        wanted = ", ".join(sorted(causes(change.change)))
        item.give_up(f"it exists, but the code wants another {wanted}", "accept what is live in the code first")
    else:
        why = on_change(item.shape, change.change)
        if why:
            item.give_up(why, "change the object first, or write its block by hand")
    return False


def _owners(item: Item, change: ResourceChange, plan: Plan | None) -> Iterator[str]:
    """Other addresses of the unit's state that hold the same object."""
    id = (change.change.before or {}).get("id")
    for type, name, values in recorded(plan):
        if type == item.address.type and values.get("id") == id and name != item.address.name and id is not None:
            yield f"{type}.{name}"


def _mend(items: Sequence[Item], error: Diagnostic, texts: Mapping[str, str]) -> None:
    item, at = _place(items, error, texts)
    if item is None:
        for one in open_items(items):
            one.give_up(f"the unit does not plan: {error.summary} {error.detail}".strip(), "correct that first")
        return
    if item.left is not None:
        return
    if item.shape is None or NOT_THERE.search(f"{error.summary} {error.detail}"):
        why_not(item, [error])
        return
    why = on_error(item.shape, error, at)
    if why:
        item.give_up(why, "write its block by hand, and name its address")


def _place(items: Sequence[Item], error: Diagnostic, texts: Mapping[str, str]) -> tuple[Item | None, str]:
    """Whose error it is, and at which of its arguments."""
    named = next((i for i in items if str(i.address) == error.address or f'"{i.address}"' in error.detail), None)
    if error.file is None or error.line is None:
        return named, ""
    name = PurePosixPath(error.file).name
    for path, text in texts.items():
        if PurePosixPath(path).name != name:
            continue
        for block in parse(text).blocks:
            if block.type == "resource" and _covers(text, block.span, error.line):
                found = next((i for i in items if (i.address.type, i.address.name) == block.labels), named)
                return found, _argument_at(text, block, error.line)
    return named, ""


def _argument_at(text: str, block: Block, line: int) -> str:
    for attribute in block.body.attributes.values():
        if _covers(text, attribute.span, line):
            return attribute.name
    return next((inner.type for inner in block.body.blocks if _covers(text, inner.span, line)), "")


def _covers(text: str, span: tuple[int, int], line: int) -> bool:
    return line_column(text, span[0])[0] <= line <= line_column(text, span[1])[0]
