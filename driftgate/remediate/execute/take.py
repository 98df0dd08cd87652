"""Takes a group of steps: checkpoint, patch, edit, plan, look at that plan, apply exactly it, and see that the findings
are gone.

Every part is such that taking it again after a kill does what was left to do, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

from driftgate.finding import DriftClass
from driftgate.live.plan import Standing
from driftgate.remediate.execute import planned
from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.files import FileChange, ignore_changes, patch_changes, put, sha256
from driftgate.remediate.execute.group import Group
from driftgate.remediate.execute.planned import BlockedError
from driftgate.remediate.execute.seams import Run, meta_of, require_unmoved
from driftgate.safety.private_files import create_private
from driftgate.state.edit import removed
from driftgate.state.file import StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.reader import source_of
from driftgate.state.target import parse_target
from driftgate.state.writer import Intent, write


def take(run: Run, group: Group) -> None:
    """Take the steps, each part on record before the next. Raises DriftgateError with them as far as they got."""
    way, unit = group.way, run.unit(group.key)
    files = _checkpoint(run, group)
    for change in files:
        put(run.seams.root, change)
    if files:
        run.journal.write("patched", steps=group.numbers)
    needed = way.plan or way.patch or any(step.cls == DriftClass.MISSING for step in group.steps)
    with run.seams.standing(unit) if needed else nullcontext() as place:
        if way.edit == "forget":
            _forget(run, group, place)
        if place is not None and way.plan:
            planned.apply(run, group, place)
        if place is not None and way.edit != "forget":
            planned.verify(run, group, place)
    meta = meta_of(run.seams.state(unit), unit)
    run.at[group.key] = meta
    run.journal.write("done", steps=group.numbers, serial=meta and meta.serial, lineage=meta.lineage if meta else "")


def kept_name(group: Group, number: int) -> str:
    """The name under which a run keeps what a file of the repo held before the group."""
    return f"step-{group.number}.{number}.before"


def _checkpoint(run: Run, group: Group) -> list[FileChange]:
    """Back the state up and keep the files, on record; what the steps do to files. The first checkpoint counts."""
    unit = run.unit(group.key)
    data = run.seams.state(unit)
    meta, earlier = meta_of(data, unit), run.journal.first("checkpoint", group.number)
    backup = ""
    if earlier is None:
        require_unmoved(run.at[group.key], meta, unit)
    if data is not None and meta is not None:
        guards = run.seams.guards(f"remediate {group.strategy}")
        subject = replace(run.seams.place(unit).subject, lineage=meta.lineage, serial=meta.serial)
        backup = guards.backups.save(data, subject, reason=f"before remediate {group.strategy}")
    kept = _kept(run, earlier)
    files = [change for step in group.steps for change in _files(run, step, group, kept)]
    if earlier is None:
        rows = [_keep(run, group, number, change) for number, change in enumerate(files, start=1)]
        where = {"serial": meta and meta.serial, "lineage": meta.lineage if meta else ""}
        run.journal.write("checkpoint", steps=group.numbers, backup=backup, files=rows, **where)
    return files


def _files(run: Run, step: DocumentStep, group: Group, kept: Mapping[str, bytes | None]) -> list[FileChange]:
    if group.way.edit == "ignore":
        return ignore_changes(run.seams.root, run.seams.ignore_lines(step), kept)
    return patch_changes(run.seams.root, step, kept) if group.way.patch else []


def _keep(run: Run, group: Group, number: int, change: FileChange) -> dict[str, str]:
    name = kept_name(group, number) if change.before is not None else ""
    if change.before is not None:
        path = run.journal.folder / name
        path.unlink(missing_ok=True)  # of an attempt that was killed before it was on record
        create_private(path, change.before)
    return {"path": change.path, "kept": name, "before": sha256(change.before), "after": sha256(change.after)}


def _kept(run: Run, earlier: Mapping[str, object] | None) -> dict[str, bytes | None]:
    rows = earlier["files"] if earlier else []
    assert isinstance(rows, list)
    return {row["path"]: (run.journal.folder / row["kept"]).read_bytes() if row["kept"] else None for row in rows}


def _forget(run: Run, group: Group, place: Standing | None) -> None:
    """Take the addresses out of the state by the one write path; nothing where they are out already."""
    unit = run.unit(group.key)
    if place is not None and _held(run.seams.state(unit), group, source_of(unit)):
        _require_gone(run, group, place)

    def change(current: StateFile | None) -> bytes:
        if current is None:
            raise StateError("there is no state any more", next_step="look with `dg state history`")
        held = _held(current.data, group, "the state")
        return removed(current, held) if held else current.data

    guards = replace(run.seams.guards(f"remediate {group.strategy}"), lock_timeout=run.lock_timeout)
    write(run.seams.place(unit), Intent("remediate forget", change, details={"run": run.journal.run}), guards)
    run.journal.write("applied", steps=group.numbers)


def _require_gone(run: Run, group: Group, place: Standing) -> None:
    """Returns when what was gone still is. Raises BlockedError."""
    plan = planned.plan(run, group, place, "look").read()
    findings = run.seams.classify(run.unit(group.key), plan)
    gone = {finding.address for finding in findings if finding.cls is DriftClass.MISSING}
    for step in group.steps:
        if step.cls == DriftClass.MISSING and step.address not in gone:
            raise BlockedError(
                f"{step.address} is not gone any more, so it is not forgotten", next_step="plan again", step=step
            )


def _held(data: bytes | None, group: Group, source: str) -> list[str]:
    """Those of the addresses that the state has something at."""
    instances = list(parse_state(data, source).instances()) if data is not None else []
    return [a for a in group.addresses if any(parse_target(a).holds(item) for item in instances)]
