"""Undoes steps of a run, the last first: files get their old text, states their old content. What cannot be undone
stands, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from driftgate.errors import DriftgateError
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.files import FileChange, FileError, put, read, sha256
from driftgate.remediate.execute.group import Group, groups
from driftgate.remediate.execute.seams import Run
from driftgate.state.diff import diff
from driftgate.state.parse import parse_state
from driftgate.state.reader import source_of
from driftgate.state.rollback import ACTION, check_rollback, rolled_back
from driftgate.state.target import parse_target
from driftgate.state.writer import Intent, write


@dataclass(frozen=True, slots=True)
class Undone:
    """A step that was begun: nothing is left of it, or `stands` says why something is."""

    step: DocumentStep
    stands: str = ""


def undo(run: Run) -> list[Undone]:
    """Undo all steps of the run that were begun and are not undone, in reverse. One that cannot be hides none."""
    found = []
    for group in to_undo(run):
        mark = run.journal.first("checkpoint", group.number)
        assert mark is not None
        with run.seams.step(f"undo {group.title}"):
            stands = _undo(run, group, mark)
        if stands:
            run.journal.write("stands", steps=group.numbers, why=run.seams.redact(stands))
        else:
            run.journal.write("undone", steps=group.numbers)
        found += [Undone(step, stands) for step in reversed(group.steps)]
    return found


def to_undo(run: Run) -> list[Group]:
    """What was begun and is not undone, the last first."""
    begun = [group for group in groups(run.chosen) if run.journal.first("checkpoint", group.number) is not None]
    return [group for group in reversed(begun) if run.journal.of("undone", group.number) is None]


def _undo(run: Run, group: Group, mark: Mapping[str, Any]) -> str:
    if group.way.plan and not group.way.state_only:
        return _applied(run, group)
    try:
        if group.way.state_only:  # first: code that says less than the state destroys at the next apply
            _restore(run, group, mark)
        for row in reversed(mark["files"]):
            _put_back(run, row)
    except DriftgateError as error:
        return error.message
    return ""


def _applied(run: Run, group: Group) -> str:
    if run.journal.of("applied", group.number) is not None:
        return "it was applied, and what was live before is not kept: set it by hand where it is wanted back"
    if run.journal.of("applying", group.number) is not None:
        return "its apply was begun and not seen to end: `dg drift scan` tells whether it is done"
    return ""


def _put_back(run: Run, row: Mapping[str, Any]) -> None:
    root, path = run.seams.root, row["path"]
    found = read(root, path)
    if sha256(found) == row["before"]:
        return
    if sha256(found) != row["after"]:
        raise FileError(f"{path} was edited since, and is left as it is")
    before = (run.journal.folder / row["kept"]).read_bytes() if row["kept"] else None
    put(root, FileChange(path, found, before))


def _restore(run: Run, group: Group, mark: Mapping[str, Any]) -> None:
    """The state as it was before the steps, where nothing else has changed in it since. Raises DriftgateError."""
    unit = run.unit(group.key)
    source, data = source_of(unit), run.seams.state(unit)
    if not mark["backup"] or data is None:
        if data is None and not mark["backup"]:
            return
        raise DriftgateError(f"there was no state before, or there is none now: {source} is left as it is")
    old = run.seams.open_backup(mark["backup"])
    before, now = parse_state(old, "the checkpoint"), parse_state(data, source)
    targets = [parse_target(address) for address in group.addresses]
    touched = [item for change in diff(before, now).instances for item in (change.before, change.after) if item]
    others = sorted({str(item.address) for item in touched if not any(target.holds(item) for target in targets)})
    if others:
        raise DriftgateError(
            f"the state has changed since in {', '.join(others[:3])}, which going back would lose; what stood before "
            f"is backup {mark['backup']}"
        )
    details = {"run": run.journal.run, "steps": list(group.numbers)}
    intent = Intent(ACTION, rolled_back(old), check_rollback, details=details)
    write(run.seams.place(unit), intent, replace(run.seams.guards(ACTION), lock_timeout=run.lock_timeout))
